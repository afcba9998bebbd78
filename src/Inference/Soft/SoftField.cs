using System.Numerics.Tensors;
using LiveLtem.Core;

namespace LiveLtem.Inference.Soft;

/// <summary>The field of view: its background, its noise, and the molecules in it. One frame after the other; not thread-safe.</summary>
internal sealed class SoftField
{
    /// <summary>Sigmas of the neighbourhoods in which evidence is summed, px of the frame: for bodies of about 8 to 40 px.</summary>
    private static readonly double[] ScalesPx = [2.5, 5, 9];
    private const double CellPx = 8;
    private const double BackgroundSigmaPx = 22;
    private const double RecentFrames = 6;

    /// <summary>Evidence that a pixel needs beside a place that is over the threshold, and that keeps it out of the background.</summary>
    private const double FootEvidence = 3.2;

    /// <summary>Evidence over its summit's that a pixel of a molecule's foot needs, and that makes it one of the molecule's own.</summary>
    private const double FootShare = 0.4;
    private const double InnerShare = 0.6;

    /// <summary>Contrast of a molecule over the usual one below which it is dirt: on a window it looks like a faint molecule that never moves.</summary>
    private const double LeastContrast = 0.42;
    private const double LeastContrastKept = 0.3;
    private const double LeastEvidenceKept = 3;
    private const int YouthFrames = 8;
    private const int BlankBelow = 3;
    private const double TypicalQuantile = 0.7;
    private readonly int _height;
    private readonly int _width;
    private readonly ParticleDetectorOptions _options;
    private readonly CoarseBackground _background;
    private readonly EvidenceMaps _evidence;
    private readonly Plane _contrast;
    private readonly Plane _denoised;
    private readonly Plane _binned;
    private readonly Plane _recent;
    private readonly bool[] _masked;
    private readonly List<SoftMolecule> _molecules = [];
    private readonly MoleculeFollower _follower;
    private readonly float[] _line;
    private double _threshold;
    private double _sign = 1;
    private double _recentSeen;
    private int _learningLeft;
    private int _nextId = 1;
    private long _frames;

    public SoftField(int height, int width, int bin, ParticleDetectorOptions options)
    {
        (_height, _width, Bin, _options) = (height, width, bin, options);
        int rows = height / bin, columns = width / bin;
        var cell = Math.Max(2, (int)(CellPx / bin));
        _background = new CoarseBackground(rows, columns, cell, BackgroundSigmaPx / bin);
        _evidence = new EvidenceMaps(rows, columns, [.. ScalesPx.Select(s => s / bin)]);
        _binned = new Plane(rows, columns);
        _masked = new bool[rows * columns];
        _contrast = new Plane(height, width);
        _denoised = new Plane(height, width);
        _recent = new Plane(height, width);
        _follower = new MoleculeFollower(height, width);
        _line = new float[width];
    }

    /// <summary>Side of a block of the binned planes, px.</summary>
    public int Bin { get; }

    /// <summary>Learns from the first frames.</summary>
    public void Learn(IReadOnlyList<SoftSegmentation> frames)
    {
        var usable = Usable(frames);
        var mean = new Plane(_binned.Rows, _binned.Columns);
        var contrasts = new List<Plane>();
        for (var pass = 0; pass < 4; pass++)
        {
            _background.Clear();
            var levels = usable.ConvertAll(frame => _background.Add(frame.Binned, pass == 0 ? null : _masked));
            mean.Values.AsSpan().Clear();
            contrasts.Clear();
            for (var i = 0; i < usable.Count; i++)
            {
                var contrast = new Plane(_binned.Rows, _binned.Columns);
                FillContrast(usable[i].Binned, levels[i], contrast, 1);
                TensorPrimitives.MultiplyAdd(contrast.Values, 1f / usable.Count, mean.Values, mean.Values);
                contrasts.Add(contrast);
            }

            if (pass == 0)
            {
                LearnSign(contrasts, mean);
            }

            if (_sign < 0)
            {
                TensorPrimitives.Negate(mean.Values, mean.Values);
                contrasts.ForEach(c => TensorPrimitives.Negate(c.Values, c.Values));
            }

            _evidence.LearnNoise(contrasts);
            _evidence.Start(mean, usable.Count);
            Mask();
        }

        _threshold = _evidence.Threshold(SoftDetector.FalseBirthsPerFrame);
        LearnPixelNoise(usable);
        _learningLeft = frames.Count;

        // Backwards, so that what is known of each molecule when the first frame comes is where it was then, and how it looked.
        for (var i = usable.Count - 1; i >= 0; i--)
        {
            Prepare(usable[i]);
            if (i == usable.Count - 1)
            {
                FillRecent(usable);
                Begin();
            }

            _follower.Follow(_molecules, _contrast, null);
        }

        DropFaint();
    }

    /// <summary>Measures one frame.</summary>
    public FrameDetections Measure(FrameHeader header, SoftSegmentation read, bool withLabels)
    {
        _frames++;
        var level = Prepare(read);
        if (!(level > 0.3 && level < BlankBelow))
        {
            _learningLeft = Math.Max(0, _learningLeft - 1);
            return new FrameDetections { Header = header, Particles = [], Height = _height, Width = _width, Failure = FormattableString.Invariant($"brightness is {level:F2} times the usual") };
        }

        if (_learningLeft > 0)
        {
            // The evidence holds this frame already.
            _learningLeft--;
        }
        else
        {
            _binned.Bin(_contrast, Bin);
            _evidence.Add(_binned);
        }

        var share = (float)(1 / Math.Min(++_recentSeen, RecentFrames));
        TensorPrimitives.Lerp(_recent.Values, _contrast.Values, share, _recent.Values);
        _follower.TypicalMassPx2 = TypicalMass();
        _follower.TypicalLengthPx = Median(_molecules.Select(m => m.LongestPx).Where(length => length > 0));
        _follower.Follow(_molecules, _contrast, Denoised(read, level));
        Forget();
        Begin();
        Mask();
        return Report(header, withLabels);
    }

    /// <summary>What was learnt.</summary>
    public string Describe() => FormattableString.Invariant(
        $"soft: {(_sign > 0 ? "dark" : "bright")} molecules, noise {_follower.Noise.Pixel:P1} of the background a pixel, {_molecules.Count} followed, usual contrast {Typical():P1}, begun at {_threshold:F1} standard deviations (at most {SoftDetector.FalseBirthsPerFrame:G1} false a frame)");

    private static List<SoftSegmentation> Usable(IReadOnlyList<SoftSegmentation> frames)
    {
        var means = frames.Select(frame => (double)TensorPrimitives.Sum<float>(frame.Binned.Values)).ToArray();
        var median = means.Order().ElementAt(means.Length / 2);
        var usable = frames.Where((_, i) => means[i] > 0.4 * median && means[i] < 2.5 * median).ToList();
        return usable.Count > 0 ? usable : [.. frames];
    }

    private void LearnSign(List<Plane> contrasts, Plane mean)
    {
        if (_options.DarkParticles is { } dark)
        {
            _sign = dark ? 1 : -1;
            return;
        }

        _evidence.LearnNoise(contrasts);
        var variance = 1.0 / contrasts.Count;
        _sign = _evidence.Excess(mean, variance, -1, 4) > _evidence.Excess(mean, variance, 1, 4) ? -1 : 1;
    }

    private void LearnPixelNoise(List<SoftSegmentation> usable)
    {
        var before = new Plane(_height, _width);
        var pixel = new List<double>();
        for (var i = 0; i < Math.Min(usable.Count, 6); i++)
        {
            before.CopyFrom(_contrast);
            Prepare(usable[i]);
            if (i > 0)
            {
                TensorPrimitives.Subtract(_contrast.Values, before.Values, before.Values);
                pixel.Add(EvidenceMaps.RobustSpread(before.Values) / Math.Sqrt(2));
            }
        }

        if (pixel.Count == 0)
        {
            pixel.Add(EvidenceMaps.RobustSpread(_contrast.Values));
        }

        pixel.Sort();

        // A Gaussian of sigma s sums over 4 pi s^2 pixels; at the middle scale what neighbours share has been summed up, and the background not yet lost.
        var s = ScalesPx[1];
        var sum = _evidence.Noise[1] * Math.Sqrt(4 * Math.PI * s * s);
        _follower.Noise = new SoftNoise(pixel[pixel.Count / 2], Math.Max(sum, pixel[pixel.Count / 2]));
    }

    private void FillRecent(List<SoftSegmentation> usable)
    {
        _recent.Values.AsSpan().Clear();
        var last = usable.TakeLast((int)RecentFrames).ToList();
        foreach (var frame in last)
        {
            Prepare(frame);
            TensorPrimitives.MultiplyAdd(_contrast.Values, 1f / last.Count, _recent.Values, _recent.Values);
        }

        _recentSeen = last.Count;
    }

    // Contrast of the frame, whole, against the background as it was before; the background then takes it in.
    private double Prepare(SoftSegmentation read)
    {
        var level = _background.Add(read.Binned, _masked);
        if (level > 0.05)
        {
            FillWhole(read.Raw, level, _contrast);
        }

        return level;
    }

    // Only the young molecules' outlines are drawn with its help, and hardly any frame has one.
    private Plane? Denoised(SoftSegmentation read, double level)
    {
        if (!read.HasDenoised || !_molecules.Exists(molecule => molecule.Age < MoleculeFollower.YoungFrames))
        {
            return null;
        }

        read.ReadDenoised(_denoised);
        FillWhole(_denoised, level, _denoised);
        return _denoised;
    }

    private void FillWhole(Plane counts, double level, Plane into)
    {
        for (var y = 0; y < _height; y++)
        {
            _background.Row(((y + 0.5) / Bin) - 0.5, (0.5 / Bin) - 0.5, 1.0 / Bin, _line);
            Contrast(counts.Row(y), _line, level, _sign, into.Row(y));
        }
    }

    private void FillContrast(Plane counts, double level, Plane into, double sign)
    {
        var line = _line.AsSpan(0, counts.Columns);
        for (var y = 0; y < counts.Rows; y++)
        {
            _background.Row(y, 0, 1, line);
            Contrast(counts.Row(y), line, level, sign, into.Row(y));
        }
    }

    private static void Contrast(ReadOnlySpan<float> counts, Span<float> background, double level, double sign, Span<float> into)
    {
        TensorPrimitives.Divide(counts, background, into);
        TensorPrimitives.Multiply(into, (float)(-sign / level), into);
        TensorPrimitives.Add(into, (float)sign, into);
    }

    // Pixels that do not count as background: what evidence speaks for, and the molecules as they are drawn, with a rim.
    private void Mask()
    {
        var evidence = _evidence.Evidence.Values;
        for (var i = 0; i < _masked.Length; i++)
        {
            _masked[i] = evidence[i] > FootEvidence;
        }

        foreach (var molecule in _molecules)
        {
            Paint(molecule, 4, _masked);
        }
    }

    // A molecule's outline in binned pixels, with a rim of frame pixels.
    private void Paint(SoftMolecule molecule, int rim, bool[] into)
    {
        for (var j = 0; j < molecule.Side; j++)
        {
            var line = molecule.Outline.AsSpan(j * molecule.Side, molecule.Side);
            var y = molecule.CentreY - molecule.Half + j;
            int top = Math.Max(0, (y - rim) / Bin), bottom = Math.Min(_binned.Rows - 1, (y + rim) / Bin);
            for (var begin = line.IndexOf(true); begin >= 0;)
            {
                var length = line[begin..].IndexOf(false) is >= 0 and var found ? found : line.Length - begin;
                var x = molecule.CentreX - molecule.Half + begin;
                int left = Math.Max(0, (x - rim) / Bin), right = Math.Min(_binned.Columns - 1, (x + length - 1 + rim) / Bin);
                for (var v = top; v <= bottom && right >= left; v++)
                {
                    into.AsSpan((v * _binned.Columns) + left, right - left + 1).Fill(true);
                }

                var next = line[(begin + length)..].IndexOf(true);
                begin = next < 0 ? -1 : begin + length + next;
            }
        }
    }

    private double TypicalMass() => Median(_molecules.Where(m => m.WholeMassPx2 is not null).Select(m => m.WholeMassPx2!.Value));

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count == 0 ? 0 : sorted[sorted.Count / 2];
    }

    private double Typical()
    {
        var plateaus = _molecules.Where(m => m.Plateau > 0).Select(m => m.Plateau).Order().ToList();
        return plateaus.Count == 0 ? 0 : plateaus[(int)((plateaus.Count - 1) * TypicalQuantile)];
    }

    // Summits over the threshold whose foot no molecule known covers.
    private void Begin()
    {
        var columns = _binned.Columns;
        var claimed = new bool[_masked.Length];
        foreach (var molecule in _molecules)
        {
            Paint(molecule, 6, claimed);
        }

        var evidence = _evidence.Evidence.Values;
        foreach (var peak in EvidencePeaks.Find(evidence, columns, _threshold, FootEvidence, FootShare))
        {
            if (peak.Pixels.Any(i => claimed[i] && evidence[i] >= InnerShare * peak.Peak))
            {
                continue;
            }

            double weight = 0, x = 0, y = 0;
            foreach (var i in peak.Pixels)
            {
                weight += evidence[i];
                x += evidence[i] * (i % columns);
                y += evidence[i] * (i / columns);
            }

            if (Begin((((x / weight) + 0.5) * Bin) - 0.5, (((y / weight) + 0.5) * Bin) - 0.5, peak.Pixels) is { } begun)
            {
                Paint(begun, 6, claimed);
            }
        }
    }

    private SoftMolecule? Begin(double x, double y, IReadOnlyList<int> pixels)
    {
        var columns = _binned.Columns;
        var reach = pixels.Max(i => Math.Max(Math.Abs((((i % columns) + 0.5) * Bin) - x), Math.Abs((((i / columns) + 0.5) * Bin) - y)));
        var molecule = new SoftMolecule(_nextId, x, y, 4, (int)reach + MoleculeFollower.RoomPx + 6);
        foreach (var i in pixels)
        {
            for (var v = 0; v < Bin; v++)
            {
                for (var u = 0; u < Bin; u++)
                {
                    int px = (i % columns * Bin) + u - molecule.CentreX + molecule.Half, py = (i / columns * Bin) + v - molecule.CentreY + molecule.Half;
                    if (px >= 0 && py >= 0 && px < molecule.Side && py < molecule.Side)
                    {
                        molecule.Outline[(py * molecule.Side) + px] = true;
                    }
                }
            }
        }

        _follower.Start(molecule, _recent, Math.Min(_recentSeen, RecentFrames));
        if (molecule.Plateau < LeastContrast * Typical() || !FitsSize(molecule))
        {
            return null;
        }

        _nextId++;
        _molecules.Add(molecule);
        return molecule;
    }

    private bool FitsSize(SoftMolecule molecule)
    {
        var across = 2 * Math.Sqrt(molecule.AreaPx / Math.PI);
        return molecule.AreaPx >= 12 && across >= 0.5 * (_options.MinSizePx ?? 0) && across <= 1.5 * (_options.MaxSizePx ?? double.PositiveInfinity);
    }

    private void Forget()
    {
        var typical = Typical();
        _molecules.RemoveAll(m => m.Age > YouthFrames && (m.Evidence < LeastEvidenceKept || m.Plateau < LeastContrastKept * typical));
        _molecules.RemoveAll(m => m.XPx < -4 || m.YPx < -4 || m.XPx > _width + 3 || m.YPx > _height + 3);

        // Two that have come to mean the same: the older one stays.
        for (var i = _molecules.Count - 1; i > 0; i--)
        {
            for (var j = 0; j < i; j++)
            {
                var reach = 0.35 * Math.Sqrt(Math.Min(_molecules[i].AreaPx, _molecules[j].AreaPx) / Math.PI);
                if (Math.Pow(_molecules[i].XPx - _molecules[j].XPx, 2) + Math.Pow(_molecules[i].YPx - _molecules[j].YPx, 2) < reach * reach)
                {
                    _molecules.RemoveAt(i);
                    break;
                }
            }
        }
    }

    private void DropFaint()
    {
        var typical = Typical();
        _molecules.RemoveAll(m => m.Plateau < LeastContrast * typical || m.Evidence < LeastEvidenceKept);
    }

    private FrameDetections Report(FrameHeader header, bool withLabels)
    {
        var particles = new List<Detection>();
        var labels = withLabels ? new ushort[_height * _width] : null;
        foreach (var molecule in _molecules)
        {
            if (_follower.Detection(molecule) is not { } detection)
            {
                continue;
            }

            particles.Add(detection);
            if (labels is not null)
            {
                Label(molecule, (ushort)particles.Count, labels);
            }
        }

        return new FrameDetections
        {
            Header = header,
            Particles = particles,
            Height = _height,
            Width = _width,
            Snr = particles.Count > 0 ? Typical() / _follower.Noise.Sum : null,
            Labels = labels,
        };
    }

    private void Label(SoftMolecule molecule, ushort label, ushort[] into)
    {
        for (var j = 0; j < molecule.Side; j++)
        {
            for (var i = 0; i < molecule.Side; i++)
            {
                int x = molecule.CentreX - molecule.Half + i, y = molecule.CentreY - molecule.Half + j;
                if (molecule.Outline[(j * molecule.Side) + i] && x >= 0 && y >= 0 && x < _width && y < _height)
                {
                    into[(y * _width) + x] = label;
                }
            }
        }
    }
}
