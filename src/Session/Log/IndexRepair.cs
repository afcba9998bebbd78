using Microsoft.Win32.SafeHandles;

namespace LiveLtem.Session.Log;

/// <summary>Repairs <c>frames.idx</c>, with the copy of it that the database holds.</summary>
internal sealed class IndexRepair(string folder, RepairJournal journal)
{
    /// <summary>The index: its head, a torn end, and records that were damaged.</summary>
    public void Mend()
    {
        var path = Path.Combine(folder, SessionFiles.Index);
        var lost = !File.Exists(path);
        using var file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        var head = new byte[FrameIndex.HeaderBytes];
        var read = RandomAccess.Read(file, head, 0);
        if (!FrameIndex.IsHeader(head.AsSpan(0, read)))
        {
            RandomAccess.Write(file, FrameIndex.Header(), 0);
            journal.Say(lost ? $"{SessionFiles.Index} was gone and was made anew" : $"the head of {SessionFiles.Index} was damaged and was written anew");
        }

        var length = RandomAccess.GetLength(file);
        var whole = (length - FrameIndex.HeaderBytes) / IndexRecord.Bytes;
        if (length > FrameIndex.OffsetOf(whole))
        {
            RandomAccess.SetLength(file, FrameIndex.OffsetOf(whole));
            journal.Say($"half a record at the end of {SessionFiles.Index} was cut off");
        }

        MendRecords(file, whole);
    }

    private void MendRecords(SafeFileHandle file, long whole)
    {
        using var stored = StoredRecords.TryOpen(folder);
        var bytes = new byte[IndexRecord.Bytes];
        var restored = 0L;
        IndexRecord? before = null;
        for (var sequence = 0L; sequence < Math.Max(whole, stored?.Count ?? 0); sequence++)
        {
            var there = sequence < whole && RandomAccess.Read(file, bytes, FrameIndex.OffsetOf(sequence)) == bytes.Length;
            if (there && IndexRecord.TryRead(bytes, out var record))
            {
                before = record;
                continue;
            }

            if (stored?.Find(sequence) is { } copy)
            {
                restored++;
                before = copy;
            }
            else if (there)
            {
                journal.Guessed.Add(sequence);
                before = RepairJournal.Guess(before);
            }
            else
            {
                break;
            }

            before.Value.Write(bytes);
            RandomAccess.Write(file, bytes, FrameIndex.OffsetOf(sequence));
            journal.Amended.Add((sequence, before.Value));
        }

        if (restored > 0)
        {
            journal.Say($"{restored} records of {SessionFiles.Index} were damaged or gone; they were restored from {SessionFiles.Database}");
        }

        if (journal.Guessed.Count > 0)
        {
            journal.Say($"{journal.Guessed.Count} records of {SessionFiles.Index} were damaged and have no copy; their frames go by the numbers in between and cannot be verified");
        }
    }
}
