using LiveLtem.Core;
using LiveLtem.Core.Pipeline;

namespace LiveLtem.Session.Report;

/// <summary>One track as the report counts it.</summary>
/// <param name="Points">Frames it was measured in.</param>
/// <param name="Symmetry">The symmetry it was decided to have.</param>
internal readonly record struct TrackSummary(int Points, int Symmetry);

/// <summary>What a report shows, gathered while the session runs in memory that does not grow with its length.</summary>
/// <remarks>Only the tracks are counted one by one.</remarks>
internal sealed class ReportData
{
    private readonly Dictionary<int, TrackSummary> _tracks = [];
    private FrameRow? _first;
    private FrameRow? _last;

    /// <summary>Frames received.</summary>
    public long Received { get; private set; }

    /// <summary>Frames analysed.</summary>
    public long Processed { get; private set; }

    /// <summary>Frames lost before they reached us, by their numbers.</summary>
    public long Lost { get; private set; }

    /// <summary>Points of all tracks.</summary>
    public long Points { get; private set; }

    /// <summary>Points whose rotation may be off by a symmetry step.</summary>
    public long Ambiguous { get; private set; }

    /// <summary>Largest fraction of saturated pixels in a frame.</summary>
    public double Saturated { get; private set; }

    /// <summary>Whether the x axis is time; else it is the frame number.</summary>
    public bool TimeIsKnown { get; private set; }

    public FrameRow? First => _first;

    public FrameRow? Last => _last;

    public Series Particles { get; } = new();

    public Series Snr { get; } = new();

    public Series Counts { get; } = new();

    public Series DriftX { get; } = new();

    public Series DriftY { get; } = new();

    public Series Dose { get; } = new();

    public LatencyHistogram Latency { get; } = new();

    /// <summary>Structural states; empty where there are none.</summary>
    public StateSeries States { get; } = new();

    /// <summary>Every track, in no order.</summary>
    public IReadOnlyCollection<TrackSummary> Tracks => _tracks.Values;

    public void Add(FrameRow row)
    {
        if (_first is null)
        {
            _first = row;
            TimeIsKnown = row.TimeS is not null;
        }

        _last = row;
        Received++;
        Processed += row.Processed ? 1 : 0;
        Lost += row.DroppedBefore;
        Saturated = Math.Max(Saturated, row.SaturatedFraction);
        var x = TimeIsKnown ? row.TimeS ?? double.NaN : row.Frame;
        if (!double.IsFinite(x))
        {
            return;
        }

        Particles.Add(x, row.Particles);
        Snr.Add(x, row.Snr);
        Counts.Add(x, row.MeanCounts);
        DriftX.Add(x, row.DriftXPx);
        DriftY.Add(x, row.DriftYPx);
        Dose.Add(x, row.DoseEPerA2);
        if (row.LatencyMs is { } latency && double.IsFinite(latency))
        {
            Latency.Record(TimeSpan.FromMilliseconds(Math.Max(0, latency)));
        }
    }

    public void Add(FrameTracks tracks, FrameRow row)
    {
        States.Add(tracks, TimeIsKnown ? row.TimeS ?? double.NaN : row.Frame);
        foreach (var point in tracks.Points)
        {
            Points++;
            Ambiguous += point.Flags.HasFlag(DetectionFlags.RotationAmbiguous) ? 1 : 0;
            var before = _tracks.GetValueOrDefault(point.Particle);
            _tracks[point.Particle] = new TrackSummary(before.Points + 1, point.Fit.Symmetry);
        }
    }
}
