using LiveLtem.Core;
using LiveLtem.Core.Live;

namespace LiveLtem.Session.Log;

/// <summary>Keeps the raw frames and their index; owns the state of the recording.</summary>
/// <remarks>Of each frame its record goes out first and then its pixels, both past all buffers of this process: when <see cref="Append"/> returns,
/// the frame survives the end of the process, and a frame that was caught in the middle is told by its hash. <see cref="Append"/> is called from one
/// thread; everything else is thread-safe.</remarks>
internal sealed class FrameLog : IDisposable
{
    private const int FramesToRecord = 16;
    private const long NotKnown = -1;
    private readonly string _folder;
    private readonly string _sessionId;
    private readonly double? _pixelSizeNm;
    private readonly SpaceReserve _reserve;
    private readonly TimeProvider _time;
    private readonly DateTimeOffset _startUtc;
    private readonly long _startTimestamp;
    private readonly FrameIndex _index;
    private readonly Lock _gate = new();
    private StackFile? _stack;
    private StackSummary _summary = StackSummary.Empty;
    private volatile RecordingState _state;
    private volatile string? _problem;
    private bool _diskWasFull;
    private long _received;
    private long _kept;
    private long _unindexed;
    private long _diskFree = NotKnown;

    public FrameLog(string folder, string sessionId, double? pixelSizeNm, SpaceReserve reserve, TimeProvider time)
    {
        _folder = folder;
        _sessionId = sessionId;
        _pixelSizeNm = pixelSizeNm;
        _reserve = reserve;
        _time = time;
        _startUtc = time.GetUtcNow();
        _startTimestamp = time.GetTimestamp();
        _index = FrameIndex.Create(Path.Combine(folder, SessionFiles.Index));
        LookAtDisk();
    }

    /// <summary>The recording failed, or there is room again. Called on the thread that found out, outside all locks.</summary>
    public event Action<RecordingStatus>? Changed;

    /// <summary>Called once, with what all frames of the session are.</summary>
    public event Action<FrameShape>? ShapeKnown;

    /// <summary>What all kept frames are; null before the first.</summary>
    public FrameShape? Shape => Volatile.Read(ref _stack)?.Layout.Shape;

    /// <summary>Records in the index that are final.</summary>
    public long Records => Interlocked.Read(ref _received) - Interlocked.Read(ref _unindexed);

    /// <summary>Received frames of which not even the record could be kept.</summary>
    public long Unindexed => Interlocked.Read(ref _unindexed);

    public RecordingStatus Status
    {
        get
        {
            var kept = Interlocked.Read(ref _kept);
            return new RecordingStatus
            {
                State = _state,
                Folder = _folder,
                Frames = kept,
                Bytes = kept * (Shape?.Bytes ?? 0),
                NotRecorded = Interlocked.Read(ref _received) - kept,
                DiskFreeBytes = DiskFree,
                Problem = _problem,
            };
        }
    }

    public void Append(Frame frame, GaugeReading gauge)
    {
        RecordingStatus? changed = null;
        lock (_gate)
        {
            var keep = _state == RecordingState.On && IsOfShape(frame, ref changed);
            if (!TryWriteRecord(IndexRecord.Of(gauge, keep ? _kept : IndexRecord.NotKept, ReceivedUnixNs(frame.Header)), ref changed))
            {
                Interlocked.Increment(ref _unindexed);
            }
            else if (keep && !TryWritePixels(frame, gauge, ref changed))
            {
                Amend(IndexRecord.Of(gauge, IndexRecord.NotKept, ReceivedUnixNs(frame.Header)));
            }

            Interlocked.Increment(ref _received);
        }

        Tell(changed);
    }

    /// <summary>Turns the recording on or off; where it cannot be turned on, the status says why.</summary>
    public RecordingStatus SetRecording(bool on)
    {
        lock (_gate)
        {
            if (!on)
            {
                _state = RecordingState.Off;
                _problem = null;
                return Status;
            }

            if (_state == RecordingState.On)
            {
                return Status;
            }

            LookAtDisk();
            if (DiskFree < RoomToRecord)
            {
                _state = RecordingState.Failed;
                _diskWasFull = true;
                _problem = $"the disk of {_folder} is full: recording takes {RoomToRecord >> 20} MiB free, there are {DiskFree >> 20}";
                return Status;
            }

            try
            {
                _reserve.Take();
                _state = RecordingState.On;
                _problem = null;
                _diskWasFull = false;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                _state = RecordingState.Failed;
                _problem = Problem(error);
            }

            return Status;
        }
    }

    /// <summary>Reads records that are final, for the database.</summary>
    public int ReadRecords(long first, Span<byte> destination) => _index.Read(first, destination);

    /// <summary>Hands everything to the disk, so that it survives a power failure too, and looks whether there is room again.</summary>
    public void Flush()
    {
        RecordingStatus? changed = null;
        try
        {
            _index.Flush();
            Volatile.Read(ref _stack)?.Flush();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            lock (_gate)
            {
                Fail(error, ref changed);
            }
        }

        LookAtDisk();
        lock (_gate)
        {
            if (_diskWasFull && _state == RecordingState.Failed && DiskFree >= RoomToRecord)
            {
                _diskWasFull = false;
                _problem = "the disk was full; there is room again: start the recording";
                changed = Status;
            }
        }

        Tell(changed);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _index.Dispose();
            _stack?.Dispose();
        }
    }

    /// <summary>Free bytes without which a recording is not worth starting: it would be over at once.</summary>
    private long RoomToRecord => (2 * _reserve.Bytes) + (FramesToRecord * (Shape?.Bytes ?? 0));

    /// <summary>Free bytes when somebody last looked, or null.</summary>
    private long? DiskFree => Interlocked.Read(ref _diskFree) is var bytes and not NotKnown ? bytes : null;

    private void LookAtDisk() => Interlocked.Exchange(ref _diskFree, _reserve.FreeBytes ?? NotKnown);

    private bool IsOfShape(Frame frame, ref RecordingStatus? changed)
    {
        var shape = FrameShape.Of(frame);
        if (_stack is null)
        {
            try
            {
                Volatile.Write(ref _stack, StackFile.Open(_folder, shape, _pixelSizeNm, _sessionId));
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                Fail(error, ref changed);
                return false;
            }

            ShapeKnown?.Invoke(shape);
            return true;
        }

        if (_stack.Layout.Shape == shape)
        {
            return true;
        }

        _state = RecordingState.Failed;
        _problem = $"frame {frame.Number} is {shape}, the recording holds {_stack.Layout.Shape}: a recording keeps frames of one kind; start a new session";
        changed = Status;
        return false;
    }

    private bool TryWriteRecord(IndexRecord record, ref RecordingStatus? changed)
    {
        var sequence = Records;
        try
        {
            _index.Write(sequence, record);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Fail(error, ref changed);
        }

        try
        {
            // The reserve is free now, and a record is small: at least the hash and the times are kept.
            _index.Write(sequence, record with { Position = IndexRecord.NotKept });
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Told already, when the recording failed.
            return false;
        }

        return true;
    }

    private bool TryWritePixels(Frame frame, GaugeReading gauge, ref RecordingStatus? changed)
    {
        if (_state != RecordingState.On)
        {
            return false;
        }

        var summary = _summary.With(IndexRecord.Of(gauge, _kept, 0));
        try
        {
            _stack!.Append(frame.Bytes, summary);
            _summary = summary;
            Interlocked.Increment(ref _kept);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Fail(error, ref changed);
            CutTorn();
            return false;
        }
    }

    private void CutTorn()
    {
        try
        {
            _stack!.CutTo(_kept);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // A disk that is gone altogether: the next frame overwrites what is torn, or a repair cuts it off.
        }
    }

    private void Amend(IndexRecord record)
    {
        try
        {
            _index.Write(Records, record);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The record says that the frame was kept, and it was not: whoever opens the session sees that the file ends before it.
        }
    }

    private void Fail(Exception error, ref RecordingStatus? changed)
    {
        _reserve.Release();
        if (_state == RecordingState.On)
        {
            _state = RecordingState.Failed;
            _problem = Problem(error);
            changed = Status;
        }
    }

    private string Problem(Exception error)
    {
        const long FewBytes = 1 << 20;
        LookAtDisk();
        _diskWasFull = DiskFree < _reserve.Bytes + (2 * (Shape?.Bytes ?? 0)) + FewBytes;
        return _diskWasFull
            ? $"the disk of {_folder} is full: make room and start the recording again; what was recorded is kept"
            : $"{_folder} cannot be written: {IoReason.Of(error)}";
    }

    private long ReceivedUnixNs(FrameHeader header)
    {
        // From one fixed moment on, so that the times of frames never go back when the wall clock is set.
        var received = header.ReceivedTimestamp != 0 ? header.ReceivedTimestamp : _time.GetTimestamp();
        return (_startUtc + _time.GetElapsedTime(_startTimestamp, received) - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
    }

    private void Tell(RecordingStatus? changed)
    {
        if (changed is not null)
        {
            Changed?.Invoke(changed);
        }
    }
}
