using Xunit;

namespace LiveLtem.Tracker.Tests.Analysis;

/// <summary>Clusters that grow by chance events of known rates (Gillespie), shown as chains of touching cubes.</summary>
public sealed class GrowthTests
{
    private const double SidePx = 20;
    private const int Particles = 200;

    [Fact]
    public void Step_growth_is_recognised_and_its_slope_is_the_one_put_in()
    {
        const double PerFrame = 0.02;
        var result = Played.Run("growth", Movie(120, _ => PerFrame, seed: 1), size: 3000);

        Assert.Equal("step_growth", result.Figure("model").Text);
        var slope = result.Figure("k_c0_per_s");
        Assert.InRange(slope.Value!.Value, (PerFrame / Played.FrameTimeS) - (4 * slope.Err!.Value), (PerFrame / Played.FrameTimeS) + (4 * slope.Err!.Value));
        var area = Math.Pow(3000 * Played.PixelNm, 2);
        Assert.InRange(result.Figure("k").Value!.Value / (slope.Value.Value * area / Particles), 0.999, 1.001);
        Assert.Equal("nm^2/s", result.Figure("k").Unit);
    }

    [Fact]
    public void An_exponential_approach_is_recognised_with_its_rate()
    {
        const double Rate = 0.04;
        var result = Played.Run("growth", Movie(150, x => Rate * (3 - x), seed: 2), size: 3000);

        Assert.Equal("first_order", result.Figure("model").Text);
        var k = result.Figure("k");
        Assert.InRange(k.Value!.Value, (Rate / Played.FrameTimeS) - (3 * k.Err!.Value), (Rate / Played.FrameTimeS) + (3 * k.Err!.Value));
        Assert.InRange(k.Err!.Value, 0, 0.4 * Rate / Played.FrameTimeS);
        Assert.Equal("1/s", k.Unit);
    }

    [Fact]
    public void Two_thirds_of_repeats_lie_within_one_sigma()
    {
        const int Repeats = 200;
        const double PerFrame = 0.02;
        var inside = new WithinOneSigma();
        for (var seed = 0; seed < Repeats; seed++)
        {
            var expected = 0.0;
            var result = Played.Run("growth", Movie(80, _ => PerFrame, seed: 500 + seed, hazard: sum => expected = sum), size: 3000);
            inside.Add(result.Figure("k_c0_per_s"), PerFrame / Played.FrameTimeS);

            // What was to be expected of the clusters as they were, over 79 frame times.
            inside.Add(result.Figure("attach_per_s"), expected / (79 * Played.FrameTimeS));
        }

        inside.Demand(Repeats);
    }

    [Fact]
    public void Attachments_and_sizes_are_counted_as_they_happened()
    {
        var events = 0;
        var movie = Movie(100, _ => 0.02, seed: 3, happened: n => events = n).ToList();
        var result = Played.Run("growth", movie, size: 3000);

        // The last events are not yet held for three frames.
        Assert.InRange(result.Figure("attach_per_s").Value!.Value * 9.9, events - 6, events);
        Assert.Equal(0, result.Figure("detach_per_s").Value);
        Assert.InRange(result.Figure("mean_cluster_size").Value!.Value, 0.9 * Particles / (Particles - events), 1.02 * Particles / (Particles - events));
    }

    [Fact]
    public void A_contact_of_two_frames_is_no_bond_and_one_that_opens_for_good_is_a_detachment()
    {
        var frames = Enumerable.Range(0, 60).Select(t => (IReadOnlyList<Spot>)
        [
            Cube(0, 100, 100), Cube(1, t is 5 or 6 ? 120.5 : 200, 100), Cube(2, 300, 100), Cube(3, t is > 10 and < 40 ? 320.5 : 360, 100),
        ]);
        var result = Played.Run("growth", frames, size: 600);

        Assert.Equal(1, result.Figure("attach_per_s").N);
        Assert.Equal(1, result.Figure("detach_per_s").N);
    }

    [Fact]
    public void Nobody_is_bonded_in_a_dilute_field()
    {
        var result = Played.Run("growth", Enumerable.Range(0, 10).Select(_ => (IReadOnlyList<Spot>)[Cube(0, 100, 100), Cube(1, 200, 100), Cube(2, 300, 100)]), size: 600);

        Assert.Equal(1, result.Figure("mean_cluster_size").Value);
        Assert.NotNull(result.Figure("model").Missing);
    }

    // Merges of two clusters at a rate that makes X_n grow by perFrame(X_n) a frame: N_c falls by N_c^2/N perFrame.
    private static IEnumerable<IReadOnlyList<Spot>> Movie(int frames, Func<double, double> perFrame, int seed, Action<int>? happened = null, Action<double>? hazard = null)
    {
        var random = new Random(seed);
        var chains = Enumerable.Range(0, Particles).Select(i => new List<int> { i }).ToList();
        var home = Enumerable.Range(0, Particles).Select(i => (X: 100 + (200 * (i % 14)), Y: 100 + (190 * (i / 14)))).ToArray();
        var events = 0;
        var due = -Math.Log(1 - random.NextDouble());
        var expected = 0.0;
        for (var t = 0; t < frames; t++)
        {
            if (t >= 1)
            {
                var x = Particles / (double)chains.Count;
                expected += Math.Max(0, perFrame(x)) * Particles / (x * x);
                for (due -= Math.Max(0, perFrame(x)) * Particles / (x * x); due < 0 && chains.Count > 2; due -= Math.Log(1 - random.NextDouble()))
                {
                    var a = random.Next(chains.Count);
                    var b = (a + 1 + random.Next(chains.Count - 1)) % chains.Count;
                    chains[a].AddRange(chains[b]);
                    chains.RemoveAt(b);
                    events++;
                }
            }

            happened?.Invoke(events);
            hazard?.Invoke(expected);
            var spots = new List<Spot>();
            foreach (var chain in chains)
            {
                // Rows of nine touching cubes.
                var (x, y) = home[chain[0]];
                spots.AddRange(chain.Select((particle, k) => Cube(particle, x + (SidePx * (k % 9)) + random.Gauss(0.1), y + (SidePx * (k / 9)) + random.Gauss(0.1))));
            }

            yield return spots;
        }
    }

    private static Spot Cube(int particle, double x, double y) =>
        new(particle, x, y) { Err = 0.1, Symmetry = 4, RotationDeg = 0, AngleErrDeg = 0.3, Major = SidePx, Minor = SidePx };
}
