using LiveLtem.HardwareSim.Rendering;
using LiveLtem.HardwareSim.Scenes;
using LiveLtem.HardwareSim.Shapes;

namespace LiveLtem.HardwareSim.Truth;

/// <summary>Smallest 1-sigma errors that any unbiased fit of one particle in one frame can have.</summary>
/// <param name="XPx">Of x, px.</param>
/// <param name="YPx">Of y, px.</param>
/// <param name="AngleDeg">Of the angle, degrees; null for a round particle.</param>
public readonly record struct PoseBound(double XPx, double YPx, double? AngleDeg);

/// <summary>The Cramér-Rao bound of a particle's pose with angle, size, contrast and background unknown too.</summary>
/// <remarks>White noise of variance n (1 + e^2) + r^2 with n the electrons expected at that pixel, particle included; Gaussian blur of lens and
/// detector in quadrature; contrast of a particle that displaces liquid. The information matrix is summed over rendered derivatives.
/// Remembered by shape to within one percent. Not thread-safe.</remarks>
public sealed class ReferenceBound
{
    private const int Samples = 12;
    private const double TiltDeg = 17;
    private readonly SceneSettings _settings;
    private readonly Dictionary<(string Shape, int Electrons, int Blur), Body> _known = [];

    /// <summary>Prepares bounds for a scene's camera, lens and contrast.</summary>
    public ReferenceBound(SceneSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        _settings = settings;
    }

    /// <summary>The bound for one particle.</summary>
    /// <param name="shape">Its form.</param>
    /// <param name="angleDeg">Its orientation: the bound of a rod along and across its axis differ.</param>
    /// <param name="electrons">Background electrons a pixel where it lies, > 0.</param>
    /// <param name="blurPx">Lens and detector in quadrature, px.</param>
    public PoseBound Of(ParticleShape shape, double angleDeg, double electrons, double blurPx)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(electrons);
        var bin = (int)Math.Round(Math.Log(electrons) / 0.08);
        var key = (shape.CacheKey, bin, (int)Math.Round(blurPx * 100));
        var binElectrons = Math.Exp(bin * 0.08);
        if (!_known.TryGetValue(key, out var body))
        {
            _known[key] = body = Compute(shape, binElectrons, blurPx);
        }

        // Within a bin the bound goes with the square root of the electrons, as it does exactly without read noise.
        var scale = Math.Sqrt(binElectrons / electrons);
        var (sin, cos) = Math.SinCos(angleDeg * Math.PI / 180);
        var x = (cos * cos * body.Uu) - (2 * sin * cos * body.Uv) + (sin * sin * body.Vv);
        var y = (sin * sin * body.Uu) + (2 * sin * cos * body.Uv) + (cos * cos * body.Vv);
        return new PoseBound(Math.Sqrt(x) * scale, Math.Sqrt(y) * scale, body.AngleDeg * scale);
    }

    private Body Compute(ParticleShape shape, double electrons, double blurPx)
    {
        var round = shape.Symmetry == 0;
        var half = (int)Math.Ceiling((shape.RadiusPx * 1.02) + (4 * blurPx)) + 2;
        var side = (2 * half) + 1;
        var blur = new GaussianBlur(blurPx);
        float[] Draw(double dx, double dy, double turn, double scale)
        {
            var plane = new float[side * side];
            plane.AsSpan().Fill(1);
            var drawn = scale == 1 ? shape : shape.Scaled(scale);
            // Off the pixel grid and tilted, so that no edge runs along a row.
            TransmissionCanvas.Multiply(plane, side, side, drawn, half + 0.2 + dx, half + 0.3 + dy, TiltDeg + turn, _settings.AttenuationPerNm, Samples);
            blur.Apply(plane, side, side);
            return plane;
        }

        const double StepPx = 0.25;
        var turnDeg = 0.25 / shape.RadiusPx * 180 / Math.PI;
        var growth = 0.25 / shape.RadiusPx;
        var middle = Draw(0, 0, 0, 1);
        var sign = _settings.Options.Bright ? -1.0 : 1.0;
        var slopes = new List<double[]>
        {
            Difference(Draw(StepPx, 0, 0, 1), Draw(-StepPx, 0, 0, 1), sign * electrons / (2 * StepPx)),
            Difference(Draw(0, StepPx, 0, 1), Draw(0, -StepPx, 0, 1), sign * electrons / (2 * StepPx)),
            Difference(Draw(0, 0, 0, 1 + growth), Draw(0, 0, 0, 1 - growth), sign * electrons / (2 * growth)),
            // Contrast: the particle's absorption times a factor near 1. Background: all of the picture.
            middle.Select(t => -sign * electrons * (1 - t)).ToArray(),
            middle.Select(t => sign > 0 ? t : 2.0 - t).ToArray(),
        };
        if (!round)
        {
            slopes.Add(Difference(Draw(0, 0, turnDeg, 1), Draw(0, 0, -turnDeg, 1), sign * electrons / (2 * turnDeg)));
        }

        var covariance = Inverse(Information(slopes, middle, electrons, sign));
        // Turn the covariance of (x, y) back into the body frame.
        var (sin, cos) = Math.SinCos(TiltDeg * Math.PI / 180);
        var (xx, xy, yy) = (covariance[0][0], covariance[0][1], covariance[1][1]);
        return new Body(
            (cos * cos * xx) + (2 * sin * cos * xy) + (sin * sin * yy),
            (sin * sin * xx) - (2 * sin * cos * xy) + (cos * cos * yy),
            ((cos * cos) - (sin * sin)) * xy + (sin * cos * (yy - xx)),
            round ? null : Math.Sqrt(covariance[5][5]));
    }

    private double[][] Information(List<double[]> slopes, float[] middle, double electrons, double sign)
    {
        var spread = 1 + (_settings.Detector.ExcessNoise * _settings.Detector.ExcessNoise);
        var read = _settings.Detector.ReadNoiseE * _settings.Detector.ReadNoiseE;
        var information = new double[slopes.Count][];
        for (var a = 0; a < slopes.Count; a++)
        {
            information[a] = new double[slopes.Count];
        }

        for (var i = 0; i < middle.Length; i++)
        {
            var level = sign > 0 ? middle[i] : 2.0 - middle[i];
            var weight = 1 / ((electrons * level * spread) + read);
            for (var a = 0; a < slopes.Count; a++)
            {
                for (var b = 0; b <= a; b++)
                {
                    information[a][b] += slopes[a][i] * slopes[b][i] * weight;
                }
            }
        }

        for (var a = 0; a < slopes.Count; a++)
        {
            for (var b = 0; b < a; b++)
            {
                information[b][a] = information[a][b];
            }
        }

        return information;
    }

    private static double[] Difference(float[] high, float[] low, double factor)
    {
        var result = new double[high.Length];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = (high[i] - (double)low[i]) * factor;
        }

        return result;
    }

    // Gauss-Jordan with the rows scaled to a unit diagonal first: parameters of very different size share the matrix.
    private static double[][] Inverse(double[][] matrix)
    {
        var n = matrix.Length;
        var scale = matrix.Select((row, i) => 1 / Math.Sqrt(row[i])).ToArray();
        var work = new double[n][];
        for (var i = 0; i < n; i++)
        {
            work[i] = new double[2 * n];
            for (var j = 0; j < n; j++)
            {
                work[i][j] = matrix[i][j] * scale[i] * scale[j];
            }

            work[i][n + i] = 1;
        }

        for (var column = 0; column < n; column++)
        {
            var pivot = Enumerable.Range(column, n - column).MaxBy(row => Math.Abs(work[row][column]));
            (work[column], work[pivot]) = (work[pivot], work[column]);
            var factor = 1 / work[column][column];
            for (var j = 0; j < 2 * n; j++)
            {
                work[column][j] *= factor;
            }

            for (var row = 0; row < n; row++)
            {
                if (row != column)
                {
                    var take = work[row][column];
                    for (var j = 0; j < 2 * n; j++)
                    {
                        work[row][j] -= take * work[column][j];
                    }
                }
            }
        }

        return [.. Enumerable.Range(0, n).Select(i => Enumerable.Range(0, n).Select(j => work[i][n + j] * scale[i] * scale[j]).ToArray())];
    }

    private readonly record struct Body(double Uu, double Vv, double Uv, double? AngleDeg);
}
