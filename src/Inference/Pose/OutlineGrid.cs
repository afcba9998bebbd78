using LiveLtem.Core;

namespace LiveLtem.Inference.Pose;

/// <summary>Directions round a particle and the outline of a fitted shape seen from its centre.</summary>
internal static class OutlineGrid
{
    /// <summary>Directions, as <see cref="MeasuredOutline.Directions"/>.</summary>
    public const int Count = MeasuredOutline.Directions;

    /// <summary>Radians from one direction to the next.</summary>
    public const double Step = 2 * Math.PI / Count;

    private const int Samples = 8;

    /// <summary>The direction of a place, in steps, 0 to <see cref="Count"/>.</summary>
    /// <remarks>Polynomial of the arctangent (Abramowitz and Stegun 4.4.49), within 1e-5 rad.</remarks>
    public static float DirectionOf(float u, float v)
    {
        var (x, y) = (MathF.Abs(u), MathF.Abs(v));
        var (low, high) = x < y ? (x, y) : (y, x);
        var r = low / MathF.Max(high, 1e-20f);
        var t = r * r;
        var a = r * (0.9998660f + (t * (-0.3302995f + (t * (0.1801410f + (t * (-0.0851330f + (t * 0.0208351f))))))));
        a = x < y ? (MathF.PI / 2) - a : a;
        a = u < 0 ? MathF.PI - a : a;
        a = v < 0 ? (2 * MathF.PI) - a : a;
        return a * (float)(1 / Step);
    }

    /// <summary>Distance of a fitted shape's outline from its centre in a direction of its own frame, px.</summary>
    /// <param name="pose">The shape.</param>
    /// <param name="turn">Radians from its angle.</param>
    public static double Radius(in ShapePose pose, double turn)
    {
        var (sin, cos) = Math.SinCos(turn);
        switch (pose.Kind)
        {
            case ShapeKind.Disc:
            case ShapeKind.Sphere:
                return pose.S1;
            case ShapeKind.Rod:
                var core = Math.Max(0, pose.S1 - pose.S2);
                var (c, s) = (Math.Abs(cos), Math.Abs(sin));
                // The flank where the ray leaves it before the round end begins, else the end's circle.
                return s * core > c * pose.S2 ? pose.S2 / s : (c * core) + Math.Sqrt(Math.Max(0, (pose.S2 * pose.S2) - (s * s * core * core)));
            case ShapeKind.Square:
            case ShapeKind.Bar:
            case ShapeKind.Irregular:
                return Math.Min(pose.S1 / Math.Max(Math.Abs(cos), 1e-12), pose.S2 / Math.Max(Math.Abs(sin), 1e-12));
            default:
                var side = 2 * Math.PI / pose.Sides;
                return pose.S1 / Math.Cos(turn - (side * Math.Round(turn / side)));
        }
    }

    /// <summary>Mean squared distance by direction of a fitted shape's outline, weighted as measured ones are, px^2.</summary>
    public static void Squared(in ShapePose pose, Span<double> squared)
    {
        Span<double> fine = stackalloc double[Count * Samples];
        for (var i = 0; i < fine.Length; i++)
        {
            var r = Radius(pose, (i + 0.5) * Step / Samples);
            fine[i] = r * r;
        }

        for (var k = 0; k < Count; k++)
        {
            var sum = 0.0;
            for (var j = 0; j < Samples; j++)
            {
                var weight = 1 - ((j + 0.5) / Samples);
                sum += weight * (fine[(k * Samples) + j] + fine[((k * Samples) + fine.Length - 1 - j) % fine.Length]);
            }

            squared[k] = sum / Samples;
        }
    }
}
