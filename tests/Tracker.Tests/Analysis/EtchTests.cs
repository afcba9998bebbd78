using LiveLtem.Core;
using Xunit;

namespace LiveLtem.Tracker.Tests.Analysis;

/// <summary>Particles that shrink at known rates.</summary>
public sealed class EtchTests
{
    // px a frame; nm/s = px a frame * PixelNm / FrameTimeS.
    private const double FacetPx = 0.06;
    private const double CornerPx = 0.10;
    private const double SidePx = 0.03;
    private const double EndPx = 0.07;
    private const double Unit = Played.PixelNm / Played.FrameTimeS;

    [Fact]
    public void Rates_of_facets_corners_sides_and_ends_are_those_put_in()
    {
        var result = Played.Run("etch", Movie(120, 20, seed: 1));

        foreach (var (name, truth) in new[] { ("facet_rate_nm_s", FacetPx), ("corner_rate_nm_s", CornerPx), ("side_rate_nm_s", SidePx), ("end_rate_nm_s", EndPx) })
        {
            var figure = result.Figure(name);
            Assert.InRange(figure.Value!.Value, 0.97 * truth * Unit, 1.03 * truth * Unit);
            Assert.Equal(20, figure.N);
            Assert.NotNull(figure.NoiseFloor);
        }
    }

    [Fact]
    public void Two_thirds_of_repeats_lie_within_one_sigma()
    {
        string[] names = ["facet_rate_nm_s", "corner_rate_nm_s", "side_rate_nm_s", "end_rate_nm_s"];
        double[] truth = [FacetPx * Unit, CornerPx * Unit, SidePx * Unit, EndPx * Unit];
        var inside = new WithinOneSigma();
        const int Repeats = 200;
        for (var seed = 0; seed < Repeats; seed++)
        {
            var result = Played.Run("etch", Movie(40, 15, seed: 40 + seed));
            for (var i = 0; i < names.Length; i++)
            {
                inside.Add(result.Figure(names[i]), truth[i]);
            }
        }

        inside.Demand(Repeats);
    }

    [Fact]
    public void A_rate_that_changes_evenly_gives_last_minus_first()
    {
        // Half side 30 - 0.001 t^2 px: over 100 frames 9.801 px less.
        var frames = Enumerable.Range(0, 100).Select(t => (IReadOnlyList<Spot>)[new Spot(0, 100, 100) { Err = 0.1, Symmetry = 4, Major = 2 * (30 - (0.001 * t * t)), Minor = 2 * (30 - (0.001 * t * t)) }]);
        var figure = Played.Run("etch", frames).Figure("facet_rate_nm_s");

        Assert.Equal(9.801 / 99 * Unit, figure.Value!.Value, 3);
    }

    [Fact]
    public void Each_dose_rate_has_a_row_of_its_own_and_so_has_the_time_since_the_onset()
    {
        var analysis = Tracker.Analysis.TrackAnalyses.Create(Core.Analysis.AnalysisSetup.Of(Played.Calibrated(), null, null), ["etch"])[0];
        for (var t = 0; t < 200; t++)
        {
            var half = 30 - (t < 100 ? 0 : 0.1 * (t - 100));
            analysis.Add(
                Played.Tracks(t, [new Spot(0, 100, 100) { Err = 0.1, Symmetry = 4, Major = 2 * half, Minor = 2 * half }]),
                Played.Row(t, Played.FrameTimeS, t < 100 ? 1 : 5));
        }

        var table = Assert.Single(analysis.Result().Tables, table => table.Name == "etch");
        var facet = table.Columns.ToList().IndexOf("facet_rate_nm_s");
        var stretches = table.Rows.Where(row => row[0] >= 0).ToList();
        Assert.Equal(2, stretches.Count);
        Assert.InRange(stretches[0][facet], -0.01, 0.05);
        Assert.InRange(stretches[1][facet], 0.97 * 0.1 * Unit, 1.03 * 0.1 * Unit);
        var onset = Assert.Single(table.Rows, row => row[1] == 1);
        Assert.InRange(onset[2], 9.5, 10.8);
        Assert.InRange(onset[facet], 0.97 * 0.1 * Unit, 1.03 * 0.1 * Unit);
    }

    [Fact]
    public void Without_times_there_is_no_rate()
    {
        var result = Played.Run("etch", Movie(20, 3, seed: 3), new Calibration { PixelSizeNm = new Calibrated(1, "test") });

        Assert.All(result.Figures, figure => Assert.Contains("--frame-time-s", figure.Missing, StringComparison.Ordinal));
    }

    [Fact]
    public void Facets_corners_and_rounding_of_outlines_are_those_put_in_and_their_errors_too()
    {
        string[] names = ["facet_rate_nm_s", "corner_rate_nm_s", "rounding_rate_nm_s"];
        double[] truth = [FacetPx * Unit, CornerPx * Unit, RoundingPx * Unit];
        double[] bound = [0.06, 0.12, 0.6];
        var (inside, sums) = (new int[names.Length], new double[names.Length]);
        const int Repeats = 150;
        for (var seed = 0; seed < Repeats; seed++)
        {
            var result = Played.Run("etch", Outlines(60, 12, seed: 300 + seed));
            for (var i = 0; i < names.Length; i++)
            {
                var figure = result.Figure(names[i]);
                Assert.InRange(figure.Err!.Value, 0, bound[i] * truth[i]);
                inside[i] += Math.Abs(figure.Value!.Value - truth[i]) < figure.Err!.Value ? 1 : 0;
                sums[i] += (figure.Value!.Value - truth[i]) / figure.Err!.Value / Repeats;
            }

            var radius = result.Figure("corner_radius_nm");
            Assert.InRange(radius.Value!.Value, 0.85 * Radius(59) * Played.PixelNm, 1.15 * Radius(59) * Played.PixelNm);
        }

        Assert.All(inside, count => Assert.InRange(count / (double)Repeats, 0.58, 0.80));
        Assert.All(sums, mean => Assert.InRange(mean, -0.3, 0.3));
    }

    [Fact]
    public void The_contour_recedes_by_direction_at_the_facets_and_the_corners_rates()
    {
        var table = Assert.Single(Played.Run("etch", Outlines(120, 20, seed: 9)).Tables, table => table.Name == "etch_contour");
        int Column(string name) => table.Columns.ToList().IndexOf(name);

        Assert.Equal([0.0, 7.5, 15, 22.5, 30, 37.5, 45], table.Rows.Select(row => row[Column("direction_deg")]));
        foreach (var row in table.Rows.Take(4))
        {
            // All of a facet has one normal and one rate.
            Assert.InRange(row[Column("normal_deg")], -3, 3);
            Assert.InRange(row[Column("rate_nm_s")], 0.94 * FacetPx * Unit, 1.06 * FacetPx * Unit);
            Assert.InRange(row[Column("curvature_per_nm")], -0.01, 0.01);
        }

        var corner = table.Rows[^1];
        Assert.Equal(45, corner[Column("normal_deg")], 6);
        Assert.InRange(corner[Column("rate_nm_s")], 0.85 * CornerPx * Unit, 1.1 * CornerPx * Unit);
        Assert.InRange(corner[Column("curvature_per_nm")], 0.05, 0.3);
    }

    [Fact]
    public void Sharp_squares_say_nothing_of_their_corners()
    {
        var frames = Enumerable.Range(0, 50).Select(t => (IReadOnlyList<Spot>)[new Spot(0, 100, 100) { Err = 0.1, Symmetry = 4, Major = 60 - (0.1 * t), Minor = 60 - (0.1 * t) }]);
        var result = Played.Run("etch", frames);

        Assert.Equal(0.05 * Unit, result.Figure("facet_rate_nm_s").Value!.Value, 6);
        Assert.Null(result.Figure("corner_rate_nm_s").Value);
        Assert.Contains("sharp", result.Figure("corner_rate_nm_s").Missing, StringComparison.Ordinal);
    }

    // What the corner recedes by more than a sharp one would.
    private static readonly double RoundingPx = (CornerPx - (Math.Sqrt(2) * FacetPx)) / (Math.Sqrt(2) - 1);

    private static double Radius(int t) => 5 + (RoundingPx * t);

    // Outlines by brute force, each direction with noise.
    private static IEnumerable<IReadOnlyList<Spot>> Outlines(int frames, int cubes, int seed)
    {
        var random = new Random(seed);
        for (var t = 0; t < frames; t++)
        {
            var exact = Outline(30 - (FacetPx * t), Radius(t));
            yield return [.. Enumerable.Range(0, cubes).Select(i => new Spot(i, 100, 100)
            {
                Err = 0.1,
                Symmetry = 4,
                Outline = new MeasuredOutline
                {
                    Symmetry = 4,
                    AngleDeg = 10,
                    SquaredPx = [.. exact.Select(square => (float)(square + random.Gauss(2 * Math.Sqrt(square) * 0.8)))],
                    SquaredErrPx = [.. exact.Select(square => (float)(2 * Math.Sqrt(square) * 0.8))],
                },
            })];
        }
    }

    private static double[] Outline(double half, double radius)
    {
        const int Fine = 16;
        return [.. Enumerable.Range(0, MeasuredOutline.Directions).Select(k => Enumerable.Range(1 - Fine, (2 * Fine) - 1)
            .Sum(j => (1 - Math.Abs(j / (double)Fine)) / Fine * Math.Pow(Distance(2 * Math.PI * (k + (j / (double)Fine)) / MeasuredOutline.Directions, half, radius), 2)))];
    }

    private static double Distance(double turn, double half, double radius)
    {
        var (sin, cos) = Math.SinCos(turn);
        double low = 0, high = 2 * half;
        for (var step = 0; step < 30; step++)
        {
            var middle = (low + high) / 2;
            var (u, v) = (Math.Abs(middle * cos) - half + radius, Math.Abs(middle * sin) - half + radius);
            var isInside = u < radius && v < radius && (u < 0 || v < 0 || (u * u) + (v * v) < radius * radius);
            (low, high) = isInside ? (middle, high) : (low, middle);
        }

        return low;
    }

    // As many cubes as rods.
    private static IEnumerable<IReadOnlyList<Spot>> Movie(int frames, int pairs, int seed)
    {
        var random = new Random(seed);
        for (var t = 0; t < frames; t++)
        {
            var spots = new List<Spot>();
            for (var i = 0; i < pairs; i++)
            {
                var half = 30 - (FacetPx * t);
                var corner = (Math.Sqrt(2) * 30) - ((Math.Sqrt(2) - 1) * 5) - (CornerPx * t);
                var radius = ((Math.Sqrt(2) * half) - corner) / (Math.Sqrt(2) - 1);
                var seen = 2 * (half + random.Gauss(0.2));
                spots.Add(new Spot(2 * i, 100, 100)
                {
                    Err = 0.1,
                    Symmetry = 4,
                    Major = seen,
                    Minor = seen,
                    Area = (seen * seen) - ((4 - Math.PI) * radius * radius) + random.Gauss(4),
                });
                spots.Add(new Spot((2 * i) + 1, 100, 100)
                {
                    Err = 0.1,
                    Symmetry = 2,
                    Major = 2 * (40 - (EndPx * t) + random.Gauss(0.2)),
                    Minor = 2 * (15 - (SidePx * t) + random.Gauss(0.1)),
                });
            }

            yield return spots;
        }
    }
}
