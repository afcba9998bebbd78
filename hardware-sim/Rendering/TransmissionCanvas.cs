using LiveLtem.HardwareSim.Shapes;

namespace LiveLtem.HardwareSim.Rendering;

/// <summary>Draws particles as what they let through: each multiplies the plane by exp(-T mu), so overlapping thicknesses add.</summary>
/// <remarks>A pixel holds the mean over its area: exact where a straight edge crosses it, else from <see cref="Samples"/> × <see cref="Samples"/> samples.</remarks>
public static class TransmissionCanvas
{
    /// <summary>Samples a side in a pixel at an edge.</summary>
    public const int Samples = 5;

    // Beyond this distance an outline cannot cross the pixel: half its diagonal.
    private const double HalfDiagonal = 0.7072;

    // A chord falls like a square root towards the edge: this near to it even inner pixels are sampled.
    private const double SteepBandPx = 1.2;

    // Distances that bend by less than this over a pixel are those of a straight edge.
    private const double StraightPx = 0.01;

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
        var pixel = new PixelMean(shape, attenuationPerNm, sin, cos, samples);
        var deep = shape.IsFlat ? -HalfDiagonal : -HalfDiagonal - SteepBandPx;
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
                if (distance <= HalfDiagonal)
                {
                    row[x] *= distance < deep ? pixel.AtCentre(distance) : pixel.Of(u, v, distance);
                }
            }
        }
    }

    /// <summary>Means of a particle's transmission over single pixels.</summary>
    private readonly ref struct PixelMean(ParticleShape shape, double attenuationPerNm, double sin, double cos, int samples)
    {
        private readonly float[] _profile = shape.TransmissionProfile(attenuationPerNm);

        public float AtCentre(double distance) => ParticleShape.Transmitted(_profile, distance);

        public float Of(double u, double v, double distance)
        {
            var plus = 0.5 * (cos + sin);
            var minus = 0.5 * (cos - sin);
            var lowLow = shape.Distance(u - plus, v - minus);
            var highLow = shape.Distance(u + minus, v - plus);
            var lowHigh = shape.Distance(u - minus, v + plus);
            var highHigh = shape.Distance(u + plus, v + minus);
            if (Math.Abs(lowLow + highHigh - highLow - lowHigh) > StraightPx
                || Math.Abs((0.25 * (lowLow + highHigh + highLow + lowHigh)) - distance) > StraightPx)
            {
                return Bent(u, v);
            }

            // Distance changes by this much over the pixel along x and y.
            var gx = 0.5 * (highLow + highHigh - lowLow - lowHigh);
            var gy = 0.5 * (lowHigh + highHigh - lowLow - highLow);
            return shape.IsFlat && Math.Abs(gx) + Math.Abs(gy) > 0.2
                ? 1 - ((float)Coverage(distance, Math.Abs(gx), Math.Abs(gy)) * (1 - _profile[^1]))
                : Straight(distance, gx, gy);
        }

        // Area of the pixel on the inner side of a straight edge: exact.
        private static double Coverage(double distance, double gx, double gy)
        {
            var slope = Math.Sqrt((gx * gx) + (gy * gy));
            var (a, b) = gx > gy ? (gx / slope, gy / slope) : (gy / slope, gx / slope);
            var s = -distance / slope;
            if (Math.Abs(s) <= 0.5 * (a - b))
            {
                return 0.5 + (s / a);
            }

            var corner = Math.Max(0, (0.5 * (a + b)) - Math.Abs(s));
            var beyond = corner > 0 ? corner * corner / (2 * a * b) : 0;
            return s > 0 ? 1 - beyond : beyond;
        }

        private float Straight(double distance, double gx, double gy)
        {
            var sum = 0f;
            var step = 1.0 / samples;
            for (var j = 0; j < samples; j++)
            {
                var start = distance + ((((j + 0.5) * step) - 0.5) * gy) + (((0.5 * step) - 0.5) * gx);
                for (var i = 0; i < samples; i++)
                {
                    sum += ParticleShape.Transmitted(_profile, start + (i * step * gx));
                }
            }

            return sum / (samples * samples);
        }

        private float Bent(double u, double v)
        {
            var sum = 0f;
            var step = 1.0 / samples;
            for (var j = 0; j < samples; j++)
            {
                var oy = ((j + 0.5) * step) - 0.5;
                for (var i = 0; i < samples; i++)
                {
                    var ox = ((i + 0.5) * step) - 0.5;
                    sum += ParticleShape.Transmitted(_profile, shape.Distance(u + (ox * cos) + (oy * sin), v + (oy * cos) - (ox * sin)));
                }
            }

            return sum / (samples * samples);
        }
    }
}
