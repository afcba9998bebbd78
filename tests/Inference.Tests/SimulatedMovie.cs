using LiveLtem.Core;
using LiveLtem.HardwareSim;
using LiveLtem.HardwareSim.Truth;
using LiveLtem.Inference.Models;

namespace LiveLtem.Inference.Tests;

/// <summary>Frames of a simulated scene with their truth, and what a detector makes of them.</summary>
internal sealed class SimulatedMovie : IDisposable
{
    /// <summary>Counts that the simulated camera gives without beam.</summary>
    public const double ZeroCounts = 100;

    private readonly FramePool _pool = new();

    public SimulatedMovie(string scene, SceneOptions options, int count)
    {
        var simulator = new Simulator(scene, options);
        var builder = new TruthBuilder(simulator.Scene.Settings);
        for (var f = 0; f < count; f++)
        {
            using var draft = _pool.Rent(options.SizePx, options.SizePx, options.Type);
            Truth.Add(builder.Rows(simulator.Next(draft.Bytes), f, 0));
            Frames.Add(draft.Publish(new FrameHeader { Number = f }));
        }
    }

    public List<Frame> Frames { get; } = [];

    public List<IReadOnlyList<TruthRow>> Truth { get; } = [];

    /// <summary>Learns from the first frames and measures each.</summary>
    public List<FrameDetections> Detect(string? model, ParticleDetectorOptions? options = null) => Detect(Frames, model, options);

    /// <summary>Learns from the first frames and measures each.</summary>
    public static List<FrameDetections> Detect(IReadOnlyList<Frame> frames, string? model, ParticleDetectorOptions? options = null)
    {
        using var detector = new ParticleDetector(options ?? new ParticleDetectorOptions(), model is null ? null : NetworkModel.Load(model));
        detector.Learn([.. frames.Take(detector.LearningFrames)]);
        var found = new List<FrameDetections>();
        foreach (var frame in frames)
        {
            using var segmentation = detector.Segment(frame);
            found.Add(detector.Measure(frame, segmentation));
        }

        return found;
    }

    /// <summary>Compares with the truth, nearest pairs first, one to one, within half of the shorter length.</summary>
    /// <remarks>A particle of which less than a quarter is to be seen counts for nothing, found or not.</remarks>
    public MovieScore Score(IReadOnlyList<FrameDetections> found)
    {
        var score = new MovieScore();
        for (var f = 0; f < found.Count; f++)
        {
            var particles = found[f].Particles;
            var pairs = new List<(double Distance, int Row, int Particle)>();
            for (var r = 0; r < Truth[f].Count; r++)
            {
                var row = Truth[f][r];
                for (var p = 0; p < particles.Count; p++)
                {
                    var distance = Math.Sqrt(Math.Pow(particles[p].Best.XPx - row.XPx, 2) + Math.Pow(particles[p].Best.YPx - row.YPx, 2));
                    if (distance < row.MinorPx / 2)
                    {
                        pairs.Add((distance, r, p));
                    }
                }
            }

            pairs.Sort();
            var rows = new HashSet<int>();
            var taken = new HashSet<int>();
            var ignored = 0;
            foreach (var (_, r, p) in pairs)
            {
                if (rows.Contains(r) || taken.Contains(p))
                {
                    continue;
                }

                rows.Add(r);
                taken.Add(p);
                if (Truth[f][r].Visible < 0.25)
                {
                    ignored++;
                }
                else
                {
                    score.Matched.Add((Truth[f][r], particles[p]));
                }
            }

            score.Real += Truth[f].Count(r => r.Visible >= 0.25);
            score.Found += particles.Count - ignored;
        }

        return score;
    }

    public void Dispose()
    {
        Frames.ForEach(f => f.Dispose());
        Assert.Equal(0, _pool.Outstanding);
        _pool.Dispose();
    }
}

/// <summary>What came out of a comparison with the truth.</summary>
internal sealed class MovieScore
{
    public List<(TruthRow Row, Detection Found)> Matched { get; } = [];

    public int Real { get; set; }

    public int Found { get; set; }

    public double F1 => 2.0 * Matched.Count / Math.Max(1, Real + Found);

    /// <summary>Position, angle as multiples of their bounds, and both normalised errors squared; of free-standing cubes.</summary>
    public (double Position, double Angle, double PositionNormalised, double AngleNormalised) Errors()
    {
        double squared = 0, bound = 0, normalised = 0, angleSquared = 0, angleBound = 0, angleNormalised = 0;
        int clear = 0, angles = 0;
        foreach (var (row, found) in Matched)
        {
            if (row.Flags != DetectionFlags.None || row.Bound is not { } limit)
            {
                continue;
            }

            clear++;
            var best = found.For(4);
            double dx = best.XPx - row.XPx, dy = best.YPx - row.YPx;
            squared += (dx * dx) + (dy * dy);
            bound += (limit.XPx * limit.XPx) + (limit.YPx * limit.YPx);
            normalised += ((dx * dx / (best.XErrPx * best.XErrPx)) + (dy * dy / (best.YErrPx * best.YErrPx))) / 2;
            if (best.Symmetry == 4)
            {
                angles++;
                var da = ((best.AngleDeg!.Value - row.AngleDeg!.Value + 405) % 90) - 45;
                angleSquared += da * da;
                angleBound += limit.AngleDeg!.Value * limit.AngleDeg.Value;
                angleNormalised += da * da / (best.AngleErrDeg!.Value * best.AngleErrDeg.Value);
            }
        }

        Assert.True(angles >= 0.97 * clear && clear > 100, $"{angles} of {clear} free-standing ones known as cubes");
        return (Math.Sqrt(squared / bound), Math.Sqrt(angleSquared / angleBound), normalised / clear, angleNormalised / angles);
    }
}
