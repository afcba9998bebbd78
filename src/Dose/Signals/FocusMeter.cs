namespace LiveLtem.Dose.Signals;

/// <summary>How much blurrier the picture is than it was.</summary>
/// <param name="BlurPx">Change of the Gaussian blur in quadrature, px of the frame; negative where it is sharper. Null where it cannot be told.</param>
/// <param name="ErrPx2">1-sigma error of its square while nothing changes, px².</param>
/// <param name="Gain">By how much chi² is less with this change than without one.</param>
internal readonly record struct FocusReading(double? BlurPx, double ErrPx2, double Gain)
{
    private const double Sigmas = 3;

    /// <summary>Whether the change stands out of its own noise, and what the rings show is a change of blur.</summary>
    public bool IsSure => BlurPx is { } blur && blur * blur > Sigmas * ErrPx2 && Gain > Sigmas * Sigmas;
}

/// <summary>Follows the focus by the rings of the spectrum.</summary>
/// <remarks>
/// The cross spectrum of two successive frames, shifted onto each other, holds the power of what both show and, on average, none of the noise. A blur of sigma leaves
/// exp(-4 pi² f² sigma²) of the power at frequency f. What the rings hold now is fitted, by least squares in power, with their usual power c (U - F) exp(-x s) + F: s the change of sigma² sought,
/// c a change of contrast, F what the camera itself shows in every frame (the pattern of its gain, white), which no lens blurs. In power and not in its logarithm, where the rings that a
/// strong blur has emptied would have the longest lever.
/// A ring counts by its noise and by how much its power may wander as particles move: interference of their pictures, like speckle, by the number of its modes.
/// </remarks>
internal sealed class FocusMeter
{
    private const int LearningFrames = 8;
    private const int QuietFrames = 24;
    private const double Follow = 1.0 / 40;
    private const double WorstRing = 0.35;
    private const double WorstCounted = 0.8;
    private const double LeastSpread = 0.02;
    private const double MostSharperPx2 = 20;
    private const double MostBlurPx2 = 60;
    private const int Steps = 48;

    // By how much the contrast of all rings may change without anything being wrong, 1 sigma: particles come and go, one by one.
    private const double ContrastSpread = 0.25;
    private const double Prior = 1 / (ContrastSpread * ContrastSpread);
    private static readonly double[] Edges = [0.03, 0.06, 0.095, 0.14, 0.2, 0.28, 0.37, 0.47];
    private readonly int _side;
    private readonly sbyte[] _ring;
    private readonly double[] _squares;
    private readonly int[] _modes = new int[Edges.Length - 1];
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
        for (var v = 0; v < side; v++)
        {
            for (var u = 0; u < side; u++)
            {
                var f = Math.Sqrt((double)((Signed(u) * Signed(u)) + (Signed(v) * Signed(v)))) / side;
                var ring = Array.FindLastIndex(Edges, edge => f >= edge);
                _ring[(v * side) + u] = (sbyte)(ring >= 0 && ring < _modes.Length ? ring : -1);
                if (ring >= 0 && ring < _modes.Length)
                {
                    _modes[ring]++;
                    _squares[ring] += Math.Pow(2 * Math.PI * f / bin, 2);
                }
            }
        }

        for (var ring = 0; ring < _modes.Length; ring++)
        {
            _squares[ring] /= Math.Max(1, _modes[ring]);
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
            return new FocusReading(null, 0, 0);
        }

        if (CanTell == false || Fit() is not var (change, misfit))
        {
            return new FocusReading(null, 0, 0);
        }

        var learnt = _quiet.Count >= QuietFrames / 3;
        var middle = learnt ? _quiet.Median() : 0;
        var err = learnt ? Math.Max(Error(), _quiet.Deviation()) : double.PositiveInfinity;
        var off = change - middle;
        if (calm && (!learnt || Math.Abs(off) < 3 * err))
        {
            _quiet.Add(change);
            for (var ring = 0; ring < _usual.Length; ring++)
            {
                _spread[ring] += Follow * (Math.Abs(_power[ring] - _usual[ring]) - _spread[ring]);
                _usual[ring] += Follow * (_power[ring] - _usual[ring]);
            }
        }

        return new FocusReading(Math.Sign(off) * Math.Sqrt(Math.Abs(off)), err, Misfit(middle) - misfit);
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

    private bool IsClear(int ring) => Stands(ring, WorstRing);

    // A ring of noise alone would say, once something is in it, that the picture is sharper without end.
    private bool Counts(int ring) => Stands(ring, WorstCounted);

    private bool Stands(int ring, double worst) => _usual[ring] > 0 && 1.25 * _spread[ring] < worst * _usual[ring];

    // The change of sigma², px², and chi² with it; null where too few rings stand out.
    private (double Change, double Misfit)? Fit()
    {
        if (Enumerable.Range(0, _usual.Length).Count(IsClear) < 3)
        {
            return null;
        }

        var (best, least) = (0.0, double.PositiveInfinity);
        for (var step = 0; step <= Steps; step++)
        {
            // Finer where little has changed.
            var part = step / (double)Steps;
            Try(MostBlurPx2 * part * part);
            Try(-MostSharperPx2 * part * part);
        }

        for (var width = 0.5 * (Math.Abs(best) + 0.2); width > 0.005; width *= 0.6)
        {
            var middle = best;
            Try(middle + width);
            Try(Math.Max(-MostSharperPx2, middle - width));
        }

        return (best, least);

        void Try(double change)
        {
            var left = Misfit(change);
            if (left < least)
            {
                (best, least) = (change, left);
            }
        }
    }

    // Sum of the squared differences of the rings to the model, each over its variance, with the best contrast and pattern.
    private double Misfit(double change)
    {
        var (aa, ab, bb, ap, bp, pp) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
        var mostPattern = double.PositiveInfinity;
        for (var ring = 0; ring < _usual.Length; ring++)
        {
            if (!Counts(ring))
            {
                continue;
            }

            // In parts of the usual power; the pattern, white, in the same.
            var left = Math.Exp(-_squares[ring] * change);
            var (a, b, p) = (left, _modes[ring] / _usual[ring] * (1 - left), _power[ring] / _usual[ring]);
            var weight = 1 / Variance(ring);
            (aa, ab, bb) = (aa + (weight * a * a), ab + (weight * a * b), bb + (weight * b * b));
            (ap, bp, pp) = (ap + (weight * a * p), bp + (weight * b * p), pp + (weight * p * p));
            mostPattern = Math.Min(mostPattern, _usual[ring] / _modes[ring]);
        }

        (aa, ap, pp) = (aa + Prior, ap + Prior, pp + Prior);

        // Both cannot be told where nothing has changed; what is sharper now has no pattern to show.
        var determinant = (aa * bb) - (ab * ab);
        var pattern = change > 0 && determinant > 1e-9 * aa * bb ? Math.Clamp(((aa * bp) - (ab * ap)) / determinant, 0, mostPattern) : 0;
        var contrast = (ap - (pattern * ab)) / aa;
        return pp - (2 * contrast * ap) - (2 * pattern * bp) + (contrast * contrast * aa) + (2 * contrast * pattern * ab) + (pattern * pattern * bb);
    }

    // Of no change, px², 1 sigma: from the slopes of the rings' powers with it and with the contrast.
    private double Error()
    {
        var (s, sx, sxx) = (Prior, 0.0, 0.0);
        for (var ring = 0; ring < _usual.Length; ring++)
        {
            if (Counts(ring))
            {
                var (weight, x) = (1 / Variance(ring), _squares[ring]);
                (s, sx, sxx) = (s + weight, sx + (weight * x), sxx + (weight * x * x));
            }
        }

        return 1 / Math.Sqrt(sxx - (sx * sx / s));
    }

    // Of the ring's power in parts of its usual one: what it showed so far, and what it wanders as particles move. Half of its modes say the same as the other half.
    private double Variance(int ring)
    {
        var seen = Math.Max(1.25 * _spread[ring] / _usual[ring], LeastSpread);
        return (seen * seen) + (2.0 / _modes[ring]);
    }

    private int Signed(int index) => index < _side / 2 ? index : index - _side;
}
