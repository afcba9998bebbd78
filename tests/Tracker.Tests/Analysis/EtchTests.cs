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
        string[] names = ["facet_rate_nm_s", "side_rate_nm_s", "end_rate_nm_s"];
        double[] truth = [FacetPx * Unit, SidePx * Unit, EndPx * Unit];
        var inside = new int[names.Length];
        const int Repeats = 200;
        for (var seed = 0; seed < Repeats; seed++)
        {
            var result = Played.Run("etch", Movie(40, 15, seed: 40 + seed));
            for (var i = 0; i < names.Length; i++)
            {
                var figure = result.Figure(names[i]);
                inside[i] += Math.Abs(figure.Value!.Value - truth[i]) < figure.Err!.Value ? 1 : 0;
            }
        }

        Assert.All(inside, count => Assert.InRange(count / (double)Repeats, 0.58, 0.80));
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

        var table = Assert.Single(analysis.Result().Tables);
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
