using System.Globalization;
using System.Text;
using CsCheck;
using LiveLtem.Core;
using LiveLtem.Tracker.Linking;

namespace LiveLtem.Tracker.Tests.Linking;

public sealed class TableLinkerTests
{
    [Fact]
    public void A_huge_jump_of_the_frame_number_is_a_long_gap_and_no_loop()
    {
        var result = Link([(0, 1, 1), (1, 1, 2), (1_000_000_000, 1, 2), (1_000_000_001, 1, 3)], new TableLinkOptions { SearchRangePx = 5, MemoryFrames = 3 });
        Assert.Equal([0, 0, 1, 1], result.Particles);
    }

    [Fact]
    public void Memory_counts_the_frames_that_a_particle_may_miss()
    {
        (long, double, double)[] rows = [(0, 0, 0), (3, 1, 0)];
        Assert.Equal(2, Link(rows, new TableLinkOptions { SearchRangePx = 5, MemoryFrames = 1 }).Tracks);
        Assert.Equal(1, Link(rows, new TableLinkOptions { SearchRangePx = 5, MemoryFrames = 2 }).Tracks);
    }

    [Fact]
    public void A_step_of_just_the_search_range_is_within()
    {
        Assert.Equal(1, Link([(0, 0, 0), (1, 3, 4)], new TableLinkOptions { SearchRangePx = 5 }).Tracks);
        Assert.Equal(2, Link([(0, 0, 0), (1, 3, 4.001)], new TableLinkOptions { SearchRangePx = 5 }).Tracks);
    }

    [Fact]
    public void Reordering_rows_changes_no_track()
    {
        var points =
            from n in Gen.Int[1, 25]
            from frames in Gen.Int[1, 6]
            from xs in Gen.Double[0, 60].Array[n * frames]
            from ys in Gen.Double[0, 60].Array[n * frames]
            from keys in Gen.Double.Array[n * frames]
            select (Rows: Enumerable.Range(0, n * frames).Select(i => ((long)(i % frames), xs[i], ys[i])).ToArray(), keys);

        // Two points on one spot cannot be told apart, whichever is called which.
        points.Where(p => p.Rows.Distinct().Count() == p.Rows.Length).Sample(p =>
        {
            var order = Enumerable.Range(0, p.Rows.Length).OrderBy(i => p.keys[i]).ToArray();
            var options = new TableLinkOptions { SearchRangePx = 9, MemoryFrames = 1 };
            var plain = Link(p.Rows, options).Particles;
            var shuffled = Link([.. order.Select(i => p.Rows[i])], options).Particles;
            var pairs = order.Select((i, k) => (plain[i], shuffled[k])).Distinct().ToList();
            Assert.Equal(pairs.Count, plain.Distinct().Count());
            Assert.Equal(pairs.Count, shuffled.Distinct().Count());
        });
    }

    [Fact]
    public void No_track_has_two_points_in_a_frame_even_where_points_coincide()
    {
        var rows = Enumerable.Range(0, 200).Select(i => ((long)(i % 10), (double)(i / 100), 0.0)).ToArray();
        var particles = Link(rows, new TableLinkOptions { SearchRangePx = 3, MemoryFrames = 2 }).Particles;
        Assert.Equal(200, rows.Select((r, i) => (r.Item1, particles[i])).Distinct().Count());
    }

    [Fact]
    public void A_crowd_all_within_the_search_range_is_solved()
    {
        var random = new Random(1);
        var rows = Enumerable.Range(0, 1200).Select(i => ((long)(i % 3), 30 * random.NextDouble(), 30 * random.NextDouble())).ToArray();
        var result = Link(rows, new TableLinkOptions { SearchRangePx = 50 });
        Assert.Equal(400, result.Tracks);
    }

    [Fact]
    public void The_learnt_range_is_told_and_an_option_that_cannot_be_meant_is_refused()
    {
        (long, double, double)[] rows = [(0, 0, 0), (0, 100, 0), (1, 1, 0), (1, 101, 0)];
        var result = Link(rows, new TableLinkOptions());
        Assert.Equal(2, result.Tracks);
        Assert.StartsWith("learnt search range", result.Learnt, StringComparison.Ordinal);
        Assert.Contains("--search-range", Assert.Throws<InputException>(() => Link(rows, new TableLinkOptions { SearchRangePx = -1 })).Message, StringComparison.Ordinal);
        Assert.Contains("--memory", Assert.Throws<InputException>(() => Link(rows, new TableLinkOptions { MemoryFrames = -1 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_table_and_single_points_can_be_linked_without_a_range()
    {
        Assert.Empty(Link([], new TableLinkOptions()).Particles);
        Assert.Equal([0], Link([(5, 1, 1)], new TableLinkOptions()).Particles);
        Assert.Equal([0, 0], Link([(5, 1, 1), (6, 1, 1)], new TableLinkOptions()).Particles);
    }

    [Fact]
    public void Linking_a_frame_allocates_nothing_to_speak_of_once_warm()
    {
        var random = new Random(2);
        var frames = Enumerable.Range(0, 40).Select(_ => Enumerable.Range(0, 500)
            .Select(i => new Point2((i % 25 * 20) + random.Gauss(2), (i / 25 * 20) + random.Gauss(2))).ToArray()).ToArray();
        var linker = new PositionLinker(new PositionLinkerOptions { SearchRangePx = 8, MemoryFrames = 1 });
        var ids = new int[500];
        for (var t = 0; t < 20; t++)
        {
            linker.Link(t, frames[t], ids);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var t = 20; t < 40; t++)
        {
            linker.Link(t, frames[t], ids);
        }

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 20, 0, 4096);
    }

    private static TableLinkResult Link((long Frame, double X, double Y)[] rows, TableLinkOptions options)
    {
        var text = new StringBuilder("x,frame,y\n");
        foreach (var (frame, x, y) in rows)
        {
            text.Append(CultureInfo.InvariantCulture, $"{x:R},{frame},{y:R}\n");
        }

        return TableLinker.Link(PositionTable.Parse(Encoding.UTF8.GetBytes(text.ToString()), "rows.csv"), options);
    }
}
