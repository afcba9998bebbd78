using System.Collections.Immutable;
using LiveLtem.Core;

namespace LiveLtem.Inference.Pose;

/// <content>The outline as the pixels show it.</content>
internal sealed partial class PoseFitter
{
    private const double OutlineMargin = 8;
    private const double IrregularReach = 1.35;
    private const float Free = 0.98f;
    private const int LeastLiquid = 60;
    private const int LeastCore = 12;

    /// <summary>Liquid to load round a particle for <see cref="Outline"/>, px.</summary>
    public double OutlineMarginPx(in ShapePose pose) =>
        OutlineMargin + Blurs.Of(pose.Layer) + (pose.Kind == ShapeKind.Irregular ? (IrregularReach - 1) * pose.Reach : 0);

    /// <summary>Measures the outline of the particle that was loaded.</summary>
    /// <param name="pose">Its fit.</param>
    /// <returns>Null where the particle is too small to have a core that no edge blurs, or too little liquid is to be seen around it.</returns>
    /// <remarks>
    /// By direction the absorption of what the fitted shape leaves over, as area: A = A(fit) + sum of (absorbed/contrast - coverage) over the pixels of that direction, each
    /// shared by the two directions next to it, and the mean squared radius is A over half the angle. Contrast is that of the particle's core, and the liquid that of the pixels
    /// clear of the fit, both of this frame: neither knows of the fitted shape's corners. Blur moves absorption across the outline and takes none of it, so no blur needs to be
    /// known. Bodies that absorb by chord length have no even core: there the fit's contrast and its change with size turn what is left over into a distance.
    /// Errors: pixel noise of that direction with its correlation, and that of contrast and liquid.
    /// </remarks>
    public MeasuredOutline? Outline(in ShapePose pose)
    {
        var (coverage, outer, inner) = (_work.Coverage, _work.Scratch, _work.Residual);
        var count = _box.Count;
        ShapeRenderer.Draw(pose, Blur, _box, coverage.AsSpan(0, count), [], count);
        var isRound = pose.Kind.IsRound();
        if (isRound)
        {
            ShapeRenderer.Draw(pose with { S1 = pose.S1 + 0.5, S2 = pose.S2 + 0.5 }, Blur, _box, outer.AsSpan(0, count), [], count);
            ShapeRenderer.Draw(pose with { S1 = pose.S1 - 0.5, S2 = pose.S2 - 0.5 }, Blur, _box, inner.AsSpan(0, count), [], count);
        }

        Span<float> reach = stackalloc float[OutlineGrid.Count + 1];
        Reaches(pose, reach);
        var (sin, cos) = Math.SinCos(pose.Angle);
        var frame = new BodyFrame(_box, (float)pose.X, (float)pose.Y, (float)cos, (float)sin);
        if (Plateaus(pose, frame, reach) is not { } level)
        {
            return null;
        }

        Span<double> area = stackalloc double[OutlineGrid.Count];
        Span<double> weight = stackalloc double[OutlineGrid.Count];
        Span<double> slope = stackalloc double[OutlineGrid.Count];
        area.Clear();
        weight.Clear();
        slope.Clear();
        var perContrast = 1 / level.Contrast;
        var perLevel = 1 / level.Liquid;
        for (var i = 0; i < count; i++)
        {
            if (_work.Inside[i] == 0 || _work.Others[i] < LeastThrough)
            {
                continue;
            }

            var (u, v) = frame.At(i);
            if (!isRound && IsCore(pose, u, v))
            {
                continue;
            }

            var direction = OutlineGrid.DirectionOf(u, v);
            var k = Math.Min((int)direction, OutlineGrid.Count - 1);
            if ((u * u) + (v * v) > reach[k] * reach[k])
            {
                continue;
            }

            var left = ((1 - (_work.Data[i] / _work.Others[i] * perLevel)) * perContrast) - coverage[i];
            var next = k + 1 == OutlineGrid.Count ? 0 : k + 1;
            var share = direction - k;
            area[k] += (1 - share) * left;
            area[next] += share * left;
            weight[k] += (1 - share) * (1 - share);
            weight[next] += share * share;
            if (isRound)
            {
                var grown = outer[i] - inner[i];
                slope[k] += (1 - share) * grown;
                slope[next] += share * grown;
            }
        }

        return Built(pose, level, area, weight, slope);
    }

    private MeasuredOutline? Built(in ShapePose pose, in Plateau level, ReadOnlySpan<double> area, ReadOnlySpan<double> weight, ReadOnlySpan<double> slope)
    {
        Span<double> fitted = stackalloc double[OutlineGrid.Count];
        OutlineGrid.Squared(pose, fitted);
        var squared = ImmutableArray.CreateBuilder<float>(OutlineGrid.Count);
        var errors = ImmutableArray.CreateBuilder<float>(OutlineGrid.Count);
        var pixel = Noise.Variance(_level * level.Liquid * (1 - (level.Contrast / 2))) / Math.Pow(_level * level.Liquid * level.Contrast, 2);
        for (var k = 0; k < OutlineGrid.Count; k++)
        {
            var radius = Math.Sqrt(fitted[k]);
            var turn = (k * OutlineGrid.Step) + pose.Angle;
            // The hat is as wide as 4/3 of a step.
            var wide = radius * OutlineGrid.Step * 4 / 3;
            var variance = (weight[k] * pixel * Excess(turn, wide, 1.5 * weight[k] / wide)) + (level.ErrPerPixel * level.ErrPerPixel * weight[k] * weight[k] / 4);
            // As area, or through what a px more of radius would add.
            var factor = pose.Kind.IsRound() ? 2 * radius / Math.Max(slope[k], 1e-3) : 2 / OutlineGrid.Step;
            squared.Add((float)(fitted[k] + (factor * area[k])));
            errors.Add((float)(Math.Abs(factor) * Math.Sqrt(variance)));
        }

        var symmetry = pose.Kind.Symmetry();
        var degrees = pose.Angle * 180 / Math.PI;
        var shift = 0;
        if (pose.Kind.IsLong() && pose.S2 > pose.S1)
        {
            // The long axis is across.
            (shift, degrees) = (OutlineGrid.Count / 4, degrees + 90);
        }

        return new MeasuredOutline
        {
            Symmetry = symmetry,
            AngleDeg = degrees,
            SquaredPx = [.. squared.Skip(shift), .. squared.Take(shift)],
            SquaredErrPx = [.. errors.Skip(shift), .. errors.Take(shift)],
        };
    }

    // How far out pixels count, by direction: to where the fit's blur ends, and as far as an irregular body may reach.
    private void Reaches(in ShapePose pose, Span<float> reach)
    {
        for (var k = 0; k < OutlineGrid.Count; k++)
        {
            var radius = Math.Max(
                OutlineGrid.Radius(pose, k * OutlineGrid.Step),
                Math.Max(OutlineGrid.Radius(pose, (k + 0.5) * OutlineGrid.Step), OutlineGrid.Radius(pose, (k + 1) * OutlineGrid.Step)));
            radius = pose.Kind == ShapeKind.Irregular ? IrregularReach * pose.Reach : radius;
            reach[k] = (float)(radius + (EdgeProfile.Limit * Blur) + 1);
        }

        reach[OutlineGrid.Count] = reach[0];
    }

    // Brightness of the liquid around and contrast of the core, and what an error of both makes of a pixel.
    private Plateau? Plateaus(in ShapePose pose, in BodyFrame frame, ReadOnlySpan<float> reach)
    {
        double liquid = 0, core = 0;
        var (liquids, cores) = (0, 0);
        var isRound = pose.Kind.IsRound();
        for (var i = 0; i < _box.Count; i++)
        {
            if (_work.Inside[i] == 0 || _work.Others[i] < LeastThrough)
            {
                continue;
            }

            var (u, v) = frame.At(i);
            if (!isRound && IsCore(pose, u, v))
            {
                core += _work.Data[i] / _work.Others[i];
                cores++;
            }
            else if (_work.Others[i] > Free && _work.Coverage[i] < 1e-3f)
            {
                var k = Math.Min((int)OutlineGrid.DirectionOf(u, v), OutlineGrid.Count - 1);
                if ((u * u) + (v * v) > reach[k] * reach[k])
                {
                    liquid += _work.Data[i];
                    liquids++;
                }
            }
        }

        if (liquids < LeastLiquid || (!isRound && cores < LeastCore))
        {
            return null;
        }

        var bright = liquid / liquids;
        var contrast = isRound ? pose.Contrast : 1 - (core / cores / bright);
        var pixel = Noise.Variance(_level * bright) * Noise.Excess / Math.Pow(_level * bright * contrast, 2);
        return contrast * pose.Contrast > 0 && Math.Abs(contrast) > 1e-3
            ? new Plateau(bright, contrast, Math.Sqrt(pixel * ((1.0 / liquids) + (isRound ? 0 : 1.0 / cores))))
            : null;
    }

    // Whether a place is inside whatever the corners are: within the largest ellipse that the fit holds, less the blur.
    private bool IsCore(in ShapePose pose, float u, float v)
    {
        var rim = (EdgeProfile.Limit * Blur) + 1;
        var part = pose.Kind == ShapeKind.Irregular ? 0.5 : 0.95;
        var (a, b) = ((part * pose.S1) - rim, (part * pose.S2) - rim);
        return a > 0 && b > 0 && (u * u / (a * a)) + (v * v / (b * b)) < 1;
    }

    // Variance of the mean over a rectangle against that of independent pixels.
    private double Excess(double turn, double wide, double deep)
    {
        var (sin, cos) = Math.SinCos(turn);
        var sum = 0.0;
        for (var dy = -NoiseModel.Lags; dy <= NoiseModel.Lags; dy++)
        {
            for (var dx = -NoiseModel.Lags; dx <= NoiseModel.Lags; dx++)
            {
                var (along, across) = (Math.Abs((dx * cos) + (dy * sin)) / Math.Max(deep, 1), Math.Abs((dy * cos) - (dx * sin)) / Math.Max(wide, 1));
                sum += along < 1 && across < 1 ? Noise.CorrelationX[Math.Abs(dx)] * Noise.CorrelationY[Math.Abs(dy)] * (1 - along) * (1 - across) : 0;
            }
        }

        return Math.Max(sum, 0.3);
    }

    /// <summary>Brightness of the liquid, in units of the background; contrast of the core; and the relative error of a pixel by both.</summary>
    private readonly record struct Plateau(double Liquid, double Contrast, double ErrPerPixel);

    /// <summary>From pixels of the box to the body's own axes.</summary>
    private readonly struct BodyFrame(FitBox box, float x, float y, float cos, float sin)
    {
        private readonly FitBox _box = box;

        public (float U, float V) At(int i)
        {
            var row = i / _box.Width;
            var (dx, dy) = (_box.X0 + (i - (row * _box.Width)) - x, _box.Y0 + row - y);
            return ((dx * cos) + (dy * sin), (dy * cos) - (dx * sin));
        }
    }
}
