using LiveLtem.Core;
using LiveLtem.Core.Analysis;
using LiveLtem.Tracker;
using LiveLtem.Tracker.Analysis;
using LiveLtem.Tracker.Linking;

namespace LiveLtem.App.Bench;

/// <summary>What linking costs at one number of particles: processor time a frame, median over the frames.</summary>
/// <param name="Motion"><c>crystal</c> or <c>free</c>.</param>
/// <param name="Particles">Particles in a frame.</param>
/// <param name="TrackerMs">The live tracker: prediction, drift, assignment, filters, symmetry.</param>
/// <param name="LinkMs">The linker of bare positions.</param>
internal sealed record LinkingCost(string Motion, int Particles, double TrackerMs, double LinkMs)
{
    /// <summary>Time of the live tracker for one particle in one frame, microseconds: what stays the same where cost is linear.</summary>
    public double TrackerUsPerParticle => 1000 * TrackerMs / Particles;
}

/// <summary>What one analysis costs: processor time a frame, median over stretches of frames.</summary>
/// <param name="Motion"><c>crystal</c> or <c>free</c>.</param>
/// <param name="Particles">Particles in a frame.</param>
/// <param name="Analysis">Its name, or <c>all</c>.</param>
/// <param name="Ms">A frame's points taken in.</param>
/// <param name="ResultMs">Its figures asked for once.</param>
internal sealed record AnalysisCost(string Motion, int Particles, string Analysis, double Ms, double ResultMs);

/// <summary>Times what follows the detector: linking by number of particles, and every analysis.</summary>
/// <remarks>Processor time of the process, not time by the clock, so that other programs on the machine count little.</remarks>
internal static class TracksBench
{
    /// <summary>Particles at which the analyses are timed.</summary>
    public const int AnalysedParticles = 500;

    private const string All = "all";
    private const int WarmUp = 30;
    private const int StretchFrames = 25;
    private const double PixelSizeNm = 1.5;

    // Code is compiled twice before it is as fast as it gets.
    private const int FramesToCompile = 120;
    private static readonly int[] Sizes = [100, 300, 1000, 3000, 10_000];

    /// <summary>Times linking at each number of particles.</summary>
    /// <param name="frames">Frames timed at each.</param>
    /// <param name="tell">Gets a line about what is going on.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static IReadOnlyList<LinkingCost> Linking(int frames, Action<string> tell, CancellationToken cancellationToken)
    {
        Link(300, crystal: true, FramesToCompile, cancellationToken);
        Link(300, crystal: false, FramesToCompile, cancellationToken);
        var costs = new List<LinkingCost>();
        foreach (var crystal in new[] { true, false })
        {
            foreach (var size in Sizes)
            {
                tell($"linking {size} particles");
                costs.Add(Link(size, crystal, frames, cancellationToken));
            }
        }

        return costs;
    }

    /// <summary>Times every analysis by itself, and all of them together.</summary>
    /// <param name="frames">Frames timed, after as many as it takes to be in the swing.</param>
    /// <param name="tell">Gets a line about what is going on.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static IReadOnlyList<AnalysisCost> Analyses(int frames, Action<string> tell, CancellationToken cancellationToken)
    {
        var costs = new List<AnalysisCost>();
        foreach (var crystal in new[] { true, false })
        {
            tell($"following {AnalysedParticles} particles");
            var movie = new SimulatedDetections(AnalysedParticles, crystal, seed: 2);
            var tracked = Tracked(movie, FramesToCompile + frames, cancellationToken);

            // Once for nothing: whoever came first would pay for the compiler.
            Analyse(movie, crystal, All, tracked, cancellationToken);
            foreach (var name in TrackAnalyses.Names.Append(All))
            {
                tell($"analysis {name}");
                costs.Add(Analyse(movie, crystal, name, tracked, cancellationToken));
            }
        }

        return costs;
    }

    private static LinkingCost Link(int particles, bool crystal, int frames, CancellationToken cancellationToken)
    {
        var movie = new SimulatedDetections(particles, crystal, seed: 1);
        var tracker = new ParticleTracker();
        var linker = new PositionLinker(new PositionLinkerOptions { SearchRangePx = SimulatedDetections.SpacingPx / 3, MemoryFrames = 3 });
        var ids = new int[2 * particles];
        List<double> tracking = [], linking = [];
        for (var frame = 0; frame < WarmUp + frames; frame++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var detections = movie.Next();
            Point2[] points = [.. detections.Particles.Select(particle => new Point2(particle.Best.XPx, particle.Best.YPx))];
            var track = CpuMs(() =>
            {
                tracker.Track(detections);
                tracker.TakeFinished();
            });
            var link = CpuMs(() => linker.Link(frame, points, ids));
            if (frame >= WarmUp)
            {
                tracking.Add(track);
                linking.Add(link);
            }
        }

        return new LinkingCost(Word(crystal), particles, Median(tracking), Median(linking));
    }

    private static List<FrameTracks> Tracked(SimulatedDetections movie, int frames, CancellationToken cancellationToken)
    {
        var tracker = new ParticleTracker();
        var finished = new List<FrameTracks>();
        for (var frame = 0; frame < frames; frame++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            tracker.Track(movie.Next());
            finished.AddRange(tracker.TakeFinished());
        }

        tracker.Complete();
        finished.AddRange(tracker.TakeFinished());
        return finished;
    }

    private static AnalysisCost Analyse(SimulatedDetections movie, bool crystal, string name, List<FrameTracks> tracked, CancellationToken cancellationToken)
    {
        var setup = AnalysisSetup.Of(
            new Calibration { PixelSizeNm = new Calibrated(PixelSizeNm, "bench"), FrameTimeS = new Calibrated(0.1, "bench"), ExposureS = new Calibrated(0.1, "bench") },
            movie.SidePixels,
            movie.SidePixels);
        var analyses = TrackAnalyses.Create(setup, name == All ? null : [name]);
        var stretches = new List<double>();
        foreach (var stretch in tracked.Chunk(StretchFrames))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var ms = CpuMs(() =>
            {
                foreach (var tracks in stretch)
                {
                    foreach (var analysis in analyses)
                    {
                        analysis.Add(tracks, Row(tracks.Header.Number));
                    }
                }
            });
            if (stretch[0].Header.Number >= FramesToCompile)
            {
                stretches.Add(ms / stretch.Length);
            }
        }

        List<double> results = [.. Enumerable.Range(0, 3).Select(_ => CpuMs(() => analyses.ToList().ForEach(analysis => analysis.Result())))];
        return new AnalysisCost(Word(crystal), AnalysedParticles, name, Median(stretches), Median(results));
    }

    /// <summary>The row of a frame of a steady session.</summary>
    public static FrameRow Row(long number) => new()
    {
        Frame = number,
        TimeS = 0.1 * number,
        DoseRateEPerA2PerS = 10,
        DoseEPerA2 = number + 1,
        MeanCounts = 100,
        SaturatedFraction = 0,
        DroppedBefore = 0,
        Processed = true,
    };

    private static string Word(bool crystal) => crystal ? "crystal" : "free";

    private static double CpuMs(Action work)
    {
        var before = Environment.CpuUsage.TotalTime;
        work();
        return (Environment.CpuUsage.TotalTime - before).TotalMilliseconds;
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
