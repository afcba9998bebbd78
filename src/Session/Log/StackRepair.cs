using System.IO.Hashing;

namespace LiveLtem.Session.Log;

/// <summary>Repairs the file of raw frames and its agreement with the index. Changes no pixel.</summary>
internal sealed class StackRepair(string folder, RepairJournal journal)
{
    /// <summary>The raw frames: half a frame at the end, frames without a record, the header.</summary>
    public (long Received, long Kept, long EndedUnixNs) Mend(ShapeChoice choice, SessionManifest manifest, bool cutOff)
    {
        using var frames = SessionFrames.Open(folder, choice.Shape);
        if (choice.Shape is not { } known)
        {
            WriteAmended();
            return (frames.Records().LongCount(), 0, frames.Records().LastOrDefault().Record?.ReceivedUnixNs ?? 0);
        }

        var exists = File.Exists(Path.Combine(folder, frames.Layout!.FileName));
        var tally = Count(frames, amendTorn: cutOff && exists && choice.IsCertain);
        if (!exists)
        {
            if (tally.Torn.Count > 0)
            {
                journal.Say($"{frames.Layout.FileName} is gone: the pixels of {tally.Torn.Count} frames cannot be read");
            }

            WriteAmended();
            return (tally.Received, 0, tally.Last?.ReceivedUnixNs ?? 0);
        }

        if (tally.Torn.Count > 0)
        {
            journal.Say($"the pixels of frame {tally.Torn} are not there, the file ends before; counted as not recorded");
        }

        if (choice.IsCertain || tally.Received == 0)
        {
            AddOrphans(frames, known, tally);
        }

        WriteAmended();
        if (choice.IsCertain)
        {
            MendStack(known, manifest, tally.Summary, frames.WholeFrames);
        }

        return (tally.Received, tally.Summary.Frames, tally.Last?.ReceivedUnixNs ?? 0);
    }

    private Tally Count(SessionFrames frames, bool amendTorn)
    {
        var tally = new Tally();
        var whole = frames.WholeFrames;
        foreach (var (sequence, record) in frames.Records())
        {
            tally.Received++;
            if (record is not { } present)
            {
                continue;
            }

            tally.Last = present;
            if (journal.Guessed.Contains(sequence))
            {
                tally.Placeless.Enqueue((sequence, present));
            }
            else if (present.IsKept && present.Position < whole)
            {
                // Places that nobody speaks of belong to the damaged records in between.
                for (; tally.NextPosition < present.Position && tally.Placeless.TryDequeue(out var item); tally.NextPosition++)
                {
                    Place(item.Sequence, item.Record, tally);
                }

                tally.Placeless.Clear();
                tally.NextPosition = present.Position + 1;
                tally.Summary = tally.Summary.With(present);
            }
            else if (present.IsKept)
            {
                tally.Torn.Add(present.Number);
                if (amendTorn)
                {
                    journal.Amended.Add((sequence, present with { Position = IndexRecord.NotKept }));
                }
            }
        }

        return tally;
    }

    private void Place(long sequence, IndexRecord record, Tally tally)
    {
        journal.Amended.Add((sequence, record with { Position = tally.NextPosition }));
        tally.Summary = tally.Summary.With(record);
    }

    /// <summary>Whole frames that no record speaks of are kept: they get one.</summary>
    private void AddOrphans(SessionFrames frames, FrameShape shape, Tally tally)
    {
        var pixels = new byte[frames.WholeFrames > 0 ? shape.Bytes : 0];
        var numbers = new NumberRanges();
        for (var whole = frames.WholeFrames; tally.NextPosition < whole; tally.NextPosition++)
        {
            if (tally.Placeless.TryDequeue(out var item))
            {
                Place(item.Sequence, item.Record, tally);
                continue;
            }

            frames.TryReadPixels(tally.NextPosition, pixels);
            var record = RepairJournal.Guess(tally.Last) with { Hash = XxHash64.HashToUInt64(pixels) };
            Place(tally.Received++, record, tally);
            numbers.Add(record.Number);
            tally.Last = record;
        }

        if (numbers.Count > 0)
        {
            journal.Say($"{numbers.Count} frames had lost their record; they are kept as frame {numbers}, their times are not known");
        }
    }

    private void WriteAmended()
    {
        if (journal.Amended.Count == 0)
        {
            return;
        }

        using var file = File.OpenHandle(Path.Combine(folder, SessionFiles.Index), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[IndexRecord.Bytes];
        foreach (var (sequence, record) in journal.Amended)
        {
            record.Write(bytes);
            RandomAccess.Write(file, bytes, FrameIndex.OffsetOf(sequence));
        }

        RandomAccess.FlushToDisk(file);
    }

    private void MendStack(FrameShape shape, SessionManifest manifest, StackSummary summary, long whole)
    {
        using var stack = StackFile.Open(folder, shape, manifest.Segments[0].Calibration.PixelSizeNm?.Value, manifest.Id);
        var rest = stack.Length - stack.Layout.EndOf(whole);
        if (stack.Mend(summary with { Frames = whole }) is { } mended)
        {
            journal.Say($"{stack.Layout.FileName}: {mended}");
        }

        if (rest > 0)
        {
            journal.Say($"{stack.Layout.FileName}: {rest} bytes of a frame that was not whole were cut off");
        }

        stack.Flush();
    }

    /// <summary>What the index says of the raw frames.</summary>
    private sealed class Tally
    {
        public long Received { get; set; }

        public IndexRecord? Last { get; set; }

        public StackSummary Summary { get; set; } = StackSummary.Empty;

        /// <summary>The first place after those that records speak of.</summary>
        public long NextPosition { get; set; }

        /// <summary>Frames whose pixels should be behind the end of the file.</summary>
        public NumberRanges Torn { get; } = new();

        /// <summary>Records that were damaged and do not say where their pixels are.</summary>
        public Queue<(long Sequence, IndexRecord Record)> Placeless { get; } = new();
    }
}
