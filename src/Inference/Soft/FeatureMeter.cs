using LiveLtem.Core;

namespace LiveLtem.Inference.Soft;

/// <summary>Where a body's contrast lies within an outline: sums over pixels, their errors from the pixels' noise.</summary>
internal readonly record struct BodyMoments
{
    /// <summary>Contrast summed, px^2.</summary>
    public required double Mass { get; init; }

    public required double MassErr { get; init; }

    /// <summary>Centroid relative to the window's middle, px, taken with the mean mass.</summary>
    public required double X { get; init; }

    public required double Y { get; init; }

    public required double XErr { get; init; }

    public required double YErr { get; init; }

    /// <summary>Second moments about the centroid, px^2.</summary>
    public required double Xx { get; init; }

    public required double Yy { get; init; }

    public required double Xy { get; init; }

    /// <summary>1-sigma error of <see cref="Xx"/> + <see cref="Yy"/>, px^2.</summary>
    public required double GyrationErr { get; init; }

    /// <summary>1-sigma error of the difference of the second moments along two perpendicular axes, px^2.</summary>
    public required double ElongationErr { get; init; }
}

/// <summary>Measures a molecule on raw contrast inside its outline.</summary>
internal static class FeatureMeter
{
    /// <summary>Moments of the contrast in a window.</summary>
    /// <param name="window">Contrast over the liquid's, [side, side]; NaN pixels count as empty.</param>
    /// <param name="mask">Which pixels count.</param>
    /// <param name="half">Pixels from the middle to the edge.</param>
    /// <param name="meanMass">Mass to divide by, px^2: that of many frames, so that one frame's noise does not enter twice; null for the window's own.</param>
    /// <param name="noise">Noise of a sum over pixels, over the root of their number.</param>
    /// <param name="expected">Second moments to expect, from many frames, with <paramref name="meanMass"/>: noise in the frame's mass then weighs at their
    /// distance only, not at all of them. Any value leaves the result right on average; a good one halves its noise.</param>
    public static BodyMoments Moments(ReadOnlySpan<float> window, ReadOnlySpan<bool> mask, int half, double? meanMass, double noise, in BodyMoments? expected = null)
    {
        var side = (2 * half) + 1;
        double s = 0, sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;
        double n = 0, nx = 0, ny = 0;
        for (var j = 0; j < side; j++)
        {
            if (!Masks.Extent(mask, side, j, out var first, out var end))
            {
                continue;
            }

            for (var i = first; i < end; i++)
            {
                var at = (j * side) + i;
                if (!mask[at] || float.IsNaN(window[at]))
                {
                    continue;
                }

                double c = window[at], x = i - half, y = j - half;
                s += c;
                sx += c * x;
                sy += c * y;
                sxx += c * x * x;
                syy += c * y * y;
                sxy += c * x * y;
                n++;
                nx += x;
                ny += y;
            }
        }

        var mass = meanMass ?? s;
        var massErr = noise * Math.Sqrt(n);
        if (n == 0 || !(mass > 0))
        {
            return new BodyMoments { Mass = s, MassErr = massErr, X = 0, Y = 0, XErr = double.PositiveInfinity, YErr = double.PositiveInfinity, Xx = 0, Yy = 0, Xy = 0, GyrationErr = double.PositiveInfinity, ElongationErr = double.PositiveInfinity };
        }

        // About the outline's own centre first: there a wrong mass does least.
        double ox = nx / n, oy = ny / n;
        double x1 = (sx - (ox * s)) / mass, y1 = (sy - (oy * s)) / mass;
        double vx = 0, vy = 0, vg = 0, ve = 0;
        double cx = ox + x1, cy = oy + y1;
        double xx0 = expected?.Xx ?? 0, yy0 = expected?.Yy ?? 0, xy0 = expected?.Xy ?? 0;
        double xx1 = Centred(sxx, sx, ox, s, mass) - (x1 * x1), yy1 = Centred(syy, sy, oy, s, mass) - (y1 * y1);
        var xy1 = ((sxy - (ox * sy) - (oy * sx) + (ox * oy * s)) / mass) - (x1 * y1);
        if (meanMass is null)
        {
            (xx0, yy0, xy0) = (xx1, yy1, xy1);
        }

        // The mass that this frame lacks or has too much, by noise, where it would be expected.
        var lacking = (mass - s) / mass;
        xx1 += lacking * xx0;
        yy1 += lacking * yy0;
        xy1 += lacking * xy0;
        var (gyration, difference) = (xx0 + yy0, xx0 - yy0);
        for (var j = 0; j < side; j++)
        {
            if (!Masks.Extent(mask, side, j, out var first, out var end))
            {
                continue;
            }

            for (var i = first; i < end; i++)
            {
                if (mask[(j * side) + i])
                {
                    double x = i - half - cx, y = j - half - cy;
                    double xx = x * x, yy = y * y;
                    vx += xx;
                    vy += yy;
                    vg += (xx + yy - gyration) * (xx + yy - gyration);
                    ve += (xx - yy - difference) * (xx - yy - difference);
                }
            }
        }

        var unit = noise / mass;
        double varX = unit * unit * vx, varY = unit * unit * vy;

        // A noisy centroid takes its own variance off the second moments, which is given back.
        return new BodyMoments
        {
            Mass = s,
            MassErr = massErr,
            X = cx,
            Y = cy,
            XErr = Math.Sqrt(varX),
            YErr = Math.Sqrt(varY),
            Xx = xx1 + varX,
            Yy = yy1 + varY,
            Xy = xy1,
            GyrationErr = unit * Math.Sqrt(vg),
            ElongationErr = unit * Math.Sqrt(ve),
        };

        static double Centred(double square, double first, double origin, double sum, double mass) =>
            (square - (2 * origin * first) + (origin * origin * sum)) / mass;
    }

    /// <summary>Greatest distance between two pixels' outer edges of a mask, px.</summary>
    public static double EndToEnd(ReadOnlySpan<bool> mask, int side)
    {
        // By the extent along 24 directions: right to 0.25 %.
        const int directions = 24;
        var longest = 0.0;
        Span<double> low = stackalloc double[directions];
        Span<double> high = stackalloc double[directions];
        low.Fill(double.PositiveInfinity);
        high.Fill(double.NegativeInfinity);
        Span<double> cos = stackalloc double[directions];
        Span<double> sin = stackalloc double[directions];
        for (var k = 0; k < directions; k++)
        {
            (sin[k], cos[k]) = Math.SinCos(Math.PI * k / directions);
        }

        for (var y = 0; y < side; y++)
        {
            if (!Masks.Extent(mask, side, y, out var first, out var end))
            {
                continue;
            }

            for (var x = first; x < end; x++)
            {
                var at = (y * side) + x;
                if (!mask[at] || (x > 0 && x < side - 1 && y > 0 && y < side - 1 && mask[at - 1] && mask[at + 1] && mask[at - side] && mask[at + side]))
                {
                    continue;
                }

                for (var k = 0; k < directions; k++)
                {
                    var along = (x * cos[k]) + (y * sin[k]);
                    low[k] = Math.Min(low[k], along);
                    high[k] = Math.Max(high[k], along);
                }
            }
        }

        for (var k = 0; k < directions; k++)
        {
            longest = Math.Max(longest, high[k] - low[k]);
        }

        return longest + 1;
    }
}
