using OpenCvSharp;

namespace LiveLtem.Inference.Segment;

/// <summary>Reads off the working image how dark a piece is against the liquid around it.</summary>
internal static class ContrastProbe
{
    private const double Core = 0.7;

    /// <summary>Mean contrast of the inner part of a bar.</summary>
    /// <param name="work">Working image, counts over zero, CV_32FC1.</param>
    /// <param name="background">The liquid, counts over zero.</param>
    /// <param name="bin">Frame pixels to a working pixel.</param>
    /// <param name="blob">Centre, half-lengths and direction, frame pixels.</param>
    /// <returns>(background - piece) / background; negative where it is brighter; 0 where it lies outside the frame.</returns>
    public static unsafe double Measure(Mat work, BackgroundMap background, int bin, in Blob blob)
    {
        var (sin, cos) = Math.SinCos(blob.Angle);
        var offset = (bin - 1) / 2.0;
        double cx = (blob.X - offset) / bin, cy = (blob.Y - offset) / bin;
        var along = Math.Max(0.6, Core * blob.HalfMajor / bin);
        var across = Math.Max(0.6, Core * blob.HalfMinor / bin);
        var reach = Math.Sqrt((along * along) + (across * across));
        int rows = work.Rows, columns = work.Cols;
        double sum = 0;
        var count = 0;
        for (var y = Math.Max(0, (int)(cy - reach)); y <= Math.Min(rows - 1, (int)(cy + reach) + 1); y++)
        {
            var line = (float*)work.Ptr(y);
            for (var x = Math.Max(0, (int)(cx - reach)); x <= Math.Min(columns - 1, (int)(cx + reach) + 1); x++)
            {
                double dx = x - cx, dy = y - cy;
                if (Math.Abs((dx * cos) + (dy * sin)) <= along && Math.Abs((dy * cos) - (dx * sin)) <= across)
                {
                    sum += line[x];
                    count++;
                }
            }
        }

        return count == 0 ? 0 : 1 - (sum / count / background.At(Math.Max(0, blob.X), Math.Max(0, blob.Y)));
    }
}
