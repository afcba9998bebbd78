using LiveLtem.Core.Analysis;

namespace LiveLtem.Tracker.Analysis;

/// <summary>Tables of what dissolves: the contour by direction, and sizes over time.</summary>
internal static class EtchTables
{
    private const int Steps = 32;
    private const int LeastBins = 4;

    /// <summary>How fast the contour recedes along its own normal, by direction in the body's frame, for each symmetry seen.</summary>
    /// <param name="particles">Symmetry and outlines of the particles that were seen long enough.</param>
    /// <param name="unit">nm or px.</param>
    /// <remarks>v = -(dr/dt) cos(a), tan(a) = r'/r: the velocity of an outline r(direction) along its normal. Medians over particles; an irregular particle has a
    /// frame of its own, so of these the one that was seen longest stands alone. curvature: (r^2 + 2 r'^2 - r r'')/(r^2 + r'^2)^1.5 of the median outline, resolved to some 15 degrees.
    /// PHYSICS: v_n = -(dPhi/dt)/|grad Phi| of the signed distance Phi (Osher and Sethian 1988, doi:10.1016/0021-9991(88)90002-2).</remarks>
    public static AnalysisTable Contour(IEnumerable<(int Symmetry, List<OutlineHistory.Bin> Outlines)> particles, string unit)
    {
        var rows = new List<double[]>();
        foreach (var kind in particles.Where(particle => particle.Outlines.Count >= LeastBins).GroupBy(particle => particle.Symmetry).OrderBy(kind => kind.Key))
        {
            List<List<OutlineHistory.Bin>> seen = kind.Key == 1
                ? [kind.MaxBy(particle => particle.Outlines.Sum(bin => bin.Count)).Outlines]
                : [.. kind.Select(particle => particle.Outlines)];
            rows.AddRange(Contour(kind.Key, seen));
        }

        return new AnalysisTable(
            "etch_contour", ["symmetry", "direction_deg", "normal_deg", $"radius_{unit}", $"curvature_per_{unit}", $"rate_{unit}_s", $"rate_err_{unit}_s", $"noise_floor_{unit}_s", "particles"], rows);
    }

    /// <summary>Sizes over time, for each symmetry seen: means over the particles.</summary>
    /// <param name="particles">Symmetry, sizes and outlines of the particles that were seen long enough.</param>
    /// <param name="unit">nm or px.</param>
    /// <param name="time">s or frames.</param>
    public static AnalysisTable Sizes(List<(int Symmetry, List<SizeHistory.Bin> Sizes, List<OutlineHistory.Bin> Outlines)> particles, string unit, string time)
    {
        var rows = new List<double[]>();
        var times = particles.SelectMany(particle => particle.Sizes).Select(bin => bin.Time).DefaultIfEmpty(0).ToList();
        var (from, to) = (times.Min(), times.Max());
        int StepOf(double at) => (int)Math.Min(Steps - 1, Steps * (at - from) / Math.Max(to - from, 1e-9));
        foreach (var kind in particles.GroupBy(particle => particle.Symmetry).OrderBy(kind => kind.Key))
        {
            var sizes = kind.Select(particle => particle.Sizes.ToLookup(bin => StepOf(bin.Time))).ToList();
            var corners = kind.Key == 4
                ? kind.Select(particle => EtchedParticle.Squares(particle.Outlines).ToLookup(bin => StepOf(bin.Time))).ToList()
                : [];
            for (var step = 0; step < Steps; step++)
            {
                var here = sizes.Where(particle => particle[step].Any()).Select(particle => particle[step]).ToList();
                if (here.Count == 0)
                {
                    continue;
                }

                var minor = Mean([.. here.Select(bins => bins.Average(bin => bin.HalfMinor))]);
                var major = Mean([.. here.Select(bins => bins.Average(bin => bin.HalfMajor))]);
                var squares = corners.Where(particle => particle[step].Any()).Select(particle => particle[step]).ToList();
                if (squares.Count > 0)
                {
                    minor = major = Mean([.. squares.Select(bins => bins.Average(bin => bin.Square.HalfSide))]);
                }

                var radius = Mean([.. squares.Select(bins => bins.Average(bin => bin.Square.RadiusSquared))]);
                var root = Math.Sqrt(Math.Max(0, radius.Value));
                rows.Add(
                [
                    kind.Key, here.SelectMany(bins => bins).Average(bin => bin.Time), here.Count, minor.Value, minor.Err, major.Value, major.Err,
                    squares.Count > 0 ? root : double.NaN, radius.Err / (2 * Math.Max(root, Math.Sqrt(radius.Err))),
                ]);
            }
        }

        return new AnalysisTable(
            "etch_size",
            ["symmetry", $"time_{time}", "particles", $"half_minor_{unit}", $"half_minor_err_{unit}", $"half_major_{unit}", $"half_major_err_{unit}", $"corner_radius_{unit}", $"corner_radius_err_{unit}"],
            rows);
    }

    private static IEnumerable<double[]> Contour(int symmetry, List<List<OutlineHistory.Bin>> particles)
    {
        var kinds = particles[0][0].Squares.Length;
        var isMirrored = symmetry >= 2;
        var lines = particles.Select(bins => Enumerable.Range(0, kinds).Select(c =>
            RobustLine.Fit([.. bins.Where(bin => bin.Square(c) > 0).Select(bin => (bin.Time, Math.Sqrt(bin.Square(c)), (double)bin.Count))])).ToArray()).ToList();
        var outline = Enumerable.Range(0, kinds).Select(c => EtchRate.Median(lines.Select(line => (line[c].First + line[c].Last) / 2))).ToArray();
        var step = OutlineHistory.StepDeg * Math.PI / 180;
        double At(IReadOnlyList<double> radii, int c) => radii[Around(c, kinds, isMirrored)];
        for (var c = 0; c < kinds; c++)
        {
            var rate = new EtchRate(string.Empty, string.Empty, string.Empty);
            foreach (var line in lines)
            {
                var own = line.Select(direction => (direction.First + direction.Last) / 2).ToArray();
                var tan = kinds == 1 ? 0 : (At(own, c + 1) - At(own, c - 1)) / (2 * step) / own[c];
                var cos = 1 / Math.Sqrt(1 + (tan * tan));
                rate.Add(-line[c].Slope * cos, line[c].Err * cos);
            }

            var (r, before, after) = (outline[c], At(outline, c - 1), At(outline, c + 1));
            var (first, second) = kinds == 1 ? (0, 0) : ((after - before) / (2 * step), (after - (2 * r) + before) / step / step);
            var direction = c * OutlineHistory.StepDeg;
            yield return
            [
                symmetry, direction, direction - (Math.Atan2(first, r) * 180 / Math.PI), r,
                ((r * r) + (2 * first * first) - (r * second)) / Math.Pow((r * r) + (first * first), 1.5), rate.Value, rate.Err ?? double.NaN, rate.Floor ?? double.NaN, rate.Count,
            ];
        }
    }

    // The direction beside the last one is, by the mirror, the one before it; round an irregular body it is the first.
    private static int Around(int c, int kinds, bool isMirrored)
    {
        if (!isMirrored)
        {
            return (c + kinds) % kinds;
        }

        c = Math.Abs(c);
        return c >= kinds ? (2 * (kinds - 1)) - c : c;
    }

    private static (double Value, double Err) Mean(List<double> values)
    {
        if (values.Count == 0)
        {
            return (double.NaN, double.NaN);
        }

        var mean = values.Average();
        return (mean, values.Count < 2 ? double.NaN : Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1) / values.Count));
    }
}
