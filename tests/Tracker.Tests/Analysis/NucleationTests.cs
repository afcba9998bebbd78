using LiveLtem.Core.Analysis;
using Xunit;

namespace LiveLtem.Tracker.Tests.Analysis;

/// <summary>A nucleus on a square lattice whose particles join and leave with known rates, stepped exactly (Gillespie 1977), in a vapour.</summary>
public sealed class NucleationTests
{
    private const double SpacingPx = 40;
    private const int SizePx = 3000;
    private const double Critical = 18;
    private const double PerFrame = 0.1;

    // The sites of a compact crystal, nearest first.
    private static readonly (int I, int J)[] Sites =
        [.. from i in Enumerable.Range(-12, 25) from j in Enumerable.Range(-12, 25) orderby ((i - 0.2) * (i - 0.2)) + ((j - 0.1) * (j - 0.1)) select (i, j)];

    [Fact]
    public void Rates_by_size_and_the_critical_size_are_those_put_in()
    {
        // Visits of less than three frames do not count: few, when events are seldom.
        const double Seldom = 0.03;
        var result = Run(Movie(1, nuclei: 15, frames: 2000, perFrame: Seldom));

        var critical = result.Figure("critical_size");
        Assert.True(critical.Value is not null, critical.Missing);
        Assert.InRange(critical.Value!.Value, Critical - (3 * critical.Err!.Value), Critical + (3 * critical.Err!.Value));
        Assert.InRange(critical.Err!.Value, 0.1, 0.25 * Critical);
        var table = Assert.Single(result.Tables);
        Assert.Equal("nucleation", table.Name);
        var often = table.Rows.Where(row => row[0] is >= 8 and <= 40).ToList();
        Assert.True(often.Count >= 5);
        var (attached, expected) = (often.Sum(row => row[2]), often.Sum(row => row[1] * Seldom));
        Assert.InRange(attached, expected - (4 * Math.Sqrt(expected)), expected + (4 * Math.Sqrt(expected)));
        var (detached, shrinking) = (often.Sum(row => row[3]), often.Sum(row => row[1] * Seldom * Odds(row[0])));
        Assert.InRange(detached, shrinking - (4 * Math.Sqrt(shrinking)), shrinking + (4 * Math.Sqrt(shrinking)));
    }

    [Fact]
    public void Two_thirds_of_repeats_lie_within_one_sigma()
    {
        const int Repeats = 50;
        var (inside, known) = (0, 0);
        for (var seed = 0; seed < Repeats; seed++)
        {
            var figure = Run(Movie(100 + seed, nuclei: 10, frames: 500)).Figure("critical_size");
            known += figure.Value is null ? 0 : 1;
            inside += figure.Value is { } value && Math.Abs(value - Critical) < figure.Err ? 1 : 0;
        }

        Assert.InRange(known, 0.8 * Repeats, Repeats);
        Assert.InRange(inside / (double)known, 0.56, 0.82);
    }

    [Fact]
    public void A_vapour_and_a_crystal_that_rests_have_no_critical_size()
    {
        var random = new Random(3);
        var vapour = Run(Enumerable.Range(0, 40).Select(_ => (IReadOnlyList<Spot>)
            [.. Enumerable.Range(0, 40).Select(i => new Spot(i, SizePx * random.NextDouble(), SizePx * random.NextDouble()))]));
        var resting = Run(Enumerable.Range(0, 40).Select(_ => (IReadOnlyList<Spot>)[.. Crystal(30, random)]));

        Assert.Null(vapour.Figure("critical_size").Value);
        Assert.Null(vapour.Figure("rate_per_um2_s").Value);
        Assert.Contains("0 times", resting.Figure("critical_size").Missing, StringComparison.Ordinal);
        Assert.Equal(30, resting.Figure("largest_nucleus").Value);
        Assert.Contains("came up", resting.Figure("rate_per_um2_s").Missing, StringComparison.Ordinal);
    }

    [Fact]
    public void Nuclei_that_come_up_are_counted_over_area_and_time()
    {
        // Four places at which a nucleus of 40 builds up, one particle every fifth frame.
        var random = new Random(4);
        var frames = Enumerable.Range(0, 300).Select(t => (IReadOnlyList<Spot>)
            [.. Enumerable.Range(0, 4).SelectMany(k => Crystal(Math.Clamp((t - (20 * k) - 10) / 5, 1, 40), random, 1000 * k, 600 + (400 * k), 700 + (1500 * (k % 2)) + (30 * k * k)))]);

        var rate = Run(frames).Figure("rate_per_um2_s");
        var area = SizePx * SizePx * Played.PixelNm * Played.PixelNm * 1e-6;
        Assert.True(rate.Value is not null, rate.Missing);
        Assert.Equal(4 / area / (299 * Played.FrameTimeS), rate.Value!.Value, 6);
        Assert.Equal(4, rate.N);
    }

    private static AnalysisResult Run(IEnumerable<IReadOnlyList<Spot>> frames) => Played.Run("nucleation", frames, size: SizePx);

    // Detachments for each attachment at a size.
    private static double Odds(double size) => Math.Exp(6 * ((1 / Math.Sqrt(size)) - (1 / Math.Sqrt(Critical))));

    private static IEnumerable<Spot> Crystal(int size, Random random, int from = 0, double x = SizePx / 2.0, double y = SizePx / 2.0) =>
        Enumerable.Range(0, size).Select(i => new Spot(from + i, x + (Sites[i].I * SpacingPx) + random.Gauss(1.5), y + (Sites[i].J * SpacingPx) + random.Gauss(1.5)));

    // Nuclei side by side, each until it has 5 or 45 particles, where it rests: what stops by its own past biases nothing. The outermost joins or leaves.
    private static IEnumerable<IReadOnlyList<Spot>> Movie(int seed, int nuclei, int frames, double perFrame = PerFrame)
    {
        var random = new Random(seed);
        var sizes = Enumerable.Repeat((int)Critical, nuclei).ToArray();
        var next = 1000;
        var ids = sizes.Select(size => Enumerable.Range(0, size).Select(_ => next++).ToList()).ToList();
        for (var t = 0; t < frames; t++)
        {
            var spots = new List<Spot>();
            for (var k = 0; k < nuclei; k++)
            {
                // Memory is of no use: what has not happened by the end of the frame is drawn anew.
                for (var time = 0.0; sizes[k] is > 5 and < 45;)
                {
                    var down = perFrame * Odds(sizes[k]);
                    time -= Math.Log(1 - random.NextDouble()) / (perFrame + down);
                    if (time > 1)
                    {
                        break;
                    }

                    if (random.NextDouble() * (perFrame + down) < perFrame)
                    {
                        ids[k].Add(next++);
                        sizes[k]++;
                    }
                    else
                    {
                        ids[k].RemoveAt(--sizes[k]);
                    }
                }

                var here = Crystal(sizes[k], random, 0, 400 + (550 * (k % 5)), 400 + (550 * (k / 5)));
                spots.AddRange(here.Select((spot, i) => spot with { Particle = ids[k][i] }));
            }

            for (var k = 0; k < 10; k++)
            {
                spots.Add(new Spot(1_000_000 + k, random.NextDouble() * SizePx, 2500 + (random.NextDouble() * 500)));
            }

            yield return spots;
        }
    }
}
