using LiveLtem.Core;

namespace LiveLtem.Inference.Soft;

/// <summary>Carries the known molecules from frame to frame: where each is now, how it looks, what is measured on it.</summary>
internal sealed class MoleculeFollower(int height, int width, int[] owner)
{
    /// <summary>Least distance from an outline to the edge of its window, px.</summary>
    public const int RoomPx = 12;

    private const int RimPx = 2;
    private const int RingFromPx = 4;
    private const int RingToPx = 10;
    private const double MostFrames = 16;
    private const double ShortFrames = 3;
    private const double WantedOverNoise = 7;
    private const double ChangeSigmas = 3.5;
    private const double FewestAfterChange = 6;
    private const double LeastVisible = 0.2;
    private const int LevelEvery = 3;

    /// <summary>Frames for which a molecule is young.</summary>
    private const int YoungFrames = 6;

    /// <summary>Standard deviations of the third moment below which the heavier end is a guess.</summary>
    private const double ThirdSigmas = 5;
    private readonly OutlineDrawer _drawer = new();
    private readonly Dictionary<int, Measured> _measured = [];
    private double _step = 0.4;
    private float[] _window = [];
    private float[] _picture = [];
    private bool[] _along = [];
    private int[] _until = [];
    private bool[] _foreign = [];
    private bool[] _wide = [];
    private bool[] _ring = [];

    [Flags]
    private enum FrameSides
    {
        None = 0,
        Left = 1,
        Right = 2,
        Top = 4,
        Bottom = 8,
    }

    private readonly record struct Measured(BodyMoments Body, ShapeFeatures Features, ShapeFit Fit, DetectionFlags Flags, double Score);

    /// <summary>Noise of the raw frames' contrast.</summary>
    public SoftNoise Noise { get; set; }

    /// <summary>Summed contrast of a whole molecule of middling size, px^2; 0 where none was seen whole.</summary>
    public double TypicalMassPx2 { get; set; }

    /// <summary>Starts a molecule's picture from one averaged already.</summary>
    public void Start(SoftMolecule molecule, Plane recent, double frames)
    {
        Ensure(molecule.Side);
        Cut(molecule, recent, 0, _window);
        Clean(molecule.Side);
        molecule.Start(_window.AsSpan(0, molecule.Side * molecule.Side), Math.Max(1, frames));
        _foreign.AsSpan(0, molecule.Side * molecule.Side).Clear();
        Draw(molecule);
    }

    /// <summary>Follows all of them through one frame.</summary>
    /// <param name="molecules">In the order of their age.</param>
    /// <param name="contrast">The raw frame's contrast.</param>
    /// <param name="denoised">The denoised frame's, or null.</param>
    public void Follow(IReadOnlyList<SoftMolecule> molecules, Plane contrast, Plane? denoised)
    {
        _measured.Clear();
        Own(molecules);
        foreach (var molecule in molecules)
        {
            Follow(molecule, contrast, denoised);
        }
    }

    /// <summary>What the latest frame says of a molecule; null for one that was begun in it and lies out of the frame.</summary>
    public Detection? Detection(SoftMolecule molecule)
    {
        if (!_measured.TryGetValue(molecule.Id, out var found))
        {
            return null;
        }

        return new Detection
        {
            Fits = [found.Fit],
            Score = found.Score,
            Flags = found.Flags,
            Contrast = molecule.Plateau,
            Features = found.Features,
        };
    }

    private void Follow(SoftMolecule molecule, Plane contrast, Plane? denoised)
    {
        var side = molecule.Side;
        Ensure(side);
        Foreign(molecule);
        Cut(molecule, contrast, molecule.Offset, _window);
        Dilate(molecule.Outline, side, RimPx, _wide);
        RemoveForeign(side);
        var mean = molecule.Age >= 3 ? molecule.MassPx2 : (double?)null;
        var moments = FeatureMeter.Moments(_window, _wide, molecule.Half, mean, Noise.Sum);
        if (molecule.Age % LevelEvery == 0)
        {
            Level(molecule, side);
        }

        if (moments.Mass > 0 && double.IsFinite(moments.XErr))
        {
            var variance = (moments.XErr * moments.XErr + moments.YErr * moments.YErr) / 2;
            var surprise = molecule.Move(molecule.CentreX + moments.X, molecule.CentreY + moments.Y, Math.Max(variance, 0.01), _step);
            _step = Math.Clamp(_step * Math.Exp(0.01 * (surprise - 1)), 0.01, 25);
        }
        else
        {
            molecule.Coast(_step);
        }

        molecule.Weigh(moments.Mass, moments.MassErr);
        molecule.Recentre(RoomPx);
        side = molecule.Side;
        Ensure(side);
        Foreign(molecule);
        Cut(molecule, contrast, molecule.Offset, _window);
        molecule.Average(_window.AsSpan(0, side * side), Memory(molecule), ShortFrames);
        if (molecule.Age > FewestAfterChange && HasChanged(molecule))
        {
            molecule.StartOver();
        }

        if (denoised is null || molecule.Age > YoungFrames)
        {
            Draw(molecule);
        }
        else
        {
            DrawOnBoth(molecule, denoised);
        }

        Report(molecule);
    }

    // A molecule that was just begun has few frames of its own: the denoised frame helps out. Later its own picture, which moves with it and starts
    // over when the shape changes, is the better one.
    private void DrawOnBoth(SoftMolecule molecule, Plane denoised)
    {
        var count = molecule.Side * molecule.Side;
        Cut(molecule, denoised, molecule.Offset, _picture);
        for (var i = 0; i < count; i++)
        {
            _picture[i] = float.IsNaN(_picture[i]) ? molecule.Long[i] : (_picture[i] + molecule.Long[i]) / 2;
        }

        var sigma = Blur(molecule);
        _drawer.Draw(molecule, _picture.AsSpan(0, count), Blurred(sigma) * Math.Sqrt(molecule.LongVariance), sigma, _foreign);
    }

    private void Report(SoftMolecule molecule)
    {
        var side = molecule.Side;
        Dilate(molecule.Outline, side, RimPx, _wide);
        RemoveForeign(side);

        // The picture that drew the outline, for the axis: one noisy frame turns it at random.
        var drawn = FeatureMeter.Moments(molecule.Long, _wide, molecule.Half, null, Noise.Sum * Math.Sqrt(molecule.LongVariance));
        var body = FeatureMeter.Moments(_window, _wide, molecule.Half, molecule.MassPx2 > 0 ? molecule.MassPx2 : null, Noise.Sum, drawn);
        if (molecule.AreaPx == 0 || !double.IsFinite(body.GyrationErr) || !double.IsFinite(drawn.GyrationErr))
        {
            return;
        }

        var flat = Outline(molecule);
        var (flags, sides) = Flags(molecule);
        molecule.IsCut = sides != FrameSides.None;
        var visible = molecule.IsCut ? Visible(molecule) : 1;
        (body, drawn) = (Whole(body, sides, visible), Whole(drawn, sides, visible));
        var axis = 0.5 * Math.Atan2(2 * drawn.Xy, drawn.Xx - drawn.Yy);
        var (sin, cos) = Math.SinCos(2 * axis);
        var elongation = ((body.Xx - body.Yy) * cos) + (2 * body.Xy * sin);
        var edge = EdgeErr(molecule);
        var boundary = 2 * Math.Sqrt(Math.PI * molecule.AreaPx);
        var features = new ShapeFeatures
        {
            IntegratedContrastPx2 = body.Mass,
            IntegratedContrastErrPx2 = body.MassErr,
            GyrationPx2 = body.Xx + body.Yy,
            GyrationErrPx2 = body.GyrationErr,
            ElongationPx2 = elongation,
            ElongationErrPx2 = body.ElongationErr,
            AreaPx2 = molecule.AreaPx,
            AreaErrPx2 = edge * Math.Sqrt(boundary * 4),
            EndToEndPx = FeatureMeter.EndToEnd(molecule.Outline, side),
            EndToEndErrPx = Math.Sqrt(2) * edge,
            OutlineGyrationPx2 = flat.Xx + flat.Yy,
        };
        var fit = Fit(molecule, body, drawn, axis, edge);
        if (molecule.IsCut)
        {
            features = features with { VisibleFraction = visible };
            fit = Completed(molecule, fit, sides, visible);
        }

        _measured[molecule.Id] = new Measured(body, features, fit, flags, 1 / (1 + Math.Exp(3 - molecule.Evidence)));
    }

    private static ShapeFit Fit(SoftMolecule molecule, BodyMoments body, BodyMoments drawn, double axis, double edge)
    {
        var (along, across, third, thirdErr) = Extent(molecule, drawn, axis, edge);
        var angle = axis * 180 / Math.PI;
        if (third < 0)
        {
            angle += 180;
        }

        var spread = Math.Sqrt(Math.Pow(drawn.Xx - drawn.Yy, 2) + (4 * drawn.Xy * drawn.Xy));
        var turn = spread > 0 ? drawn.ElongationErr / spread * 90 / Math.PI : 90;

        // Which end is the heavier one is a guess where the third moment drowns in its noise.
        var flip = Math.Abs(third) > ThirdSigmas * thirdErr ? 0 : 90;
        var minor = Math.Max(across, 1);
        var isSharp = Math.Max(body.XErr, body.YErr) < minor / 6;
        var filtered = Math.Sqrt(molecule.VariancePx2);
        return new ShapeFit
        {
            Symmetry = 1,
            XPx = isSharp ? molecule.CentreX + body.X : molecule.XPx,
            YPx = isSharp ? molecule.CentreY + body.Y : molecule.YPx,
            XErrPx = isSharp ? body.XErr : filtered,
            YErrPx = isSharp ? body.YErr : filtered,
            AngleDeg = ((angle % 360) + 360) % 360,
            AngleErrDeg = Math.Min(Math.Sqrt((turn * turn) + (flip * flip)), 104),
            AreaPx = molecule.AreaPx,
            MajorPx = Math.Max(along, minor),
            MinorPx = minor,
            SizeErrPx = Math.Sqrt(2) * edge,
        };
    }

    // Full lengths of the outline along and across the axis, and which way it is heavier, by its even filling.
    private static (double Along, double Across, double Third, double ThirdErr) Extent(SoftMolecule molecule, BodyMoments drawn, double axis, double edge)
    {
        var (sin, cos) = Math.SinCos(axis);
        double u0 = double.MaxValue, u1 = double.MinValue, v0 = double.MaxValue, v1 = double.MinValue;
        double n = 0, first = 0, second = 0, third = 0, rim = 0;
        for (var j = 0; j < molecule.Side; j++)
        {
            for (var i = 0; i < molecule.Side; i++)
            {
                if (!molecule.Outline[(j * molecule.Side) + i])
                {
                    continue;
                }

                double x = i - molecule.Half - drawn.X, y = j - molecule.Half - drawn.Y;
                double u = (x * cos) + (y * sin), v = (y * cos) - (x * sin);
                (u0, u1, v0, v1) = (Math.Min(u0, u), Math.Max(u1, u), Math.Min(v0, v), Math.Max(v1, v));
                n++;
                first += u;
                second += u * u;
                third += u * u * u;
                rim = Math.Max(rim, Math.Abs(u));
            }
        }

        var mean = first / n;
        var skew = third - (3 * mean * second) + (2 * n * mean * mean * mean);

        // The outline's ends lie where noise lets them, each some pixels wide.
        return (u1 - u0 + 1, v1 - v0 + 1, skew, edge * Math.Pow(rim, 3) * Math.Sqrt(2 * (v1 - v0 + 1)));
    }

    private static (double Xx, double Yy) Outline(SoftMolecule molecule)
    {
        double n = 0, x1 = 0, y1 = 0, x2 = 0, y2 = 0;
        for (var j = 0; j < molecule.Side; j++)
        {
            for (var i = 0; i < molecule.Side; i++)
            {
                if (molecule.Outline[(j * molecule.Side) + i])
                {
                    n++;
                    x1 += i;
                    y1 += j;
                    x2 += (double)i * i;
                    y2 += (double)j * j;
                }
            }
        }

        return n == 0 ? (0, 0) : ((x2 / n) - (x1 / n * (x1 / n)), (y2 / n) - (y1 / n * (y1 / n)));
    }

    // How far noise moves the outline: noise of the blurred picture over its slope at the edge.
    private double EdgeErr(SoftMolecule molecule)
    {
        var sigma = Blur(molecule);
        var slope = molecule.Plateau / (Math.Sqrt(2 * Math.PI) * Math.Sqrt((sigma * sigma) + 2));
        return slope > 0 ? Math.Min(Blurred(sigma) * Math.Sqrt(molecule.LongVariance) / slope, 10) : 10;
    }

    // Second moments of the whole of a body that is cut straight and goes on evenly beyond the border: across it, its length is longer by what is missing.
    private static BodyMoments Whole(BodyMoments seen, FrameSides sides, double visible)
    {
        var isX = (sides & (FrameSides.Left | FrameSides.Right)) != 0;
        var isY = (sides & (FrameSides.Top | FrameSides.Bottom)) != 0;
        var longer = 1 / (isX && isY ? Math.Sqrt(visible) : visible);
        var (x, y) = (isX ? longer : 1, isY ? longer : 1);
        return seen with
        {
            Xx = seen.Xx * x * x,
            Yy = seen.Yy * y * y,
            Xy = seen.Xy * x * y,
            GyrationErr = seen.GyrationErr * Math.Max(x * x, y * y),
            ElongationErr = seen.ElongationErr * Math.Max(x * x, y * y),
        };
    }

    // Part of it that lies inside the frame, by what it weighed when it was whole, or what others do.
    private double Visible(SoftMolecule molecule)
    {
        var whole = molecule.WholeMassPx2 ?? TypicalMassPx2;
        return whole > 0 ? Math.Clamp(molecule.RecentMassPx2 / whole, LeastVisible, 1) : 1;
    }

    // The centre of the whole of it: an evenly filled body that is cut straight goes on beyond the border for as long as contrast is missing.
    private static ShapeFit Completed(SoftMolecule molecule, ShapeFit fit, FrameSides sides, double visible)
    {
        double left = double.MaxValue, right = double.MinValue, top = double.MaxValue, bottom = double.MinValue;
        for (var j = 0; j < molecule.Side; j++)
        {
            for (var i = 0; i < molecule.Side; i++)
            {
                if (molecule.Outline[(j * molecule.Side) + i])
                {
                    int x = molecule.CentreX - molecule.Half + i, y = molecule.CentreY - molecule.Half + j;
                    (left, right, top, bottom) = (Math.Min(left, x), Math.Max(right, x), Math.Min(top, y), Math.Max(bottom, y));
                }
            }
        }

        // At a corner each side takes its share of what is missing.
        var cuts = System.Numerics.BitOperations.PopCount((uint)sides);
        var share = Math.Pow(visible, 1.0 / Math.Max(1, cuts));
        double width = right - left + 1, height = bottom - top + 1;
        double moreX = width * ((1 / share) - 1) / 2, moreY = height * ((1 / share) - 1) / 2;
        var dx = (sides.HasFlag(FrameSides.Right) ? moreX : 0) - (sides.HasFlag(FrameSides.Left) ? moreX : 0);
        var dy = (sides.HasFlag(FrameSides.Bottom) ? moreY : 0) - (sides.HasFlag(FrameSides.Top) ? moreY : 0);
        return fit with
        {
            XPx = fit.XPx + dx,
            YPx = fit.YPx + dy,
            XErrPx = Math.Sqrt((fit.XErrPx * fit.XErrPx) + (0.16 * dx * dx)),
            YErrPx = Math.Sqrt((fit.YErrPx * fit.YErrPx) + (0.16 * dy * dy)),
            AreaPx = fit.AreaPx / visible,
        };
    }

    private (DetectionFlags Flags, FrameSides Sides) Flags(SoftMolecule molecule)
    {
        var flags = molecule.Touches ? DetectionFlags.Contact : DetectionFlags.None;
        var sides = FrameSides.None;
        for (var j = 0; j < molecule.Side; j++)
        {
            for (var i = 0; i < molecule.Side; i++)
            {
                int x = molecule.CentreX - molecule.Half + i, y = molecule.CentreY - molecule.Half + j;
                if (molecule.Outline[(j * molecule.Side) + i])
                {
                    sides |= (x <= 1 ? FrameSides.Left : 0) | (x >= width - 2 ? FrameSides.Right : 0) | (y <= 1 ? FrameSides.Top : 0) | (y >= height - 2 ? FrameSides.Bottom : 0);
                }
            }
        }

        return (flags | (sides == FrameSides.None ? 0 : DetectionFlags.Border), sides);
    }

    private void Draw(SoftMolecule molecule)
    {
        var sigma = Blur(molecule);
        _drawer.Draw(molecule, molecule.Long, Blurred(sigma) * Math.Sqrt(molecule.LongVariance), sigma, _foreign);
    }

    // Fainter pictures are blurred wider.
    private double Blur(SoftMolecule molecule)
    {
        var ratio = molecule.Plateau > 0 ? molecule.Plateau / Noise.Sum : 0.3;
        return ratio > 0.6 ? 1.25 : ratio > 0.3 ? 1.75 : 2.25;
    }

    private double Blurred(double sigma) => Noise.Sum / Math.Sqrt(4 * Math.PI * ((sigma * sigma) + 0.1));

    // As many frames as the outline needs, no more: each makes it later.
    private double Memory(SoftMolecule molecule)
    {
        if (molecule.Plateau <= 0)
        {
            return MostFrames;
        }

        var wanted = WantedOverNoise * Blurred(Blur(molecule)) / molecule.Plateau;
        return Math.Clamp(wanted * wanted / 2, 2, MostFrames);
    }

    // Whether the last frames show more or less inside the outline, or around it, than the long average does.
    private bool HasChanged(SoftMolecule molecule)
    {
        var side = molecule.Side;
        if (molecule.ShortVariance <= molecule.LongVariance)
        {
            return false;
        }

        Dilate(molecule.Outline, side, 1, _wide);
        Dilate(molecule.Outline, side, RingToPx, _ring);
        double inside = 0, insideCount = 0, around = 0, aroundCount = 0;
        for (var i = 0; i < side * side; i++)
        {
            if (_foreign[i])
            {
                continue;
            }

            var more = molecule.Short[i] - molecule.Long[i];
            if (_wide[i])
            {
                inside += more;
                insideCount++;
            }
            else if (_ring[i])
            {
                around += more;
                aroundCount++;
            }
        }

        var unit = Noise.Sum * Math.Sqrt(molecule.ShortVariance - molecule.LongVariance);
        return insideCount > 0 && aroundCount > 0
            && ((-inside / (unit * Math.Sqrt(insideCount))) > ChangeSigmas || (around / (unit * Math.Sqrt(aroundCount))) > ChangeSigmas);
    }

    private void Level(SoftMolecule molecule, int side)
    {
        Dilate(molecule.Outline, side, RingFromPx, _wide);
        Dilate(molecule.Outline, side, RingToPx, _ring);
        double sum = 0, count = 0;
        for (var i = 0; i < side * side; i++)
        {
            if (_ring[i] && !_wide[i] && !_foreign[i] && !float.IsNaN(_window[i]))
            {
                sum += _window[i];
                count++;
            }
        }

        if (count > 50)
        {
            molecule.Level(molecule.Offset + (sum / count));
        }
    }

    private void Own(IReadOnlyList<SoftMolecule> molecules)
    {
        Array.Clear(owner);
        foreach (var molecule in molecules)
        {
            molecule.Touches = false;
            for (var j = 0; j < molecule.Side; j++)
            {
                for (var i = 0; i < molecule.Side; i++)
                {
                    int x = molecule.CentreX - molecule.Half + i, y = molecule.CentreY - molecule.Half + j;
                    if (molecule.Outline[(j * molecule.Side) + i] && x >= 0 && y >= 0 && x < width && y < height && owner[(y * width) + x] == 0)
                    {
                        owner[(y * width) + x] = molecule.Id;
                    }
                }
            }
        }
    }

    // Which pixels of the window are another's, with a rim of one: there both show.
    private void Foreign(SoftMolecule molecule)
    {
        var side = molecule.Side;
        for (var j = 0; j < side; j++)
        {
            for (var i = 0; i < side; i++)
            {
                int x = molecule.CentreX - molecule.Half + i, y = molecule.CentreY - molecule.Half + j;
                var at = (j * side) + i;
                _foreign[at] = x >= 0 && y >= 0 && x < width && y < height && owner[(y * width) + x] is not 0 and var id && id != molecule.Id;
                if (_foreign[at] && !molecule.Touches && Near(molecule, i, j))
                {
                    molecule.Touches = true;
                }
            }
        }
    }

    private static bool Near(SoftMolecule molecule, int i, int j)
    {
        for (var v = Math.Max(0, j - 2); v <= Math.Min(molecule.Side - 1, j + 2); v++)
        {
            for (var u = Math.Max(0, i - 2); u <= Math.Min(molecule.Side - 1, i + 2); u++)
            {
                if (molecule.Outline[(v * molecule.Side) + u])
                {
                    return true;
                }
            }
        }

        return false;
    }

    private void RemoveForeign(int side)
    {
        for (var i = 0; i < side * side; i++)
        {
            _wide[i] &= !_foreign[i];
        }
    }

    private void Cut(SoftMolecule molecule, Plane plane, double offset, float[] into)
    {
        var side = molecule.Side;
        for (var j = 0; j < side; j++)
        {
            var y = molecule.CentreY - molecule.Half + j;
            var line = into.AsSpan(j * side, side);
            line.Fill(float.NaN);
            if (y < 0 || y >= height)
            {
                continue;
            }

            var first = Math.Max(0, molecule.Half - molecule.CentreX);
            var last = Math.Min(side, width - molecule.CentreX + molecule.Half);
            var row = plane.Row(y);
            for (var i = first; i < last; i++)
            {
                line[i] = row[molecule.CentreX - molecule.Half + i] - (float)offset;
            }
        }
    }

    private void Clean(int side)
    {
        foreach (ref var value in _window.AsSpan(0, side * side))
        {
            value = float.IsNaN(value) ? 0 : value;
        }
    }

    // By a square, one direction after the other: a pixel is covered while the last marked one lies within reach.
    private void Dilate(bool[] mask, int side, int by, bool[] into)
    {
        if (_along.Length < side * side)
        {
            _along = new bool[side * side];
            _until = new int[side];
        }

        for (var y = 0; y < side; y++)
        {
            var until = -1;
            for (var x = 0; x < side + by; x++)
            {
                if (x < side && mask[(y * side) + x])
                {
                    until = x + by;
                }

                if (x >= by)
                {
                    _along[(y * side) + x - by] = until >= x - by;
                }
            }
        }

        _until.AsSpan().Fill(-1);
        for (var y = 0; y < side + by; y++)
        {
            for (var x = 0; x < side; x++)
            {
                if (y < side && _along[(y * side) + x])
                {
                    _until[x] = y + by;
                }

                if (y >= by)
                {
                    into[((y - by) * side) + x] = _until[x] >= y - by;
                }
            }
        }
    }

    private void Ensure(int side)
    {
        if (_window.Length < side * side)
        {
            _window = new float[side * side];
            _picture = new float[side * side];
            _foreign = new bool[side * side];
            _wide = new bool[side * side];
            _ring = new bool[side * side];
        }
    }
}
