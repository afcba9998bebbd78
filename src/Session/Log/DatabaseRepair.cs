using LiveLtem.Core.Live;
using Microsoft.Data.Sqlite;

namespace LiveLtem.Session.Log;

/// <summary>Repairs <c>session.db</c>: brings in what its log and the index hold, or makes it anew.</summary>
internal sealed class DatabaseRepair(string folder, RepairJournal journal)
{
    public void Mend(SessionManifest manifest, long received)
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
            journal.Say($"{SessionFiles.Database} was damaged ({SqliteReason.Of(error)}) and was made anew from {SessionFiles.Index} with {events.Count} events; "
                + $"the old one is {SessionFiles.Database}.damaged; results come back with 'liveltem analyze'");
        }
        catch (SqliteException error)
        {
            throw new IOException($"{SessionFiles.Database}: {SqliteReason.Of(error)}", error);
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
            journal.Say($"{SessionFiles.Database} was gone and was made anew from {SessionFiles.Index}; results come back with 'liveltem analyze'");
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
            journal.Say($"{SessionFiles.Database}: the records of {added} frames were brought in from {SessionFiles.Index}");
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
        var amended = journal.Amended.Select(item => item.Sequence).ToHashSet();
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
}
