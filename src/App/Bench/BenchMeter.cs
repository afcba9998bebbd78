using System.Diagnostics;
using LiveLtem.Core;

namespace LiveLtem.App.Bench;

/// <summary>Reads clock, processor time, garbage and collections as rows come out, from the end of the warm-up on.</summary>
internal sealed class BenchMeter(int warmUp) : IResultSink
{
    private Reading _first;
    private Reading _last;
    private long _rows;

    /// <summary>Frames between the two readings.</summary>
    public long Frames => Math.Max(1, _rows - warmUp);

    /// <summary>Frames a second.</summary>
    public double FramesPerSecond => Frames / Math.Max(1e-9, Stopwatch.GetElapsedTime(_first.Timestamp, _last.Timestamp).TotalSeconds);

    /// <summary>Processor time of all threads a frame, ms.</summary>
    public double CpuMsPerFrame => (_last.Cpu - _first.Cpu).TotalMilliseconds / Frames;

    /// <summary>Managed bytes allocated a frame.</summary>
    public double BytesPerFrame => (_last.Allocated - _first.Allocated) / (double)Frames;

    /// <summary>Collections by generation.</summary>
    public IReadOnlyList<int> Collections => [_last.Gen0 - _first.Gen0, _last.Gen1 - _first.Gen1, _last.Gen2 - _first.Gen2];

    public void OnFrame(FrameRow row)
    {
        if (++_rows == warmUp)
        {
            _first = Reading.Now();
        }
    }

    public void OnTracks(FrameTracks tracks, FrameRow row)
    {
    }

    public ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        _last = Reading.Now();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private readonly record struct Reading(long Timestamp, TimeSpan Cpu, long Allocated, int Gen0, int Gen1, int Gen2)
    {
        public static Reading Now() => new(
            Stopwatch.GetTimestamp(),
            Environment.CpuUsage.TotalTime,
            GC.GetTotalAllocatedBytes(precise: true),
            GC.CollectionCount(0),
            GC.CollectionCount(1),
            GC.CollectionCount(2));
    }
}
