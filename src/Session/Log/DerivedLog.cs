using System.Runtime.InteropServices;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using Microsoft.Data.Sqlite;

namespace LiveLtem.Session.Log;

/// <summary>Writes everything but the pixels to <c>session.db</c>: results about twice a second, events at once. Thread-safe.</summary>
/// <remarks>Results wait in memory, at most for half a second, and go out in one transaction on a task of their own. The table of frames is copied
/// from the index, which is written with each frame. Where the database cannot be written, results wait up to a limit and are then
/// counted as lost; events wait in memory. Raw frames never wait for any of it.</remarks>
internal sealed class DerivedLog : IAsyncDisposable
{
    private const int MostRowsWaiting = 200_000;
    private const int RowsInATransaction = 20_000;
    private const int RecordsInABlock = 512;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private readonly string _path;
    private readonly FrameLog _frames;
    private readonly SpaceReserve _reserve;
    private readonly SessionDatabase _batch;
    private readonly SessionDatabase _events;
    private readonly SessionReader _reader;
    private readonly Lock _write = new();
    private readonly object _gate = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly List<SessionEvent> _unwritten = [];
    private readonly byte[] _records = new byte[RecordsInABlock * IndexRecord.Bytes];
    private readonly Task _writing;
    private List<Result> _waiting = [];
    private List<Result> _taken = [];
    private int _rowsWaiting;
    private long _copied;
    private long _lastEvent;
    private long _lost;
    private string? _problem;
    private bool _stopping;
    private bool _closed;

    /// <summary>Makes the database and begins to write.</summary>
    public DerivedLog(string path, FrameLog frames, SpaceReserve reserve)
    {
        _path = path;
        _frames = frames;
        _reserve = reserve;
        _batch = SessionDatabase.Create(path);
        _events = SessionDatabase.OpenForWriting(path, survivesPowerFailure: true);
        _reader = SessionReader.Open(path);
        _writing = Task.Factory.StartNew(WriteUntilStopped, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Rows and points that could not be kept.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    /// <summary>What keeps the database from being written, or null.</summary>
    public string? Problem => Volatile.Read(ref _problem);

    /// <summary>Keeps a row of <c>frames.csv</c>.</summary>
    public void Add(FrameRow row) => Add(new Result(row, null), 1);

    /// <summary>Keeps the points of a frame.</summary>
    public void Add(FrameTracks tracks, FrameRow row) => Add(new Result(row, tracks), tracks.Points.Count);

    /// <summary>Writes events through to the disk in one transaction and gives them their numbers.</summary>
    public IReadOnlyList<SessionEvent> Add(IReadOnlyList<SessionEvent> happenings)
    {
        lock (_write)
        {
            SessionEvent[] numbered = [.. happenings.Select(happening => happening with { Id = ++_lastEvent })];
            _unwritten.AddRange(numbered);
            WriteEvents();
            return numbered;
        }
    }

    public IReadOnlyList<SessionEvent> EventsAfter(long afterId)
    {
        IReadOnlyList<SessionEvent> waiting;
        lock (_write)
        {
            waiting = [.. _unwritten.Where(happening => happening.Id > afterId)];
        }

        var written = Volatile.Read(ref _closed) ? ReadClosed(afterId) : _reader.EventsAfter(afterId);
        return waiting.Count == 0 ? written : [.. written.UnionBy(waiting, happening => happening.Id).OrderBy(happening => happening.Id)];
    }

    /// <summary>Keeps a text under a name, for whoever has lost <c>session.json</c>.</summary>
    public void SetSetting(string key, string value)
    {
        lock (_write)
        {
            try
            {
                _events.Transact(() => _events.SetSetting(key, value));
            }
            catch (SqliteException error)
            {
                Note(error);
            }
        }
    }

    /// <summary>Writes all that waits and closes the database.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _stopping, true))
        {
            return;
        }

        _wake.Release();
        await _writing.ConfigureAwait(false);
        lock (_write)
        {
            WriteEvents();
            _reader.Dispose();
            _events.Dispose();
            Volatile.Write(ref _closed, true);
            try
            {
                _batch.Close();
            }
            catch (SqliteException error)
            {
                // It stays with its log beside it, which the next one to open it brings in.
                Note(error);
            }

            _batch.Dispose();
        }

        _wake.Dispose();
    }

    private IReadOnlyList<SessionEvent> ReadClosed(long afterId)
    {
        using var reader = SessionReader.Open(_path);
        return reader.EventsAfter(afterId);
    }

    private void Add(Result result, int rows)
    {
        lock (_gate)
        {
            while (_rowsWaiting > MostRowsWaiting && Problem is null && !_stopping)
            {
                // The disk is behind: the analysis waits for it, the frames do not.
                _wake.Release();
                Monitor.Wait(_gate);
            }

            if (_rowsWaiting > MostRowsWaiting || _stopping)
            {
                Interlocked.Add(ref _lost, rows);
                return;
            }

            _waiting.Add(result);
            _rowsWaiting += rows;
        }
    }

    private void WriteUntilStopped()
    {
        bool stopping;
        do
        {
            _wake.Wait(Interval);
            stopping = Volatile.Read(ref _stopping);
            Take();
            var done = WriteTaken();
            Keep(done, stopping);
        }
        while (!stopping);
    }

    private void Take()
    {
        lock (_gate)
        {
            if (_taken.Count == 0)
            {
                (_waiting, _taken) = (_taken, _waiting);
            }
            else
            {
                _taken.AddRange(_waiting);
                _waiting.Clear();
            }
        }
    }

    /// <summary>Writes what was taken, some transactions' worth.</summary>
    /// <returns>Results written.</returns>
    private int WriteTaken()
    {
        var done = 0;
        try
        {
            bool more;
            do
            {
                if (_reserve.FreeBytes < _reserve.Bytes / 4)
                {
                    // What is left of the reserve is for events and for closing the session.
                    Volatile.Write(ref _problem, "the disk is full");
                    return done;
                }

                var (next, copied) = (done, _copied);
                lock (_write)
                {
                    WriteEvents();
                    _batch.Transact(() =>
                    {
                        copied = CopyRecords();
                        next = InsertSome(done);
                    });
                }

                more = next < _taken.Count || (copied > _copied && copied < _frames.Records);
                (done, _copied) = (next, copied);
            }
            while (more);

            Volatile.Write(ref _problem, null);
        }
        catch (Exception error) when (error is SqliteException or IOException)
        {
            Note(error);
        }

        return done;
    }

    private void Keep(int done, bool stopping)
    {
        lock (_gate)
        {
            foreach (var result in CollectionsMarshal.AsSpan(_taken)[..done])
            {
                _rowsWaiting -= result.Rows;
            }

            _taken.RemoveRange(0, done);
            if (stopping)
            {
                Interlocked.Add(ref _lost, _taken.Sum(result => (long)result.Rows));
            }

            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Copies records of the index that came since.</summary>
    private long CopyRecords()
    {
        var sequence = _copied;
        var end = Math.Min(_frames.Records, sequence + RowsInATransaction);
        while (sequence < end)
        {
            var read = _frames.ReadRecords(sequence, _records.AsSpan(0, (int)Math.Min(RecordsInABlock, end - sequence) * IndexRecord.Bytes));
            if (read == 0)
            {
                break;
            }

            for (var i = 0; i < read; i++)
            {
                if (IndexRecord.TryRead(_records.AsSpan(i * IndexRecord.Bytes), out var record))
                {
                    _batch.Insert(sequence + i, record);
                }
            }

            sequence += read;
        }

        return sequence;
    }

    private int InsertSome(int first)
    {
        var rows = 0;
        var next = first;
        while (next < _taken.Count && rows < RowsInATransaction)
        {
            var result = _taken[next++];
            rows += result.Rows;
            if (result.Tracks is null)
            {
                _batch.Insert(result.Row);
                continue;
            }

            foreach (var point in result.Tracks.Points)
            {
                _batch.Insert(point, result.Row);
            }
        }

        return next;
    }

    /// <summary>Writes the events that wait, each survives a power failure; on a full disk with the help of the reserve. Inside the lock.</summary>
    private void WriteEvents()
    {
        if (_unwritten.Count > 0 && !TryWriteEvents())
        {
            _reserve.Release();
            TryWriteEvents();
        }
    }

    private bool TryWriteEvents()
    {
        try
        {
            // What ends a session may be told when its database is closed already.
            using var reopened = _closed ? SessionDatabase.OpenForWriting(_path, survivesPowerFailure: true) : null;
            var database = reopened ?? _events;
            database.Transact(() => _unwritten.ForEach(database.Insert));
            _unwritten.Clear();
            reopened?.Close();
            return true;
        }
        catch (SqliteException error)
        {
            Note(error);
            return false;
        }
    }

    private void Note(Exception error)
    {
        _reserve.Release();
        Volatile.Write(ref _problem, error is SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_FULL } ? "the disk is full" : error.Message);
    }

    /// <summary>What waits: a row, or the points of one with the row for their time and dose.</summary>
    private readonly record struct Result(FrameRow Row, FrameTracks? Tracks)
    {
        public int Rows => Tracks?.Points.Count ?? 1;
    }
}
