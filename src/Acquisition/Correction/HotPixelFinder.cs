using LiveLtem.Core;

namespace LiveLtem.Acquisition.Correction;

/// <summary>Finds hot and dead pixels in the first frames of a recording.</summary>
/// <remarks>
/// A pixel is bad where, over time, it keeps (three quarters of the frames) beyond the level of every neighbour but one (so that a pair of hot pixels is found), its
/// mean does so by many times its error and the uneven gain's spread, and hardly anything of it shows in the neighbours. The lens and the detector spread any real edge, corner or dot over
/// neighbours (a Gaussian of 0.7 px leaves 36 % of its peak beside it), so that particles that stand still are not taken for hot pixels; counting noise is not constant.
/// </remarks>
internal static class HotPixelFinder
{
    /// <summary>How many times the error of the temporal mean, or the pattern's spread: one false pixel in 10^6 or fewer also for skewed low counts.</summary>
    private const double Significance = 8;

    /// <summary>Largest share of the excess that a real hot pixel's neighbours may show.</summary>
    private const double LargestShare = 0.2;

    /// <summary>It must stand out by this share of the contrast among its neighbours: where an edge runs through, a corner stands out by less.</summary>
    private const double LeastOfContrast = 0.5;

    /// <summary>Share of the frames in which it must stand out.</summary>
    private const double Constancy = 0.75;

    /// <summary>Looks at every pixel.</summary>
    /// <param name="frames">At least 4 of one size.</param>
    /// <returns>Indices row * width + column.</returns>
    public static List<int> Find(IReadOnlyList<Frame> frames)
    {
        var (height, width) = (frames[0].Height, frames[0].Width);
        var (mean, variance) = Moments(frames, height * width);
        var pattern = PatternNoise(mean, height, width);
        var found = new List<int>();
        var gate = new object();
        Parallel.For(0, height, () => new List<int>(), (row, _, mine) =>
        {
            Span<double> around = stackalloc double[24];
            Span<double> noise = stackalloc double[8];
            for (var column = 0; column < width; column++)
            {
                var pixel = (row * width) + column;
                foreach (var sign in (ReadOnlySpan<int>)[1, -1])
                {
                    if (StandsOut(mean, variance, height, width, row, column, sign, frames.Count, pattern, around, noise) is { } level
                        && IsConstant(frames, pixel, level, sign))
                    {
                        mine.Add(pixel);
                    }
                }
            }

            return mine;
        },
        mine =>
        {
            lock (gate)
            {
                found.AddRange(mine);
            }
        });
        found.Sort();
        return found;
    }

    private static (float[] Mean, float[] Variance) Moments(IReadOnlyList<Frame> frames, int pixels)
    {
        var (sum, squares) = (new double[pixels], new double[pixels]);
        var values = new float[pixels];
        foreach (var frame in frames)
        {
            frame.CopyTo(values);
            for (var i = 0; i < pixels; i++)
            {
                sum[i] += values[i];
                squares[i] += (double)values[i] * values[i];
            }
        }

        var (mean, variance) = (new float[pixels], new float[pixels]);
        var n = frames.Count;
        for (var i = 0; i < pixels; i++)
        {
            mean[i] = (float)(sum[i] / n);
            variance[i] = (float)Math.Max(0, (squares[i] - (sum[i] * sum[i] / n)) / (n - 1));
        }

        return (mean, variance);
    }

    /// <summary>Spread from pixel to pixel that stands still (uneven gain) together with what noise is left in the means; robust against structure, which most places lack.</summary>
    private static double PatternNoise(float[] mean, int height, int width)
    {
        // Steps that do not divide usual widths, so that the places are spread over the frame.
        var (rows, columns) = (Math.Max(1, height / 199), Math.Max(1, width / 211));
        var spreads = new List<double>();
        Span<float> around = stackalloc float[8];
        for (var row = 1; row < height - 1; row += rows)
        {
            for (var column = 1; column < width - 1; column += columns)
            {
                var at = (row * width) + column;
                around[0] = mean[at - width - 1];
                around[1] = mean[at - width];
                around[2] = mean[at - width + 1];
                around[3] = mean[at - 1];
                around[4] = mean[at + 1];
                around[5] = mean[at + width - 1];
                around[6] = mean[at + width];
                around[7] = mean[at + width + 1];
                around.Sort();
                spreads.Add(Math.Abs(mean[at] - ((around[3] + around[4]) / 2)));
            }
        }

        spreads.Sort();
        return spreads.Count > 0 ? 1.4826 * spreads[spreads.Count / 2] : 0;
    }

    /// <summary>The level that the pixel must keep beyond, if its mean stands out from the neighbours'; else null.</summary>
    private static double? StandsOut(
        float[] mean, float[] variance, int height, int width, int row, int column, int sign, int frames, double pattern, Span<double> around, Span<double> noise)
    {
        var own = sign * mean[(row * width) + column];
        var near = 0;
        for (var y = Math.Max(0, row - 1); y <= Math.Min(height - 1, row + 1); y++)
        {
            for (var x = Math.Max(0, column - 1); x <= Math.Min(width - 1, column + 1); x++)
            {
                if (y != row || x != column)
                {
                    around[near] = sign * mean[(y * width) + x];
                    noise[near++] = variance[(y * width) + x];
                }
            }
        }

        if (near < 2)
        {
            return null;
        }

        around[..near].Sort();
        var second = around[near - 2];
        var excess = own - second;
        if (excess <= 0 || excess < LeastOfContrast * (second - around[0]))
        {
            return null;
        }

        noise[..near].Sort();
        var error = Math.Max(pattern, Math.Sqrt(Math.Max(noise[near / 2], 1.0 / frames) / frames));
        if (excess < Significance * error)
        {
            return null;
        }

        // What the neighbours show of it, over the level a pixel further out: the lower side of that where an edge runs through.
        var ring = Ring(mean, height, width, row, column, sign, around);
        return second - ring <= LargestShare * (own - ring) ? second : null;
    }

    /// <summary>The level that a fifth of the pixels two away stay below.</summary>
    private static double Ring(float[] mean, int height, int width, int row, int column, int sign, Span<double> values)
    {
        var count = 0;
        for (var y = row - 2; y <= row + 2; y++)
        {
            for (var x = column - 2; x <= column + 2; x++)
            {
                if (Math.Max(Math.Abs(y - row), Math.Abs(x - column)) == 2 && y >= 0 && y < height && x >= 0 && x < width)
                {
                    values[count++] = sign * mean[(y * width) + x];
                }
            }
        }

        if (count == 0)
        {
            return sign * mean[(row * width) + column];
        }

        values[..count].Sort();
        return values[count / 5];
    }

    private static bool IsConstant(IReadOnlyList<Frame> frames, int pixel, double level, int sign)
    {
        var beyond = 0;
        foreach (var frame in frames)
        {
            if (sign * Value(frame, pixel) > level)
            {
                beyond++;
            }
        }

        return beyond >= Constancy * frames.Count;
    }

    private static double Value(Frame frame, int pixel) => frame.Type switch
    {
        PixelType.UInt8 => frame.Pixels<byte>()[pixel],
        PixelType.Int8 => frame.Pixels<sbyte>()[pixel],
        PixelType.UInt16 => frame.Pixels<ushort>()[pixel],
        PixelType.Int16 => frame.Pixels<short>()[pixel],
        PixelType.UInt32 => frame.Pixels<uint>()[pixel],
        PixelType.Int32 => frame.Pixels<int>()[pixel],
        _ => frame.Pixels<float>()[pixel],
    };
}
