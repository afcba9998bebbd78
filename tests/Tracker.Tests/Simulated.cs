using System.Collections.Immutable;
using LiveLtem.Core;

namespace LiveLtem.Tracker.Tests;

/// <summary>Makes detections as a detector would, with the truth kept beside them.</summary>
internal static class Simulated
{
    public static Detection At(
        double x, double y, double errPx = 0.1, double? angleDeg = null, int symmetry = 0, double sidePx = 30, DetectionFlags flags = default, int layer = 0) =>
        Of([Fit(x, y, errPx, angleDeg, symmetry, sidePx)], flags, layer);

    public static Detection Of(ImmutableArray<ShapeFit> fits, DetectionFlags flags = default, int layer = 0) =>
        new() { Fits = fits, Score = 0.9, Flags = flags, Layer = layer };

    public static ShapeFit Fit(double x, double y, double errPx = 0.1, double? angleDeg = null, int symmetry = 0, double sidePx = 30, double logEvidence = 0) => new()
    {
        Symmetry = symmetry,
        XPx = x,
        YPx = y,
        XErrPx = errPx,
        YErrPx = errPx,
        AngleDeg = angleDeg is { } a && symmetry > 0 ? Modulo(a, 360.0 / symmetry) : null,
        AngleErrDeg = angleDeg is null ? null : 1,
        AreaPx = sidePx * sidePx,
        MajorPx = sidePx,
        MinorPx = sidePx,
        LogEvidence = logEvidence,
    };

    public static FrameDetections Frame(long number, IEnumerable<Detection> particles, int height = 512, int width = 512) => new()
    {
        Header = new FrameHeader { Number = number },
        Particles = [.. particles],
        Height = height,
        Width = width,
    };

    public static double Modulo(double value, double period) => value - (period * Math.Floor(value / period));

    public static double Gauss(this Random random, double sigma = 1) =>
        sigma * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    /// <summary>Runs a whole recording and returns its final frames.</summary>
    public static List<FrameTracks> Run(ParticleTracker tracker, IEnumerable<FrameDetections> frames)
    {
        List<FrameTracks> finished = [];
        foreach (var frame in frames)
        {
            tracker.Track(frame);
            finished.AddRange(tracker.TakeFinished());
        }

        tracker.Complete();
        finished.AddRange(tracker.TakeFinished());
        return finished;
    }
}

/// <summary>A recording whose truth is known: detections by frame, and whose each is (-1: nobody's).</summary>
internal sealed class TrueRecording(int height = 512, int width = 512)
{
    public List<FrameDetections> Frames { get; } = [];

    public List<int[]> Owners { get; } = [];

    public void Add(IReadOnlyList<(int Owner, Detection Detection)> particles)
    {
        Frames.Add(Simulated.Frame(Frames.Count, particles.Select(p => p.Detection), height, width));
        Owners.Add([.. particles.Select(p => p.Owner)]);
    }

    /// <summary>How often a particle's track changes from one of its detections to the next.</summary>
    public int Switches(IReadOnlyList<FrameTracks> tracks)
    {
        Dictionary<int, int> last = [];
        var switches = 0;
        foreach (var (owner, particle) in Pairs(tracks))
        {
            switches += last.TryGetValue(owner, out var before) && before != particle ? 1 : 0;
            last[owner] = particle;
        }

        return switches;
    }

    /// <summary>Association accuracy of HOTA (Luiten 2021, doi:10.1007/s11263-020-01375-2) where every detection is right or nobody's:
    /// mean over the true detections of |both| / |either| for their track and their particle.</summary>
    public double AssociationAccuracy(IReadOnlyList<FrameTracks> tracks)
    {
        var pairs = Pairs(tracks).ToList();
        var byOwner = pairs.CountBy(p => p.Owner).ToDictionary();
        var byBoth = pairs.CountBy(p => p).ToDictionary();
        var byParticle = tracks.SelectMany(f => f.Points).CountBy(p => p.Particle).ToDictionary();
        return pairs.Average(p => (double)byBoth[p] / (byOwner[p.Owner] + byParticle[p.Particle] - byBoth[p]));
    }

    private IEnumerable<(int Owner, int Particle)> Pairs(IReadOnlyList<FrameTracks> tracks) =>
        from frame in tracks
        from point in frame.Points
        let owner = Owners[(int)frame.Header.Number][point.Detection]
        where owner >= 0
        select (owner, point.Particle);
}
