namespace LiveLtem.Dose.Signals;

/// <summary>How far a picture lies from an earlier one.</summary>
/// <param name="XPx">To the right, small pixels.</param>
/// <param name="YPx">Down, small pixels.</param>
/// <param name="Peak">Height of the correlation's peak over its noise.</param>
/// <param name="Expected">Height at the shift that was expected, over the same noise.</param>
internal readonly record struct Shift(double XPx, double YPx, double Peak, double Expected);

/// <summary>A picture's square and its spectrum, turned, as <see cref="SquareFourier"/> leaves it.</summary>
internal sealed class Spectrum(int side)
{
    /// <summary>Real parts.</summary>
    public float[] Real { get; } = new float[side * side];

    /// <summary>Imaginary parts.</summary>
    public float[] Imaginary { get; } = new float[side * side];

    /// <summary>The square itself, relative contrast, row-major [side, side].</summary>
    public float[] Contrast { get; } = new float[side * side];
}

/// <summary>Measures the shift between two pictures by phase correlation.</summary>
/// <remarks>Kuglin and Hines 1975: the phases alone of the cross spectrum, over a band that leaves slow unevenness and the pixels' noise out; then the strong
/// waves of a crystal weigh no more than the rest, which tells apart the shifts by its lattice vectors. Not thread-safe.</remarks>
internal sealed class ShiftMeter
{
    private const int BlocksAside = 4;
    private readonly int _side;
    private readonly SquareFourier _fourier;
    private readonly float[] _window;
    private readonly float[] _band;
    private readonly float[] _real;
    private readonly float[] _imaginary;

    /// <summary>Prepares for squares of one size.</summary>
    /// <param name="side">A power of two.</param>
    public ShiftMeter(int side)
    {
        _side = side;
        _fourier = new SquareFourier(side);
        _real = new float[side * side];
        _imaginary = new float[side * side];
        _window = new float[side];
        for (var i = 0; i < side; i++)
        {
            _window[i] = (float)(0.5 - (0.5 * Math.Cos(2 * Math.PI * (i + 0.5) / side)));
        }

        _band = new float[side * side];
        for (var v = 0; v < side; v++)
        {
            for (var u = 0; u < side; u++)
            {
                var k = Math.Sqrt(Math.Pow(Signed(u), 2) + Math.Pow(Signed(v), 2)) / side;
                _band[(v * side) + u] = k < 1.5 / side ? 0 : (float)Math.Exp(-0.5 * Math.Pow(k / 0.16, 2));
            }
        }
    }

    /// <summary>Transforms the square in the middle of a picture.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="dark">Counts without a beam.</param>
    /// <param name="into">Gets the spectrum of the relative contrast under a window.</param>
    public void Transform(SmallPicture picture, double dark, Spectrum into)
    {
        var mean = (float)Math.Max(1e-9, picture.Mean - dark);
        var offset = (float)picture.Mean;
        var limit = (float)Math.Max(1e-6, 4 * picture.Spread / mean);
        var top = (picture.Height - _side) / 2;
        var left = (picture.Width - _side) / 2;
        for (var y = 0; y < _side; y++)
        {
            var line = picture.Pixels.AsSpan(((top + y) * picture.Width) + left, _side);
            var target = into.Real.AsSpan(y * _side, _side);
            var contrast = into.Contrast.AsSpan(y * _side, _side);
            for (var x = 0; x < _side; x++)
            {
                // A hot pixel that stays where it is must not speak for the whole picture.
                contrast[x] = Math.Clamp((line[x] - offset) / mean, -limit, limit);
                target[x] = contrast[x] * _window[x] * _window[y];
            }
        }

        into.Imaginary.AsSpan().Clear();
        _fourier.Forward(into.Real, into.Imaginary);
    }

    /// <summary>Measures the shift from an earlier picture to a later one.</summary>
    /// <param name="earlier">Spectrum of the earlier one.</param>
    /// <param name="later">Spectrum of the later one.</param>
    /// <param name="expectedX">Shift that is expected, small pixels.</param>
    /// <param name="expectedY">Shift that is expected, small pixels.</param>
    public Shift Measure(Spectrum earlier, Spectrum later, double expectedX, double expectedY)
    {
        for (var i = 0; i < _real.Length; i++)
        {
            var (a, b, c, d) = (later.Real[i], later.Imaginary[i], earlier.Real[i], earlier.Imaginary[i]);
            var real = (a * c) + (b * d);
            var imaginary = (b * c) - (a * d);
            var scale = _band[i] / (MathF.Sqrt((real * real) + (imaginary * imaginary)) + 1e-20f);
            (_real[i], _imaginary[i]) = (real * scale, imaginary * scale);
        }

        _fourier.Inverse(_real, _imaginary);
        var best = 0;
        var squares = 0.0;
        for (var i = 0; i < _real.Length; i++)
        {
            squares += _real[i] * (double)_real[i];
            best = _real[i] > _real[best] ? i : best;
        }

        var noise = Math.Sqrt(squares / _real.Length);
        var (x, y) = (best % _side, best / _side);
        return new Shift(
            Signed(x) + Top(At(x - 1, y), At(x, y), At(x + 1, y)),
            Signed(y) + Top(At(x, y - 1), At(x, y), At(x, y + 1)),
            noise > 0 ? At(x, y) / noise : 0,
            noise > 0 ? Around(expectedX, expectedY) / noise : 0);
    }

    /// <summary>How surely it is the whole picture that lies elsewhere, and not a particle or two on their own way.</summary>
    /// <param name="earlier">The earlier picture.</param>
    /// <param name="later">The later one.</param>
    /// <param name="shift">The shift between them.</param>
    /// <param name="expectedX">Shift that is expected, small pixels.</param>
    /// <param name="expectedY">Shift that is expected, small pixels.</param>
    /// <returns>Student's t, over blocks of the picture, of how much better they lie upon one another at the shift than at the expected one: about 1 where one
    /// block has all of the gain, sqrt(n k / (n - k)) where k of n blocks share it evenly.</returns>
    public double Agreement(Spectrum earlier, Spectrum later, Shift shift, double expectedX, double expectedY)
    {
        var seen = ((int)Math.Round(shift.XPx), (int)Math.Round(shift.YPx));
        var expected = ((int)Math.Round(expectedX), (int)Math.Round(expectedY));
        var block = _side / BlocksAside;
        Span<double> gains = stackalloc double[BlocksAside * BlocksAside];
        var count = 0;
        for (var i = 0; i < gains.Length; i++)
        {
            if (Gain(earlier.Contrast, later.Contrast, (i % BlocksAside * block, i / BlocksAside * block), block, seen, expected) is { } gain)
            {
                gains[count++] = gain;
            }
        }

        if (count < BlocksAside)
        {
            return 0;
        }

        var (mean, squares) = (0.0, 0.0);
        foreach (var gain in gains[..count])
        {
            mean += gain / count;
        }

        foreach (var gain in gains[..count])
        {
            squares += (gain - mean) * (gain - mean);
        }

        var error = Math.Sqrt(squares / (count - 1) / count);
        return error > 0 ? mean / error : 0;
    }

    // Mean over the pixels of a block that are inside at both places; null where they are few.
    private double? Gain(float[] earlier, float[] later, (int X, int Y) corner, int block, (int X, int Y) seen, (int X, int Y) expected)
    {
        var (sum, pixels) = (0.0, 0);
        for (var y = corner.Y; y < corner.Y + block; y++)
        {
            for (var x = corner.X; x < corner.X + block; x++)
            {
                if (Inside(x + seen.X) && Inside(y + seen.Y) && Inside(x + expected.X) && Inside(y + expected.Y))
                {
                    var here = earlier[(y * _side) + x];
                    var there = later[((y + expected.Y) * _side) + x + expected.X] - here;
                    var better = later[((y + seen.Y) * _side) + x + seen.X] - here;
                    sum += (there * there) - (better * better);
                    pixels++;
                }
            }
        }

        return pixels < block * block / 4 ? null : sum / pixels;
    }

    private bool Inside(int at) => at >= 0 && at < _side;

    // Where the parabola through three neighbours has its top.
    private static double Top(double before, double here, double after)
    {
        var bend = before - (2 * here) + after;
        return bend < 0 ? Math.Clamp(0.5 * (before - after) / bend, -0.5, 0.5) : 0;
    }

    private double Around(double expectedX, double expectedY)
    {
        var (cx, cy) = ((int)Math.Round(expectedX), (int)Math.Round(expectedY));
        var most = double.NegativeInfinity;
        for (var y = cy - 1; y <= cy + 1; y++)
        {
            for (var x = cx - 1; x <= cx + 1; x++)
            {
                most = Math.Max(most, At(x, y));
            }
        }

        return most;
    }

    private double At(int x, int y) => _real[(((y % _side) + _side) % _side * _side) + (((x % _side) + _side) % _side)];

    private int Signed(int index) => index < _side / 2 ? index : index - _side;
}
