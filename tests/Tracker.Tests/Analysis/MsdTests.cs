using LiveLtem.Core;
using LiveLtem.Core.Analysis;
using Xunit;

namespace LiveLtem.Tracker.Tests.Analysis;

/// <summary>Brownian particles of known diffusion, seen with a known error by a shutter that stays open.</summary>
public sealed class MsdTests
{
    private const double DPx2PerFrame = 2;
    private const double DRotDeg2PerFrame = 4;
    private const double DNm2PerS = DPx2PerFrame * Played.PixelNm * Played.PixelNm / Played.FrameTimeS;

    [Fact]
    public void Diffusion_and_error_are_those_put_in_whatever_the_drift_and_the_shutter()
    {
        var result = Played.Run("msd", Brownian(new Brown { Seed = 1, Frames = 400, Particles = 40, NoisePx = 0.8 }));

        Near(result, "D_nm2_s", DNm2PerS, 4);
        Near(result, "D_rot_deg2_s", DRotDeg2PerFrame / Played.FrameTimeS, 4);
        Near(result, "alpha", 1, 4);
        Near(result, "localization_error_nm", 0.8 * Played.PixelNm, 4);
        Assert.InRange(result.Figure("D_nm2_s").Err!.Value, 0, 0.05 * DNm2PerS);
    }

    [Fact]
    public void Two_thirds_of_repeats_lie_within_one_sigma()
    {
        string[] names = ["D_nm2_s", "D_rot_deg2_s", "alpha"];
        double[] truth = [DNm2PerS, DRotDeg2PerFrame / Played.FrameTimeS, 1];
        var inside = new WithinOneSigma();
        const int Repeats = 200;
        for (var seed = 0; seed < Repeats; seed++)
        {
            var result = Played.Run("msd", Brownian(new Brown { Seed = 50 + seed, Frames = 60, Particles = 20, NoisePx = 0.5 }));
            for (var i = 0; i < names.Length; i++)
            {
                inside.Add(result.Figure(names[i]), truth[i]);
            }
        }

        inside.Demand(Repeats);
    }

    [Fact]
    public void Two_thirds_of_repeats_have_the_localisation_error_within_one_sigma()
    {
        var inside = new WithinOneSigma();
        const int Repeats = 200;
        for (var seed = 0; seed < Repeats; seed++)
        {
            var result = Played.Run("msd", Brownian(new Brown { Seed = 3000 + seed, Frames = 60, Particles = 20, NoisePx = 1.5 }));
            inside.Add(result.Figure("localization_error_nm"), 1.5 * Played.PixelNm);
        }

        inside.Demand(Repeats);
    }

    [Fact]
    public void A_few_particles_have_an_error_from_stretches_of_time()
    {
        var inside = new WithinOneSigma();
        const int Repeats = 200;
        for (var seed = 0; seed < Repeats; seed++)
        {
            inside.Add(Played.Run("msd", Brownian(new Brown { Seed = 900 + seed, Frames = 300, Particles = 2, NoisePx = 0.3 })).Figure("D_nm2_s"), DNm2PerS);
        }

        inside.Demand(Repeats);
    }

    [Fact]
    public void The_table_follows_4Dt_out_to_long_lags_in_bounded_memory()
    {
        var result = Played.Run("msd", Brownian(new Brown { Seed = 3, Frames = 3000, Particles = 12, NoisePx = 0.5, SubSteps = 1 }));

        var table = Assert.Single(result.Tables);
        Assert.InRange(table.Rows.Count, 60, 120);
        foreach (var row in table.Rows.Where(row => row[0] <= 200))
        {
            var expected = (4 * DNm2PerS * row[1]) + (4 * 0.25 * Played.PixelNm * Played.PixelNm);
            Assert.InRange(row[2], expected - (5 * row[3]), expected + (5 * row[3]));
        }
    }

    [Fact]
    public void Without_times_rates_are_unknown_but_alpha_is_not()
    {
        var result = Played.Run("msd", Brownian(new Brown { Seed = 4, Frames = 60, Particles = 20, NoisePx = 0.2 }), new Calibration { PixelSizeNm = new Calibrated(1, "test") });

        Assert.Contains("--frame-time-s", result.Figure("D_nm2_s").Missing, StringComparison.Ordinal);
        Assert.NotNull(result.Figure("alpha").Value);
    }

    [Fact]
    public void Nothing_crosses_a_change_of_magnification()
    {
        var movie = Brownian(new Brown { Seed = 6, Frames = 120, Particles = 20, NoisePx = 0.2 }).ToList();
        // From frame 80 on a pixel is half as large: positions double.
        var changed = movie.Select((frame, t) => (IReadOnlyList<Spot>)[.. frame.Select(spot => t < 80 ? spot : spot with { X = 2 * spot.X, Y = 2 * spot.Y, Err = 2 * spot.Err, Segment = 1 })]);
        var setup = new AnalysisSetup
        {
            CalibrationOf = segment => Played.Calibrated() with { PixelSizeNm = new Calibrated(segment == 0 ? Played.PixelNm : Played.PixelNm / 2, "test") },
        };
        var whole = Played.Run("msd", movie.Take(80));
        var cut = Played.Run("msd", changed, setup);

        Assert.Equal(whole.Figure("D_nm2_s").Value, cut.Figure("D_nm2_s").Value);
        Assert.Contains("80 of 120 frames", cut.Note, StringComparison.Ordinal);
    }

    private static void Near(AnalysisResult result, string name, double truth, double sigmas)
    {
        var figure = result.Figure(name);
        Assert.InRange(figure.Value!.Value, truth - (sigmas * figure.Err!.Value), truth + (sigmas * figure.Err!.Value));
    }

    private static IEnumerable<IReadOnlyList<Spot>> Brownian(Brown brown)
    {
        var random = new Random(brown.Seed);
        var places = Enumerable.Range(0, brown.Particles).Select(_ => (X: 1000 * random.NextDouble(), Y: 1000 * random.NextDouble(), Turn: 360 * random.NextDouble())).ToArray();
        var step = Math.Sqrt(2 * DPx2PerFrame / brown.SubSteps);
        var turn = Math.Sqrt(2 * DRotDeg2PerFrame / brown.SubSteps);
        for (var t = 0; t < brown.Frames; t++)
        {
            var sums = new (double X, double Y, double Turn)[brown.Particles];
            for (var sub = 0; sub < brown.SubSteps; sub++)
            {
                for (var i = 0; i < brown.Particles; i++)
                {
                    places[i] = (places[i].X + random.Gauss(step), places[i].Y + random.Gauss(step), places[i].Turn + random.Gauss(turn));
                    sums[i] = (sums[i].X + (places[i].X / brown.SubSteps), sums[i].Y + (places[i].Y / brown.SubSteps), sums[i].Turn + (places[i].Turn / brown.SubSteps));
                }
            }

            var (driftX, driftY) = ((0.7 * t) + random.Gauss(0.5), (-0.3 * t) + random.Gauss(0.5));
            yield return [.. sums.Select((at, i) => new Spot(i, at.X + driftX + random.Gauss(brown.NoisePx), at.Y + driftY + random.Gauss(brown.NoisePx))
            {
                Err = brown.NoisePx, Symmetry = 2, RotationDeg = at.Turn + random.Gauss(0.3), AngleErrDeg = 0.3,
            })];
        }
    }

    private sealed record Brown
    {
        public required int Seed { get; init; }

        public required int Frames { get; init; }

        public required int Particles { get; init; }

        public required double NoisePx { get; init; }

        public int SubSteps { get; init; } = 20;
    }
}
