using System.IO.Hashing;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using Microsoft.Data.Sqlite;

namespace LiveLtem.Session.Log;

/// <summary>Brings the files of a session that was cut off, or damaged, back into agreement, and says what it did.</summary>
/// <remarks>Pixels are never changed, and no frame that is whole is ever taken away: only half a frame at the end is cut off. A session that
/// another process writes is refused. Repairing twice is the same as repairing once.</remarks>
public static class SessionRecovery
{
    /// <summary>Repairs a session.</summary>
    /// <param name="folder">The session.</param>
    /// <returns>What was done, one line each; empty where nothing was wrong.</returns>
    /// <exception cref="InputException">It is no session, it is being recorded, a later version wrote it, or its folder cannot be written.</exception>
    public static IReadOnlyList<string> Repair(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        try
        {
            if (!SessionDetails.IsSession(folder))
            {
                throw new InputException($"{folder} is no session: it holds no {SessionFiles.Manifest}");
            }

            RefuseLaterVersions(folder);
            using var held = SessionLock.Take(folder) ?? throw new InputException($"{folder} is being recorded by another process; it needs no repair");
            return new Run(folder).Repair();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{folder} cannot be repaired: {error.Message}", error);
        }
    }

    private static void RefuseLaterVersions(string folder)
    {
        try
        {
            _ = ManifestFile.Read(folder);
        }
        catch (InputException error) when (error is not LaterVersionException)
        {
            // Damaged or gone: that is what a repair is for.
        }

        try
        {
            SessionReader.Open(Path.Combine(folder, SessionFiles.Database)).Dispose();
        }
        catch (SqliteException)
        {
            // As above.
        }
    }

    private sealed class Run(string folder)
    {
        private readonly List<string> _done = [];
        private readonly List<(long Sequence, IndexRecord Record)> _amended = [];
        private readonly HashSet<long> _guessed = [];

        public List<string> Repair()
        {
            var manifest = ReadManifest(out var rescued);
            var shape = manifest.Shape ?? StackShape.Find(folder);
            var cutOff = rescued || manifest.State == SessionManifest.Recording;
            MendIndex();
            var (received, kept, ended) = MendFrames(shape, manifest, cutOff);
            MendDatabase(manifest, received);
            DeleteLeftovers();
            if (cutOff || _done.Count > 0)
            {
                if (cutOff)
                {
                    _done.Add($"the session was cut off; it holds {kept} frames of {received} received");
                }

                ManifestFile.Write(folder, manifest with
                {
                    State = cutOff ? SessionManifest.Interrupted : manifest.State,
                    Ended = manifest.Ended ?? (ended > 0 ? UnixTime.Of(ended) : manifest.Started),
                    Shape = shape,
                    Counts = (received, kept),
                    Notes = [.. manifest.Notes, .. _done.Select(line => $"repaired: {line}")],
                });
            }

            return _done;
        }

        private SessionManifest ReadManifest(out bool rescued)
        {
            rescued = false;
            try
            {
                return ManifestFile.Read(folder);
            }
            catch (InputException error) when (error is not LaterVersionException)
            {
                rescued = true;
                var path = Path.Combine(folder, SessionFiles.Manifest);
                if (File.Exists(path))
                {
                    File.Move(path, path + ".damaged", overwrite: true);
                }

                if (CopyInDatabase() is { } copy)
                {
                    _done.Add($"{SessionFiles.Manifest} was damaged or gone; it was made anew from its copy in {SessionFiles.Database}");
                    return copy;
                }

                _done.Add($"{SessionFiles.Manifest} was damaged or gone and there is no copy of it; source, profile and calibration are not known any more");
                return Unknown();
            }
        }

        private SessionManifest? CopyInDatabase()
        {
            try
            {
                using var reader = SessionReader.Open(Path.Combine(folder, SessionFiles.Database));
                return reader.Text($"SELECT value FROM settings WHERE key = '{SessionFiles.Manifest}'") is { } text
                    ? SessionManifest.Parse(text, SessionFiles.Database)
                    : null;
            }
            catch (Exception error) when (error is SqliteException or FrameFormatException)
            {
                return null;
            }
        }

        private SessionManifest Unknown() => new()
        {
            Id = Path.GetFileName(folder),
            State = SessionManifest.Recording,
            Started = new DateTimeOffset(Directory.GetCreationTimeUtc(folder), TimeSpan.Zero),
            Description = new SessionDescription { Source = "", Calibration = Calibration.Unknown, ProfileName = "", ProfileText = "", Version = "" },
            Segments = [new SessionSegment(0, null, Calibration.Unknown)],
        };

        /// <summary>The index: its head, a torn end, and records that were damaged.</summary>
        private void MendIndex()
        {
            var path = Path.Combine(folder, SessionFiles.Index);
            var lost = !File.Exists(path);
            using var file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            var head = new byte[FrameIndex.HeaderBytes];
            var read = RandomAccess.Read(file, head, 0);
            if (!FrameIndex.IsHeader(head.AsSpan(0, read)))
            {
                RandomAccess.Write(file, FrameIndex.Header(), 0);
                _done.Add(lost ? $"{SessionFiles.Index} was gone and was made anew" : $"the head of {SessionFiles.Index} was damaged and was written anew");
            }

            var length = RandomAccess.GetLength(file);
            var whole = (length - FrameIndex.HeaderBytes) / IndexRecord.Bytes;
            if (length > FrameIndex.OffsetOf(whole))
            {
                RandomAccess.SetLength(file, FrameIndex.OffsetOf(whole));
                _done.Add($"half a record at the end of {SessionFiles.Index} was cut off");
            }

            MendRecords(file, whole);
        }

        private void MendRecords(Microsoft.Win32.SafeHandles.SafeFileHandle file, long whole)
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
                    _guessed.Add(sequence);
                    before = Guess(before);
                }
                else
                {
                    break;
                }

                before.Value.Write(bytes);
                RandomAccess.Write(file, bytes, FrameIndex.OffsetOf(sequence));
                _amended.Add((sequence, before.Value));
            }

            if (restored > 0)
            {
                _done.Add($"{restored} records of {SessionFiles.Index} were damaged or gone; they were restored from {SessionFiles.Database}");
            }

            if (_guessed.Count > 0)
            {
                _done.Add($"{_guessed.Count} records of {SessionFiles.Index} were damaged and have no copy; their frames go by the numbers in between and cannot be verified");
            }
        }

        /// <summary>A frame of which nothing is known: it takes the next number; where its pixels are is seen later.</summary>
        private static IndexRecord Guess(IndexRecord? before) => new()
        {
            Number = (before?.Number ?? -1) + 1,
            Position = IndexRecord.NotKept,
            ReceivedUnixNs = before?.ReceivedUnixNs ?? 0,
            Hash = 0,
            MeanCounts = double.NaN,
            Segment = before?.Segment ?? 0,
            Flags = IndexFlags.Recovered,
        };

        /// <summary>The raw frames: half a frame at the end, frames without a record, the header.</summary>
        private (long Received, long Kept, long EndedUnixNs) MendFrames(FrameShape? shape, SessionManifest manifest, bool cutOff)
        {
            using var frames = SessionFrames.Open(folder, shape);
            if (shape is not { } known)
            {
                return (frames.Records().LongCount(), 0, frames.Records().LastOrDefault().Record?.ReceivedUnixNs ?? 0);
            }

            var exists = File.Exists(Path.Combine(folder, frames.Layout!.FileName));
            var tally = Count(frames, amendTorn: cutOff && exists);
            if (!exists)
            {
                if (tally.Torn.Count > 0)
                {
                    _done.Add($"{frames.Layout.FileName} is gone: the pixels of {tally.Torn.Count} frames cannot be read");
                }

                return (tally.Received, 0, tally.Last?.ReceivedUnixNs ?? 0);
            }

            if (tally.Torn.Count > 0)
            {
                _done.Add($"the pixels of frame {tally.Torn} are not there, the file ends before; counted as not recorded");
            }

            AddOrphans(frames, known, tally);
            WriteAmended();
            MendStack(known, manifest, tally.Summary, frames.WholeFrames);
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
                if (_guessed.Contains(sequence))
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
                        _amended.Add((sequence, present with { Position = IndexRecord.NotKept }));
                    }
                }
            }

            return tally;
        }

        private void Place(long sequence, IndexRecord record, Tally tally)
        {
            _amended.Add((sequence, record with { Position = tally.NextPosition }));
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
                var record = Guess(tally.Last) with { Hash = XxHash64.HashToUInt64(pixels) };
                Place(tally.Received++, record, tally);
                numbers.Add(record.Number);
                tally.Last = record;
            }

            if (numbers.Count > 0)
            {
                _done.Add($"{numbers.Count} frames had lost their record; they are kept as frame {numbers}, their times are not known");
            }
        }

        private void WriteAmended()
        {
            if (_amended.Count == 0)
            {
                return;
            }

            using var file = File.OpenHandle(Path.Combine(folder, SessionFiles.Index), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[IndexRecord.Bytes];
            foreach (var (sequence, record) in _amended)
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
                _done.Add($"{stack.Layout.FileName}: {mended}");
            }

            if (rest > 0)
            {
                _done.Add($"{stack.Layout.FileName}: {rest} bytes of a frame that was not whole were cut off");
            }

            stack.Flush();
        }

        private void MendDatabase(SessionManifest manifest, long received)
        {
            var path = Path.Combine(folder, SessionFiles.Database);
            try
            {
                FillDatabase(path, manifest, received);
            }
            catch (SqliteException error) when (error.SqliteErrorCode is not (SQLitePCL.raw.SQLITE_FULL or SQLitePCL.raw.SQLITE_BUSY))
            {
                var events = SetAside(path);
                FillDatabase(path, manifest, received, events);
                _done.Add($"{SessionFiles.Database} was damaged ({error.Message.TrimEnd('.')}) and was made anew from {SessionFiles.Index} with {events.Count} events; "
                    + $"the old one is {SessionFiles.Database}.damaged; results come back with 'liveltem analyze'");
            }
            catch (SqliteException error)
            {
                throw new IOException($"{SessionFiles.Database}: {error.Message}", error);
            }
        }

        private void FillDatabase(string path, SessionManifest manifest, long received, IReadOnlyList<SessionEvent>? events = null)
        {
            var isNew = !File.Exists(path);
            using var database = isNew ? SessionDatabase.Create(path) : SessionDatabase.OpenForWriting(path, survivesPowerFailure: true);
            if (!isNew)
            {
                Check(database);
            }

            if (isNew && events is null)
            {
                _done.Add($"{SessionFiles.Database} was gone and was made anew from {SessionFiles.Index}; results come back with 'liveltem analyze'");
            }

            var added = CopyRecords(database, received);
            database.Transact(() =>
            {
                database.SetSetting(SessionFiles.Manifest, manifest.Write());
                foreach (var happening in events ?? [])
                {
                    database.Insert(happening);
                }
            });
            database.Close();
            if (added > 0 && !isNew)
            {
                _done.Add($"{SessionFiles.Database}: the records of {added} frames were brought in from {SessionFiles.Index}");
            }
        }

        private static void Check(SessionDatabase database)
        {
            using var command = database.Connection.CreateCommand();
            command.CommandText = "PRAGMA quick_check(1)";
            if (command.ExecuteScalar() as string is not "ok" and var problem)
            {
                throw new SqliteException(problem ?? "it cannot be checked", SQLitePCL.raw.SQLITE_CORRUPT);
            }

            command.CommandText = "SELECT (SELECT count(*) FROM rows), (SELECT count(*) FROM tracks), (SELECT count(*) FROM events), (SELECT count(*) FROM settings)";
            command.ExecuteScalar();
        }

        private long CopyRecords(SessionDatabase database, long received)
        {
            using var command = database.Connection.CreateCommand();
            command.CommandText = "SELECT count(*) FROM frames WHERE seq < $received";
            command.Parameters.AddWithValue("$received", received);
            var present = (long)command.ExecuteScalar()!;
            command.CommandText = "SELECT coalesce(max(seq) + 1, 0) FROM frames";
            var next = (long)command.ExecuteScalar()!;
            var from = present == next ? present : 0;
            var amended = _amended.Select(item => item.Sequence).ToHashSet();
            if (from >= received && amended.Count == 0)
            {
                return 0;
            }

            var added = 0L;
            using var frames = SessionFrames.Open(folder, null);
            database.Transact(() =>
            {
                foreach (var (sequence, record) in frames.Records())
                {
                    if (record is { } known && (sequence >= from || amended.Contains(sequence)))
                    {
                        database.Insert(sequence, known);
                        added += sequence >= present ? 1 : 0;
                    }
                }
            });
            return added;
        }

        /// <summary>Puts a damaged database aside, with whatever events can still be read in it.</summary>
        private static IReadOnlyList<SessionEvent> SetAside(string path)
        {
            IReadOnlyList<SessionEvent> events = [];
            try
            {
                using var reader = SessionReader.Open(path);
                events = reader.EventsAfter(0);
            }
            catch (SqliteException)
            {
                // They are in the part that is damaged; the file is kept.
            }

            File.Move(path, path + ".damaged", overwrite: true);
            File.Delete(path + "-shm");
            if (File.Exists(path + "-wal"))
            {
                File.Move(path + "-wal", path + ".damaged-wal", overwrite: true);
            }

            return events;
        }

        private void DeleteLeftovers()
        {
            File.Delete(Path.Combine(folder, SessionFiles.Reserve));
            File.Delete(Path.Combine(folder, SessionFiles.Manifest + ".next"));
            foreach (var partial in Directory.GetFiles(folder, "*.partial.*"))
            {
                File.Delete(partial);
            }
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
}
