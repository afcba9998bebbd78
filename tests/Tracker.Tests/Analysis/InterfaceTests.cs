using LiveLtem.Core;
using LiveLtem.Core.Analysis;
using Xunit;

namespace LiveLtem.Tracker.Tests.Analysis;

/// <summary>Crystals whose edge is a line of known stiffness: independent modes, each an Ornstein-Uhlenbeck process stepped exactly.</summary>
public sealed class InterfaceTests
{
    private const double SpacingNm = 25;
    private const double Stiffness = 12;
    private const double Mobility = 800;

    [Fact]
    public void Stiffness_and_mobility_are_those_put_in()
    {
        var result = Run(Movie(new EdgeOf { Columns = 40, Frames = 1500, NoiseNm = 0.5, Seed = 1 }), 40);

        foreach (var (name, truth) in new[] { ("stiffness_kT_per_nm", Stiffness), ("mobility_nm3_kT_s", Mobility) })
        {
            var figure = result.Figure(name);
            Assert.InRange(figure.Value!.Value, truth - (4 * figure.Err!.Value), truth + (4 * figure.Err!.Value));
            Assert.InRange(figure.Err!.Value, 0.002 * truth, 0.06 * truth);
        }
    }

    [Fact]
    public void The_spectrum_is_that_of_the_definition_without_a_factor_of_two()
    {
        var result = Run(Movie(new EdgeOf { Columns = 43, Frames = 2000, Mobility = 1e5, Seed = 2 }), 43);

        var table = Assert.Single(result.Tables);
        Assert.Equal(["q_per_nm", "h2_nm2", "h2_err_nm2", "noise_nm2", "n", "fit_nm2", "tau_s"], table.Columns);
        Assert.Equal(20, table.Rows.Count);
        var length = 40 * SpacingNm;
        Assert.Equal(2 / SpacingNm * Math.Sin(Math.PI / 40), table.Rows[0][0], 3);
        Assert.All(table.Rows, row => Assert.InRange(row[1] * Stiffness * length * row[0] * row[0], 0.85, 1.15));
        // Frames this far apart say nothing of the mobility.
        Assert.Contains("sparse", result.Figure("mobility_nm3_kT_s").Missing, StringComparison.Ordinal);
    }

    [Fact]
    public void Noise_of_the_columns_is_told_from_waves()
    {
        var result = Run(Movie(new EdgeOf { Columns = 40, Frames = 1000, Mobility = 8000, NoiseNm = 1.5, Seed = 3 }), 40);

        var figure = result.Figure("stiffness_kT_per_nm");
        Assert.InRange(figure.Value!.Value, Stiffness - (4 * figure.Err!.Value), Stiffness + (4 * figure.Err!.Value));
        Assert.InRange(result.Tables[0].Rows[^1][3] * 37, 0.7 * 1.5 * 1.5, 1.3 * 1.5 * 1.5);
    }

    [Theory]
    [InlineData(90, 0, 1)]
    [InlineData(90, 20, 2)]
    [InlineData(78, 33, 3)]
    [InlineData(60, 10, 4)]
    public void Steps_of_whole_rows_in_a_vapour_have_the_stiffness_of_their_variance(double cellDeg, double turnDeg, int seed)
    {
        // Steps of -1, 0 or 1 rows that know nothing of each other: stiffness = kT p/<step^2>. The lattice turns with the field's axes or not.
        const double Likely = 0.04;
        const int Columns = 36, Deep = 16;
        var random = new Random(seed);
        var row = SpacingNm * Math.Sin(cellDeg * Math.PI / 180);
        var lean = SpacingNm * Math.Cos(cellDeg * Math.PI / 180);
        var (sin, cos) = Math.SinCos(turnDeg * Math.PI / 180);
        var frames = Enumerable.Range(0, 300).Select(_ =>
        {
            var spots = new List<Spot>();
            int height = 0, depth = -Deep;
            for (var k = 0; k < Columns; k++)
            {
                // Both sides of the slab: whichever is taken has the same stiffness.
                height += Step();
                depth += Step();
                for (var j = depth; j <= height; j++)
                {
                    var x = ((k - (Columns / 2) + 0.5) * SpacingNm) + (j * lean) + random.Gauss(0.7);
                    var y = (j * row) + random.Gauss(0.7);
                    spots.Add(new Spot((100 * k) + j + 50, (1000 + (x * cos) - (y * sin)) / Played.PixelNm, (1000 + (x * sin) + (y * cos)) / Played.PixelNm));
                }
            }

            for (var i = 0; i < 25; i++)
            {
                var (x, y) = (random.NextDouble() * 2000, random.NextDouble() * 2000);
                if (spots.TrueForAll(spot => Math.Pow((spot.X * Played.PixelNm) - x, 2) + Math.Pow((spot.Y * Played.PixelNm) - y, 2) > 900))
                {
                    spots.Add(new Spot(10000 + i, x / Played.PixelNm, y / Played.PixelNm));
                }
            }

            return (IReadOnlyList<Spot>)spots;

            int Step()
            {
                var u = random.NextDouble();
                return u < Likely ? -1 : u < 2 * Likely ? 1 : 0;
            }
        });

        var figure = Played.Run("interface", frames, AnalysisSetup.Of(Played.Calibrated(), 4000, 4000)).Figure("stiffness_kT_per_nm");
        var truth = SpacingNm / (2 * Likely * row * row);
        Assert.True(figure.Value is not null, figure.Missing);
        // Vapour that happens to sit at a site next to the edge counts as crystal, which makes it rougher.
        Assert.InRange(figure.Value!.Value, (0.9 * truth) - (2 * figure.Err!.Value), truth + (4 * figure.Err!.Value));
        Assert.InRange(figure.Err!.Value, 0, 0.1 * truth);
    }

    [Fact]
    public void Two_thirds_of_repeats_lie_within_one_sigma()
    {
        const int Repeats = 100;
        var truth = new Dictionary<string, double> { ["stiffness_kT_per_nm"] = Stiffness, ["mobility_nm3_kT_s"] = Mobility };
        var inside = truth.Keys.ToDictionary(name => name, _ => 0);
        for (var seed = 0; seed < Repeats; seed++)
        {
            var result = Run(Movie(new EdgeOf { Columns = 24, Rows = 3, Frames = 250, NoiseNm = 0.5, Seed = 100 + seed }), 24);
            foreach (var (name, value) in truth)
            {
                inside[name] += Math.Abs(result.Figure(name).Value!.Value - value) < result.Figure(name).Err!.Value ? 1 : 0;
            }
        }

        Assert.All(inside, name => Assert.InRange(name.Value / (double)Repeats, 0.56, 0.80));
    }

    [Fact]
    public void A_crystal_that_fills_the_field_has_no_interface()
    {
        var random = new Random(5);
        var frames = Enumerable.Range(0, 30).Select(_ => (IReadOnlyList<Spot>)
            [.. Enumerable.Range(0, 400).Select(i => new Spot(i, 25 + (50 * (i % 20)) + random.Gauss(1), 25 + (50 * (i / 20)) + random.Gauss(1)))]);
        var result = Played.Run("interface", frames, size: 1000);

        Assert.Contains("no edge inside the field", result.Figure("stiffness_kT_per_nm").Missing, StringComparison.Ordinal);
        Assert.NotNull(result.Figure("mobility_nm3_kT_s").Missing);
    }

    [Fact]
    public void Few_columns_and_no_crystal_and_no_time_are_said()
    {
        var few = Run(Movie(new EdgeOf { Columns = 6, Frames = 30, Seed = 6 }), 6);
        var random = new Random(7);
        var gas = Played.Run("interface", Enumerable.Range(0, 20).Select(_ => (IReadOnlyList<Spot>)
            [.. Enumerable.Range(0, 60).Select(i => new Spot(i, 1000 * random.NextDouble(), 1000 * random.NextDouble()))]), size: 1000);
        var timeless = Run(Movie(new EdgeOf { Columns = 24, Frames = 200, Seed = 8 }), 24, new Calibration { PixelSizeNm = new Calibrated(Played.PixelNm, "test") });

        Assert.Contains("4 columns", few.Figure("stiffness_kT_per_nm").Missing, StringComparison.Ordinal);
        Assert.Contains("no crystal", gas.Figure("stiffness_kT_per_nm").Missing, StringComparison.Ordinal);
        Assert.NotNull(timeless.Figure("stiffness_kT_per_nm").Value);
        Assert.Contains("--frame-time-s", timeless.Figure("mobility_nm3_kT_s").Missing, StringComparison.Ordinal);
    }

    private static AnalysisResult Run(IEnumerable<IReadOnlyList<Spot>> frames, int columns, Calibration? calibration = null) =>
        Played.Run("interface", frames, AnalysisSetup.Of(calibration ?? Played.Calibrated(), 800, (int)(columns * SpacingNm / Played.PixelNm)));

    // h(x) = sum over q = 2 pi n/L of h_q exp(iqx), <|h_q|^2> = kT/(stiffness L Q^2), hung with rows down to the lower border of the field; it drifts to the side.
    private static IEnumerable<IReadOnlyList<Spot>> Movie(EdgeOf edge)
    {
        var random = new Random(edge.Seed);
        var n = edge.Columns;
        var length = n * SpacingNm;
        var modes = Enumerable.Range(1, (n - 1) / 2).Select(k => (Q: 2 / SpacingNm * Math.Sin(Math.PI * k / n), K: k)).ToArray();
        var sigma = modes.Select(mode => Math.Sqrt(1 / (2 * Stiffness * length * mode.Q * mode.Q))).ToArray();
        var state = sigma.Select(s => (C: random.Gauss(s), S: random.Gauss(s))).ToArray();
        var half = n % 2 == 0 ? Math.Sqrt(1 / (Stiffness * length * 4 / SpacingNm / SpacingNm)) : 0;
        var alternating = random.Gauss(half);
        for (var t = 0; t < edge.Frames; t++)
        {
            var spots = new List<Spot>();
            for (var k = 0; k < n; k++)
            {
                var h = alternating * (k % 2 == 0 ? 1 : -1);
                for (var m = 0; m < modes.Length; m++)
                {
                    var (sin, cos) = Math.SinCos(2 * Math.PI * modes[m].K * k / n);
                    h += 2 * ((state[m].C * cos) - (state[m].S * sin));
                }

                for (var row = 0; row < edge.Rows; row++)
                {
                    var y = 400 - ((edge.Rows - 1 - row) * SpacingNm) - 10 + h + random.Gauss(edge.NoiseNm);
                    spots.Add(new Spot((row * n) + k, (((k + 0.5) * SpacingNm) + (0.01 * t)) / Played.PixelNm, y / Played.PixelNm) { Err = 0.1 });
                }
            }

            yield return spots;
            for (var m = 0; m < modes.Length; m++)
            {
                var keep = Math.Exp(-Played.FrameTimeS * edge.Mobility * Stiffness * modes[m].Q * modes[m].Q);
                var kick = sigma[m] * Math.Sqrt(1 - (keep * keep));
                state[m] = ((keep * state[m].C) + random.Gauss(kick), (keep * state[m].S) + random.Gauss(kick));
            }

            var kept = Math.Exp(-Played.FrameTimeS * edge.Mobility * Stiffness * 4 / SpacingNm / SpacingNm);
            alternating = (kept * alternating) + random.Gauss(half * Math.Sqrt(1 - (kept * kept)));
        }
    }

    private sealed record EdgeOf
    {
        public required int Columns { get; init; }

        public int Rows { get; init; } = 4;

        public required int Frames { get; init; }

        public double NoiseNm { get; init; }

        public double Mobility { get; init; } = InterfaceTests.Mobility;

        public required int Seed { get; init; }
    }
}
