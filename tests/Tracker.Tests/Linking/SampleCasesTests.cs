using System.Text.Json;
using LiveLtem.Tracker.Linking;

namespace LiveLtem.Tracker.Tests.Linking;

/// <summary>The linking cases that came with real and constructed positions, each with the grouping or the figure that is expected.</summary>
public sealed class SampleCasesTests
{
    private static readonly JsonElement[] Cases = Samples.Present
        ? [.. JsonDocument.Parse(File.ReadAllText(Path.Combine(Samples.Folder, "tracks", "CASES.json"))).RootElement.EnumerateArray()]
        : [];

    public static TheoryData<string> Names => [.. Cases.Length > 0 ? Cases.Select(c => c.GetProperty("name").GetString()!) : ["t01_one_stepper"]];

    [Theory]
    [MemberData(nameof(Names))]
    public void Gives_what_is_stated(string name)
    {
        var table = PositionTable.Read(Samples.Path($"tracks/{name}.csv"));
        var @case = Array.Find(Cases, c => c.GetProperty("name").GetString() == name);
        var parameters = @case.GetProperty("params");
        var result = TableLinker.Link(table, new TableLinkOptions
        {
            SearchRangePx = parameters.GetProperty("search_range").GetDouble(),
            MemoryFrames = parameters.TryGetProperty("memory", out var memory) ? memory.GetInt32() : null,
        });
        AssertOnePointAFrame(table, result.Particles);
        var expect = @case.GetProperty("expect");
        switch (expect.GetProperty("type").GetString())
        {
            case "partition":
                AssertSameGrouping(Truth(name), result.Particles);
                break;
            case "count":
                Assert.Equal(expect.GetProperty("tracks").GetInt32(), result.Tracks);
                break;
            case "score":
                Assert.True(PairsKept(table, Truth(name), result.Particles) >= expect.GetProperty("trackpy").GetDouble());

                // The drift, the turn and the jumps by nearly a lattice spacing are no obstacle.
                Assert.Equal(1, PairsKept(table, Truth(name), result.Particles));
                Assert.Equal(expect.GetProperty("true_particles").GetInt32(), result.Tracks);
                break;
            default:
                Assert.Fail($"{name}: an expectation that this test does not know");
                break;
        }
    }

    [Theory]
    [InlineData("r_lptem_cube_110mm", 0.84464, 176)]
    [InlineData("r_lptem_cube_110mm_every2nd", 0.68393, 173)]
    [InlineData("r_lptem_cube_22mm", 1.0, 91)]
    public void Without_taking_off_drift_the_figures_are_those_of_the_same_cost_elsewhere(string name, double share, int tracks)
    {
        var table = PositionTable.Read(Samples.Path($"tracks/{name}.csv"));
        var range = Array.Find(Cases, c => c.GetProperty("name").GetString() == name).GetProperty("params").GetProperty("search_range").GetDouble();
        var result = TableLinker.Link(table, new TableLinkOptions { SearchRangePx = range, RemovesDrift = false });
        Assert.Equal(share, PairsKept(table, Truth(name), result.Particles), 5);
        Assert.Equal(tracks, result.Tracks);
    }

    [Theory]
    [InlineData("r_lptem_cube_110mm")]
    [InlineData("r_lptem_cube_110mm_every2nd")]
    [InlineData("r_lptem_cube_110mm_drop10pct")]
    [InlineData("r_lptem_cube_22mm")]
    [InlineData("r_lptem_cube_22mm_every2nd")]
    [InlineData("r_lptem_cube_22mm_drop10pct")]
    public void A_learnt_range_links_the_real_crystals_too(string name)
    {
        var table = PositionTable.Read(Samples.Path($"tracks/{name}.csv"));
        var result = TableLinker.Link(table, new TableLinkOptions());
        Assert.Contains("search range", result.Learnt, StringComparison.Ordinal);
        Assert.True(PairsKept(table, Truth(name), result.Particles) >= 0.995);
    }

    private static int[] Truth(string name)
    {
        var lines = File.ReadAllLines(Samples.Path($"tracks/{name}.csv"));
        var column = Array.IndexOf(lines[0].Split(','), "particle_expected");
        return [.. lines.Skip(1).Where(l => l.Length > 0).Select(l => int.Parse(l.Split(',')[column]))];
    }

    private static void AssertSameGrouping(int[] expected, IReadOnlyList<int> actual)
    {
        Dictionary<int, int> forth = [], back = [];
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(forth.TryAdd(expected[i], actual[i]) ? actual[i] : forth[expected[i]], actual[i]);
            Assert.Equal(back.TryAdd(actual[i], expected[i]) ? expected[i] : back[actual[i]], expected[i]);
        }
    }

    private static void AssertOnePointAFrame(PositionTable table, IReadOnlyList<int> particles) =>
        Assert.Equal(table.Rows, Enumerable.Range(0, table.Rows).Select(i => (table.Frames[i], particles[i])).Distinct().Count());

    private static double PairsKept(PositionTable table, int[] truth, IReadOnlyList<int> particles)
    {
        Dictionary<int, int> last = [];
        int pairs = 0, kept = 0;
        foreach (var i in Enumerable.Range(0, table.Rows).OrderBy(i => table.Frames[i]))
        {
            if (last.TryGetValue(truth[i], out var before))
            {
                pairs++;
                kept += before == particles[i] ? 1 : 0;
            }

            last[truth[i]] = particles[i];
        }

        return (double)kept / pairs;
    }
}
