namespace LiveLtem.Tracker.Analysis;

/// <summary>Where a nucleus is as likely to grow as to shrink: ln(attach/detach) = a - b/sqrt(n) through the events at every size.</summary>
/// <param name="Critical">(b/a)^2.</param>
/// <param name="RelativeErr">1-sigma error of its logarithm.</param>
/// <param name="IsCrossing">Whether the odds rise with the size and cross evens among the sizes that were seen.</param>
/// <param name="Mean">Mean of ln(attach/detach): its sign tells on which side everything lies.</param>
/// <remarks>Gibbs and Thomson's law in the plane: the gain of a particle at the rim is the supersaturation less line tension times curvature. Each event
/// is up or down with the odds of its size: logistic regression (Cox 1958), and as the next event depends on the size alone the errors are those of
/// independent events.</remarks>
internal readonly record struct GrowthOdds(double Critical, double RelativeErr, bool IsCrossing, double Mean)
{
    /// <summary>Fits the law.</summary>
    /// <param name="sizes">Size, attachments and detachments seen at it.</param>
    public static GrowthOdds Of(IReadOnlyList<(double Size, double Attached, double Detached)> sizes)
    {
        double up = sizes.Sum(size => size.Attached), down = sizes.Sum(size => size.Detached);
        var mean = Math.Log((up + 0.5) / (down + 0.5));
        double a = mean, b = 0, aa = 0, ab = 0, bb = 0;
        for (var turn = 0; turn < 50; turn++)
        {
            double ga = 0, gb = 0;
            (aa, ab, bb) = (0, 0, 0);
            foreach (var (size, attached, detached) in sizes)
            {
                var x = -1 / Math.Sqrt(size);
                var p = 1 / (1 + Math.Exp(-(a + (b * x))));
                var rest = attached - ((attached + detached) * p);
                var weight = (attached + detached) * p * (1 - p);
                (ga, gb, aa, ab, bb) = (ga + rest, gb + (rest * x), aa + weight, ab + (weight * x), bb + (weight * x * x));
            }

            var det = (aa * bb) - (ab * ab);
            if (!(det > 1e-12 * aa * bb))
            {
                return new GrowthOdds(double.NaN, double.NaN, false, mean);
            }

            var (stepA, stepB) = (((bb * ga) - (ab * gb)) / det, ((aa * gb) - (ab * ga)) / det);
            (a, b) = (a + stepA, b + stepB);
            if (Math.Abs(stepA) + Math.Abs(stepB) < 1e-10)
            {
                break;
            }
        }

        // ln n* = 2 ln b - 2 ln a, covariance of a and b from the information.
        var all = (aa * bb) - (ab * ab);
        var (va, vb, cab) = (bb / all, aa / all, -ab / all);
        var err = 2 * Math.Sqrt(Math.Max(0, (va / a / a) + (vb / b / b) - (2 * cab / a / b)));
        var critical = b / a * (b / a);
        var isCrossing = a > 0 && b > 0 && critical >= sizes.Min(size => size.Size) && critical <= sizes.Max(size => size.Size);
        return new GrowthOdds(critical, err, isCrossing, mean);
    }
}
