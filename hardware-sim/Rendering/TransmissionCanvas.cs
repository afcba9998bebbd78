using LiveLtem.HardwareSim.Shapes;

namespace LiveLtem.HardwareSim.Rendering;

/// <summary>Draws particles as what they let through: each multiplies the plane by exp(-T mu), so overlapping thicknesses add.</summary>
/// <remarks>A pixel holds the mean over its area: pixels that an outline crosses are sampled <see cref="Samples"/> × <see cref="Samples"/> times.</remarks>
public static class TransmissionCanvas
{
    /// <summary>Samples a side in a pixel at an edge.</summary>
    public const int Samples = 6;

    // Beyond this distance an outline cannot cross the pixel: half its diagonal.
    private const double HalfDiagonal = 0.7072;

    // A chord falls like a square root towards the edge: this near to it even inner pixels are sampled.
    private const double SteepBandPx = 2.5;

    /// <summary>Multiplies a plane by one particle's transmission.</summary>
    /// <param name="plane">Row-major [height, width]; 1 where nothing was drawn.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="shape">What.</param>
    /// <param name="xPx">Centre, pixel centres at integers; may lie outside.</param>
    /// <param name="yPx">Centre, y down.</param>
    /// <param name="angleDeg">From +x towards +y.</param>
    /// <param name="attenuationPerNm">1/l_particle - 1/l_liquid: a particle takes the place of liquid.</param>
    /// <param name="samples">Samples a side at edges.</param>
    public static void Multiply(
        Span<float> plane, int height, int width, ParticleShape shape, double xPx, double yPx, double angleDeg, double attenuationPerNm, int samples = Samples)
    {
        var reach = shape.RadiusPx + 1;
        var x0 = Math.Max(0, (int)Math.Ceiling(xPx - reach));
        var x1 = Math.Min(width - 1, (int)Math.Floor(xPx + reach));
        var y0 = Math.Max(0, (int)Math.Ceiling(yPx - reach));
        var y1 = Math.Min(height - 1, (int)Math.Floor(yPx + reach));
        if (x0 > x1 || y0 > y1)
        {
            return;
        }

        var (sin, cos) = Math.SinCos(angleDeg * (Math.PI / 180));
        var flat = shape.IsFlat;
        var inside = (float)Math.Exp(-attenuationPerNm * shape.MaxThicknessNm);
        var deep = flat ? -HalfDiagonal : -HalfDiagonal - SteepBandPx;
        for (var y = y0; y <= y1; y++)
        {
            var row = plane.Slice(y * width, width);
            var dy = y - yPx;
            for (var x = x0; x <= x1; x++)
            {
                var dx = x - xPx;
                var u = (dx * cos) + (dy * sin);
                var v = (dy * cos) - (dx * sin);
                var distance = shape.Distance(u, v);
                if (distance > HalfDiagonal)
                {
                    continue;
                }

                if (distance < deep)
                {
                    row[x] *= flat ? inside : (float)Math.Exp(-attenuationPerNm * shape.ThicknessNm(u, v));
                    continue;
                }

                row[x] *= (float)PixelMean(shape, u, v, sin, cos, attenuationPerNm, inside, samples);
            }
        }
    }

    private static double PixelMean(
        ParticleShape shape, double u, double v, double sin, double cos, double attenuationPerNm, double inside, int samples)
    {
        var sum = 0.0;
        var step = 1.0 / samples;
        for (var j = 0; j < samples; j++)
        {
            var oy = ((j + 0.5) * step) - 0.5;
            for (var i = 0; i < samples; i++)
            {
                var ox = ((i + 0.5) * step) - 0.5;
                var su = u + (ox * cos) + (oy * sin);
                var sv = v + (oy * cos) - (ox * sin);
                if (shape.IsFlat)
                {
                    sum += shape.Distance(su, sv) <= 0 ? inside : 1;
                }
                else
                {
                    sum += Math.Exp(-attenuationPerNm * shape.ThicknessNm(su, sv));
                }
            }
        }

        return sum * step * step;
    }
}
