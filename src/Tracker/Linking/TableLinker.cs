using LiveLtem.Core;

namespace LiveLtem.Tracker.Linking;

/// <summary>What <c>liveltem link</c> was asked for.</summary>
public sealed record TableLinkOptions
{
    /// <summary>Largest displacement, px; null to learn one from the positions.</summary>
    public double? SearchRangePx { get; init; }

    /// <summary>Frames for which a particle may vanish; null for 0 with a search range given and what was learnt without.</summary>
    public int? MemoryFrames { get; init; }

    /// <summary>Whether a common motion is taken off first.</summary>
    public bool RemovesDrift { get; init; } = true;
}

/// <summary>What linking a table gave.</summary>
/// <param name="Particles">Track of each row, in the order of the file; numbered by first appearance.</param>
/// <param name="Tracks">Tracks.</param>
/// <param name="Frames">Frames with at least one position.</param>
/// <param name="FramesMoved">Frames before which a common motion was taken off.</param>
/// <param name="Learnt">Range and memory learnt, as a sentence; null where a range was given.</param>
public sealed record TableLinkResult(IReadOnlyList<int> Particles, int Tracks, int Frames, int FramesMoved, string? Learnt);

/// <summary>Links a whole table of positions.</summary>
public static class TableLinker
{
    /// <summary>Links every row of a table.</summary>
    /// <param name="table">Positions; rows in any order.</param>
    /// <param name="options">Range, memory, drift.</param>
    /// <exception cref="InputException">An option cannot be meant.</exception>
    public static TableLinkResult Link(PositionTable table, TableLinkOptions options)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(options);
        if (options.SearchRangePx is { } r && (!(r > 0) || !(r < 1e150)))
        {
            throw new InputException($"--search-range: found {r}; a positive number of px is needed");
        }

        if (options.MemoryFrames is < 0)
        {
            throw new InputException($"--memory: found {options.MemoryFrames}; 0 frames or more are needed");
        }

        var rows = RowsByFrame(table);
        var learnt = options.SearchRangePx is null ? RangeLearner.Learn(table, rows, options.RemovesDrift) : null;
        var linker = new PositionLinker(new PositionLinkerOptions
        {
            SearchRangePx = options.SearchRangePx ?? learnt!.SearchRangePx,
            MemoryFrames = options.MemoryFrames ?? learnt?.MemoryFrames ?? 0,
            RemovesDrift = options.RemovesDrift,
        });
        var tracks = new int[table.Rows];
        Point2[] points = [];
        int[] ids = [];
        int frames = 0, moved = 0;
        foreach (var (frame, first, count) in FrameRuns(table, rows))
        {
            Buffers.Ensure(ref points, count);
            Buffers.Ensure(ref ids, count);
            for (var i = 0; i < count; i++)
            {
                points[i] = table.Positions[rows[first + i]];
            }

            linker.Link(frame, points.AsSpan(0, count), ids);
            for (var i = 0; i < count; i++)
            {
                tracks[rows[first + i]] = ids[i];
            }

            frames++;
            moved += linker.LastMotion is null ? 0 : 1;
        }

        NumberByAppearance(tracks, linker.Tracks);
        return new TableLinkResult(tracks, linker.Tracks, frames, moved, learnt is null ? null : options.MemoryFrames is { } m
            ? (learnt with { MemoryFrames = m }).ToString() : learnt.ToString());
    }

    /// <summary>Row numbers sorted by frame; within a frame as in the file.</summary>
    internal static int[] RowsByFrame(PositionTable table)
    {
        var keys = new (long Frame, int Row)[table.Rows];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = (table.Frames[i], i);
        }

        Array.Sort(keys);
        return Array.ConvertAll(keys, static k => k.Row);
    }

    /// <summary>Each frame's run in rows sorted by frame.</summary>
    internal static IEnumerable<(long Frame, int First, int Count)> FrameRuns(PositionTable table, int[] rows)
    {
        for (var first = 0; first < rows.Length;)
        {
            var frame = table.Frames[rows[first]];
            var last = first;
            while (last < rows.Length && table.Frames[rows[last]] == frame)
            {
                last++;
            }

            yield return (frame, first, last - first);
            first = last;
        }
    }

    private static void NumberByAppearance(int[] tracks, int count)
    {
        var numbers = new int[count];
        Array.Fill(numbers, -1);
        var next = 0;
        for (var i = 0; i < tracks.Length; i++)
        {
            ref var number = ref numbers[tracks[i]];
            if (number < 0)
            {
                number = next++;
            }

            tracks[i] = number;
        }
    }
}
