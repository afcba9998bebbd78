namespace LiveLtem.Dose.Signals;

/// <summary>How much blurrier the picture is than it was.</summary>
/// <param name="BlurPx">Change of the Gaussian blur in quadrature, px of the frame; negative where it is sharper. Null where it cannot be told.</param>
/// <param name="ErrPx2">1-sigma error of its square, px².</param>
internal readonly record struct FocusReading(double? BlurPx, double ErrPx2)
{
    /// <summary>Whether the change stands out of its own noise.</summary>
    public bool IsSure => BlurPx is { } blur && blur * blur > 5 * ErrPx2;
}

/// <summary>Follows the focus by the rings of the spectrum.</summary>
/// <remarks>
/// The cross spectrum of two successive frames, shifted onto each other, holds the power of what both show and, on average, none of the noise. A blur of
/// sigma takes exp(-4 pi² f² sigma²) of the power at frequency f: the slope of the rings' log-ratio to their usual power over (2 pi f)² is the change of
/// sigma², and a change of contrast or content moves all rings alike and leaves the slope.
/// </remarks>
internal sealed class FocusMeter
{
    private const int LearningFrames = 8;
    private const int QuietFrames = 24;
    private const double Follow = 1.0 / 40;
    private const double LeastPart = 0.03;
    private const double WorstRing = 0.35;
    private static readonly double[] Edges = [0.03, 0.06, 0.095, 0.14, 0.2, 0.28, 0.37, 0.47];
    private readonly int _side;
    private readonly sbyte[] _ring;
    private readonly double[] _squares;
    private readonly double[] _power = new double[Edges.Length - 1];
    private readonly double[] _usual = new double[Edges.Length - 1];
    private readonly double[] _spread = new double[Edges.Length - 1];
    private readonly List<double[]> _first = [];
    private readonly Recent _quiet = new(QuietFrames);

    /// <summary>Prepares for squares of one size.</summary>
    /// <param name="side">Side of the spectra.</param>
    /// <param name="bin">Pixels of the frame along a side of a small pixel.</param>
    public FocusMeter(int side, int bin)
    {
        _side = side;
        _ring = new sbyte[side * side];
        _squares = new double[Edges.Length - 1];
        var counts = new int[Edges.Length - 1];
        for (var v = 0; v < side; v++)
        {
            for (var u = 0; u < side; u++)
            {
                var f = Math.Sqrt((double)((Signed(u) * Signed(u)) + (Signed(v) * Signed(v)))) / side;
                var ring = Array.FindLastIndex(Edges, edge => f >= edge);
                _ring[(v * side) + u] = (sbyte)(ring >= 0 && ring < counts.Length ? ring : -1);
                if (ring >= 0 && ring < counts.Length)
                {
                    counts[ring]++;
                    _squares[ring] += Math.Pow(2 * Math.PI * f / bin, 2);
                }
            }
        }

        for (var ring = 0; ring < counts.Length; ring++)
        {
            _squares[ring] /= Math.Max(1, counts[ring]);
        }
    }

    /// <summary>Whether enough of the picture's detail stands out of the noise for the focus to be followed; null before that is known.</summary>
    public bool? CanTell { get; private set; }

    /// <summary>Forgets what is usual.</summary>
    public void Reset()
    {
        _first.Clear();
        _quiet.Clear();
        CanTell = null;
    }

    /// <summary>Reads the focus of two successive pictures.</summary>
    /// <param name="earlier">Spectrum of the first.</param>
    /// <param name="later">Spectrum of the second.</param>
    /// <param name="step">Shift between them, small pixels.</param>
    /// <param name="calm">True where nothing else is amiss: then the usual may follow.</param>
    public FocusReading Read(Spectrum earlier, Spectrum later, (double XPx, double YPx) step, bool calm)
    {
        Powers(earlier, later, step);
        if (CanTell is null)
        {
            Learn();
            return new FocusReading(null, 0);
        }

        if (CanTell == false || Slope() is not { } slope)
        {
            return new FocusReading(null, 0);
        }

        var change = -slope;
        var err = _quiet.Count < QuietFrames / 3 ? double.PositiveInfinity : Math.Max(_quiet.Deviation(), 1e-9);
        var middle = _quiet.Count == 0 ? 0 : _quiet.Median();
        if (calm && (double.IsInfinity(err) || Math.Abs(change - middle) < 4 * err))
        {
            _quiet.Add(change);
            for (var ring = 0; ring < _usual.Length; ring++)
            {
                _spread[ring] += Follow * (Math.Abs(_power[ring] - _usual[ring]) - _spread[ring]);
                _usual[ring] += Follow * (_power[ring] - _usual[ring]);
            }
        }

        return new FocusReading(Math.Sign(change) * Math.Sqrt(Math.Abs(change)), err);
    }

    /// <summary>Takes the focus as it is now for the usual one.</summary>
    public void Accept() => Reset();

    private void Powers(Spectrum earlier, Spectrum later, (double XPx, double YPx) step)
    {
        _power.AsSpan().Clear();

        // The spectra are turned: rows count waves along x.
        Span<float> cosY = stackalloc float[_side];
        Span<float> sinY = stackalloc float[_side];
        for (var u = 0; u < _side; u++)
        {
            var (sin, cos) = Math.SinCos(2 * Math.PI * Signed(u) * step.YPx / _side);
            (sinY[u], cosY[u]) = ((float)sin, (float)cos);
        }

        // The other half says the same again, mirrored.
        for (var v = 0; v <= _side / 2; v++)
        {
            var (sinX, cosX) = Math.SinCos(2 * Math.PI * Signed(v) * step.XPx / _side);
            for (var u = 0; u < _side; u++)
            {
                var i = (v * _side) + u;
                if (_ring[i] < 0)
                {
                    continue;
                }

                var real = (later.Real[i] * earlier.Real[i]) + (later.Imaginary[i] * earlier.Imaginary[i]);
                var imaginary = (later.Imaginary[i] * earlier.Real[i]) - (later.Real[i] * earlier.Imaginary[i]);
                var cos = ((float)cosX * cosY[u]) - ((float)sinX * sinY[u]);
                var sin = ((float)sinX * cosY[u]) + ((float)cosX * sinY[u]);
                _power[_ring[i]] += (real * cos) - (imaginary * sin);
            }
        }
    }

    private void Learn()
    {
        _first.Add([.. _power]);
        if (_first.Count < LearningFrames)
        {
            return;
        }

        for (var ring = 0; ring < _usual.Length; ring++)
        {
            _usual[ring] = Robust.Median([.. _first.Select(power => power[ring])]);
            _spread[ring] = Robust.Deviation([.. _first.Select(power => power[ring])]) / 1.25;
        }

        CanTell = Enumerable.Range(0, _usual.Length).Count(IsClear) >= 3;
        _first.Clear();
    }

    private bool IsClear(int ring) => _usual[ring] > 0 && 1.25 * _spread[ring] < WorstRing * _usual[ring];

    // Weighted least squares of the rings' log-ratios over their squared frequencies; null where too few rings stand out.
    private double? Slope()
    {
        var (s, sx, sy, sxx, sxy, rings) = (0.0, 0.0, 0.0, 0.0, 0.0, 0);
        for (var ring = 0; ring < _usual.Length; ring++)
        {
            if (!IsClear(ring))
            {
                continue;
            }

            var part = Math.Max(_power[ring] / _usual[ring], LeastPart);
            var relative = Math.Max(1.25 * _spread[ring] / _usual[ring], 0.02) / Math.Min(part, 1);
            var weight = 1 / (relative * relative);
            var (x, y) = (_squares[ring], Math.Log(part));
            (s, sx, sy, sxx, sxy, rings) = (s + weight, sx + (weight * x), sy + (weight * y), sxx + (weight * x * x), sxy + (weight * x * y), rings + 1);
        }

        var spread = (s * sxx) - (sx * sx);
        return rings < 3 || spread <= 0 ? null : ((s * sxy) - (sx * sy)) / spread;
    }

    private int Signed(int index) => index < _side / 2 ? index : index - _side;
}
