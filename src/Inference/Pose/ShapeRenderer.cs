using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace LiveLtem.Inference.Pose;

/// <summary>Draws a blurred shape and its derivatives over a box of pixels, eight pixels at a time.</summary>
/// <remarks>A convex polygon is the product of its blurred edges (exact for a rectangle, where the blur is separable); a disc
/// is a blurred edge at its radius; rods and spheres follow the blurred chord length. Values are the fraction of the full contrast, 0 to 1.</remarks>
internal static class ShapeRenderer
{
    private static readonly Vector256<float> Ramp = Vector256.Create(0f, 1, 2, 3, 4, 5, 6, 7);

    /// <summary>Number of pose parameters: x, y, angle where there is one, size, second size where there is one.</summary>
    public static int Parameters(ShapeKind kind) => kind switch
    {
        ShapeKind.Disc or ShapeKind.Sphere => 3,
        ShapeKind.Rod or ShapeKind.Bar => 5,
        _ => 4,
    };

    /// <summary>Draws the shape.</summary>
    /// <param name="pose">Where it is.</param>
    /// <param name="blur">Gaussian blur of its edges, sigma in px.</param>
    /// <param name="box">Pixels to draw.</param>
    /// <param name="value">Takes the coverage, [Height, Width] of the box.</param>
    /// <param name="gradient">Takes its derivatives by each of <see cref="Parameters"/>, one plane after the other with <paramref name="stride"/>
    /// between them; empty where none are wanted.</param>
    /// <param name="stride">Values from one plane of <paramref name="gradient"/> to the next.</param>
    public static void Draw(in ShapePose pose, double blur, FitBox box, Span<float> value, Span<float> gradient, int stride)
    {
        switch (pose.Kind)
        {
            case ShapeKind.Disc:
                DrawDisc(pose, blur, box, value, gradient, stride);
                break;
            case ShapeKind.Sphere:
            case ShapeKind.Rod:
                DrawRound(pose, blur, box, value, gradient, stride);
                break;
            case ShapeKind.Square:
            case ShapeKind.Bar:
                DrawBar(pose, blur, box, value, gradient, stride);
                break;
            case ShapeKind.Triangle:
            case ShapeKind.Hexagon:
                DrawPolygon(pose, blur, box, value, gradient, stride);
                break;
            case ShapeKind.Irregular:
                // As a neighbour it is drawn by the bar with its second moments.
                DrawBar(pose with { Kind = ShapeKind.Bar }, blur, box, value, gradient, stride);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(pose), pose.Kind, "no such shape");
        }
    }

    private static void DrawBar(in ShapePose pose, double blur, FitBox box, Span<float> value, Span<float> gradient, int stride)
    {
        var inverse = (float)(1 / blur);
        var (sin, cos) = Math.SinCos(pose.Angle);
        float s = (float)sin, c = (float)cos;
        float h1 = (float)pose.S1, h2 = (float)pose.S2;
        var isLong = pose.Kind == ShapeKind.Bar;
        var wide = Math.Min(h1, h2) * inverse > EdgeProfile.Limit;
        ref var v0 = ref MemoryMarshal.GetReference(value);
        ref var g0 = ref MemoryMarshal.GetReference(gradient);
        var wanted = !gradient.IsEmpty;
        for (var row = 0; row < box.Height; row++)
        {
            var dy = (float)(box.Y0 + row - pose.Y);
            for (var column = 0; column < box.Width; column += 8)
            {
                var dx = Ramp + Vector256.Create((float)(box.X0 + column - pose.X));
                var u = Vector256.FusedMultiplyAdd(dx, Vector256.Create(c), Vector256.Create(s * dy));
                var v = Vector256.FusedMultiplyAdd(dx, Vector256.Create(-s), Vector256.Create(c * dy));
                var at = (nuint)((row * box.Width) + column);

                // Distance from the nearest edge line, in blur widths: nothing changes within the shape or far outside.
                var inner = Vector256.Min(Vector256.Create(h1) - Vector256.Abs(u), Vector256.Create(h2) - Vector256.Abs(v)) * inverse;
                var deep = Vector256.GreaterThanAll(inner, Vector256.Create(EdgeProfile.Limit));
                if (deep || Vector256.LessThanAll(inner, Vector256.Create(-EdgeProfile.Limit)))
                {
                    Vector256.Create(deep ? 1f : 0f).StoreUnsafe(ref v0, at);
                    for (nuint p = 0; wanted && p < (isLong ? 5u : 4u); p++)
                    {
                        Vector256<float>.Zero.StoreUnsafe(ref g0, at + (p * (nuint)stride));
                    }

                    continue;
                }

                if (wide)
                {
                    // Of two opposite edges only the nearer one is anything but whole.
                    var xu = EdgeProfile.Clamp((Vector256.Create(h1) - Vector256.Abs(u)) * inverse);
                    var xv = EdgeProfile.Clamp((Vector256.Create(h2) - Vector256.Abs(v)) * inverse);
                    var nearU = EdgeProfile.Value(xu);
                    var nearV = EdgeProfile.Value(xv);
                    (nearU * nearV).StoreUnsafe(ref v0, at);
                    if (wanted)
                    {
                        var growU = EdgeProfile.Slope(xu) * inverse * nearV;
                        var growV = EdgeProfile.Slope(xv) * inverse * nearU;
                        Store(ref g0, at, (nuint)stride, isLong, s, c, u, v, -Vector256.CopySign(growU, u), -Vector256.CopySign(growV, v), growU, growV);
                    }

                    continue;
                }

                var xa = EdgeProfile.Clamp((Vector256.Create(h1) - u) * inverse);
                var xb = EdgeProfile.Clamp((Vector256.Create(h1) + u) * inverse);
                var xd = EdgeProfile.Clamp((Vector256.Create(h2) - v) * inverse);
                var xe = EdgeProfile.Clamp((Vector256.Create(h2) + v) * inverse);
                var a = EdgeProfile.Value(xa);
                var b = EdgeProfile.Value(xb);
                var d = EdgeProfile.Value(xd);
                var e = EdgeProfile.Value(xe);
                var along = a * b;
                var across = d * e;
                (along * across).StoreUnsafe(ref v0, at);
                if (!wanted)
                {
                    continue;
                }

                var da = EdgeProfile.Slope(xa);
                var db = EdgeProfile.Slope(xb);
                var dd = EdgeProfile.Slope(xd);
                var de = EdgeProfile.Slope(xe);
                var alongU = ((a * db) - (b * da)) * inverse * across;
                var acrossV = ((d * de) - (e * dd)) * inverse * along;
                var byS1 = ((a * db) + (b * da)) * inverse * across;
                var byS2 = ((d * de) + (e * dd)) * inverse * along;
                Store(ref g0, at, (nuint)stride, isLong, s, c, u, v, alongU, acrossV, byS1, byS2);
            }
        }
    }

    // Derivatives of a bar from those along its own axes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(
        ref float g0, nuint at, nuint plane, bool isLong, float s, float c, Vector256<float> u, Vector256<float> v,
        Vector256<float> alongU, Vector256<float> acrossV, Vector256<float> byS1, Vector256<float> byS2)
    {
        ((acrossV * s) - (alongU * c)).StoreUnsafe(ref g0, at);
        (-(alongU * s) - (acrossV * c)).StoreUnsafe(ref g0, at + plane);
        ((alongU * v) - (acrossV * u)).StoreUnsafe(ref g0, at + (2 * plane));
        if (isLong)
        {
            byS1.StoreUnsafe(ref g0, at + (3 * plane));
            byS2.StoreUnsafe(ref g0, at + (4 * plane));
        }
        else
        {
            (byS1 + byS2).StoreUnsafe(ref g0, at + (3 * plane));
        }
    }

    private static void DrawPolygon(in ShapePose pose, double blur, FitBox box, Span<float> value, Span<float> gradient, int stride)
    {
        var sides = pose.Sides;
        var inverse = (float)(1 / blur);
        Span<float> nx = stackalloc float[6];
        Span<float> ny = stackalloc float[6];
        for (var k = 0; k < sides; k++)
        {
            var (sin, cos) = Math.SinCos(pose.Angle + (2 * Math.PI * k / sides));
            nx[k] = (float)cos;
            ny[k] = (float)sin;
        }

        var h = Vector256.Create((float)pose.S1);
        var floor = Vector256.Create(1e-3f);
        ref var v0 = ref MemoryMarshal.GetReference(value);
        ref var g0 = ref MemoryMarshal.GetReference(gradient);
        var wanted = !gradient.IsEmpty;
        for (var row = 0; row < box.Height; row++)
        {
            var dy = (float)(box.Y0 + row - pose.Y);
            for (var column = 0; column < box.Width; column += 8)
            {
                var dx = Ramp + Vector256.Create((float)(box.X0 + column - pose.X));
                var product = Vector256<float>.One;
                var byX = Vector256<float>.Zero;
                var byY = Vector256<float>.Zero;
                var byAngle = Vector256<float>.Zero;
                var bySize = Vector256<float>.Zero;
                for (var k = 0; k < sides; k++)
                {
                    var along = Vector256.FusedMultiplyAdd(dx, Vector256.Create(nx[k]), Vector256.Create(ny[k] * dy));
                    var inside = EdgeProfile.Clamp((h - along) * inverse);
                    var f = EdgeProfile.Value(inside);
                    var slope = EdgeProfile.Slope(inside);
                    product *= f;
                    var q = slope * inverse / Vector256.Max(f, floor);
                    byX += q * nx[k];
                    byY += q * ny[k];
                    byAngle -= q * Vector256.FusedMultiplyAdd(dx, Vector256.Create(-ny[k]), Vector256.Create(nx[k] * dy));
                    bySize += q;
                }

                var at = (nuint)((row * box.Width) + column);
                product.StoreUnsafe(ref v0, at);
                if (wanted)
                {
                    var plane = (nuint)stride;
                    (product * byX).StoreUnsafe(ref g0, at);
                    (product * byY).StoreUnsafe(ref g0, at + plane);
                    (product * byAngle).StoreUnsafe(ref g0, at + (2 * plane));
                    (product * bySize).StoreUnsafe(ref g0, at + (3 * plane));
                }
            }
        }
    }

    private static void DrawDisc(in ShapePose pose, double blur, FitBox box, Span<float> value, Span<float> gradient, int stride)
    {
        var inverse = (float)(1 / blur);
        var radius = Vector256.Create((float)pose.S1);
        ref var v0 = ref MemoryMarshal.GetReference(value);
        ref var g0 = ref MemoryMarshal.GetReference(gradient);
        var wanted = !gradient.IsEmpty;
        for (var row = 0; row < box.Height; row++)
        {
            var dy = (float)(box.Y0 + row - pose.Y);
            for (var column = 0; column < box.Width; column += 8)
            {
                var dx = Ramp + Vector256.Create((float)(box.X0 + column - pose.X));
                var r = Vector256.Sqrt(Vector256.FusedMultiplyAdd(dx, dx, Vector256.Create(dy * dy)));
                var inside = EdgeProfile.Clamp((radius - r) * inverse);
                var f = EdgeProfile.Value(inside);
                var slope = EdgeProfile.Slope(inside);
                var at = (nuint)((row * box.Width) + column);
                f.StoreUnsafe(ref v0, at);
                if (wanted)
                {
                    var plane = (nuint)stride;
                    slope *= inverse;
                    var perRadius = slope / Vector256.Max(r, Vector256.Create(0.25f));
                    (perRadius * dx).StoreUnsafe(ref g0, at);
                    (perRadius * dy).StoreUnsafe(ref g0, at + plane);
                    slope.StoreUnsafe(ref g0, at + (2 * plane));
                }
            }
        }
    }

    private static void DrawRound(in ShapePose pose, double blur, FitBox box, Span<float> value, Span<float> gradient, int stride)
    {
        var isRod = pose.Kind == ShapeKind.Rod;
        var radius = (float)(isRod ? pose.S2 : pose.S1);
        var half = Vector256.Create(isRod ? (float)Math.Max(0, pose.S1 - pose.S2) : 0f);
        var profile = ChordProfile.For(blur / radius, pose.Contrast);
        var inverse = 1 / radius;
        var (sin, cos) = Math.SinCos(isRod ? pose.Angle : 0);
        float s = (float)sin, c = (float)cos;
        var wanted = !gradient.IsEmpty;
        ref var v0 = ref MemoryMarshal.GetReference(value);
        ref var g0 = ref MemoryMarshal.GetReference(gradient);
        var plane = (nuint)stride;
        for (var row = 0; row < box.Height; row++)
        {
            var dy = (float)(box.Y0 + row - pose.Y);
            for (var column = 0; column < box.Width; column += 8)
            {
                var dx = Ramp + Vector256.Create((float)(box.X0 + column - pose.X));
                var u = Vector256.FusedMultiplyAdd(dx, Vector256.Create(c), Vector256.Create(s * dy));
                var v = Vector256.FusedMultiplyAdd(dx, Vector256.Create(-s), Vector256.Create(c * dy));
                var beyond = Vector256.Max(Vector256.Abs(u) - half, Vector256<float>.Zero);
                var du = Vector256.CopySign(beyond, u);
                var distance = Vector256.Sqrt(Vector256.FusedMultiplyAdd(du, du, v * v));
                profile.At(distance * inverse, out var level, out var slope);
                var at = (nuint)((row * box.Width) + column);
                level.StoreUnsafe(ref v0, at);
                if (!wanted)
                {
                    continue;
                }

                slope *= inverse;
                var perDistance = slope / Vector256.Max(distance, Vector256.Create(0.05f));
                var byU = perDistance * du;
                var byV = perDistance * v;
                ((byV * s) - (byU * c)).StoreUnsafe(ref g0, at);
                (-(byU * s) - (byV * c)).StoreUnsafe(ref g0, at + plane);
                var byRadius = -slope * distance * inverse;
                if (!isRod)
                {
                    byRadius.StoreUnsafe(ref g0, at + (2 * plane));
                    continue;
                }

                ((byU * v) - (byV * u)).StoreUnsafe(ref g0, at + (2 * plane));
                var byHalf = -(perDistance * beyond);
                byHalf.StoreUnsafe(ref g0, at + (3 * plane));
                (byRadius - byHalf).StoreUnsafe(ref g0, at + (4 * plane));
            }
        }
    }
}
