using System.Collections.Concurrent;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.HardwareSim;
using LiveLtem.Inference.Models;
using LiveLtem.Inference.Segment;
using LiveLtem.Testing;

namespace LiveLtem.Inference.Tests;

/// <summary>Changing how frames are segmented while they are on their way.</summary>
public sealed class ModelSwitchTests : IDisposable
{
    private const int Count = 14;
    private const int SwitchAt = 6;
    private readonly FramePool _pool = new();
    private readonly List<Frame> _frames;

    public ModelSwitchTests()
    {
        var options = new SceneOptions { Seed = 3, SizePx = 192, Cnr = 2 };
        var simulator = new Simulator("crystal", options);
        _frames = [.. Enumerable.Range(0, Count).Select(number =>
        {
            using var draft = _pool.Rent(192, 192, options.Type);
            simulator.Next(draft.Bytes);
            return draft.Publish(new FrameHeader { Number = number });
        })];
    }

    [Fact]
    public void Each_frame_is_measured_by_what_segmented_it_however_many_are_under_way()
    {
        using var steady = new ParticleDetector(new ParticleDetectorOptions(), Planner(new Marked()));
        steady.Learn(_frames.GetRange(0, 10));
        var before = _frames.ConvertAll(frame => Find(steady, frame));

        var (first, second) = (new Marked(), new Marked());
        using var detector = new ParticleDetector(new ParticleDetectorOptions(), Planner(first));
        detector.Learn(_frames.GetRange(0, 10));
        first.Frames.Clear();
        using var prepared = detector.Prepare(Planner(second));
        second.Frames.Clear();
        detector.Switch(prepared, SwitchAt);

        // Newest first, several at once: nothing is measured until all are segmented.
        var segmentations = new IDisposable[Count];
        Parallel.ForEach(_frames.AsEnumerable().Reverse(), frame => segmentations[frame.Number] = detector.Segment(frame));
        Assert.Equal(Enumerable.Range(0, SwitchAt).Select(number => (long)number), first.Frames.Order());
        Assert.Equal(Enumerable.Range(SwitchAt, Count - SwitchAt).Select(number => (long)number), second.Frames.Order());

        var found = _frames.ConvertAll(frame => detector.Measure(frame, segmentations[frame.Number]));
        Array.ForEach(segmentations, segmentation => segmentation.Dispose());
        for (var f = 0; f < Count; f++)
        {
            Assert.True(before[f].Particles.Count > 5, $"frame {f}: {before[f].Particles.Count} particles");
            if (f < SwitchAt)
            {
                Assert.Equal(before[f].Particles.Select(p => p.Best), found[f].Particles.Select(p => p.Best));
            }
            else
            {
                Assert.InRange(found[f].Particles.Count, before[f].Particles.Count - 2, before[f].Particles.Count + 2);
            }
        }
    }

    [Fact]
    public void A_change_that_finds_the_same_goes_on_as_if_nothing_had_changed()
    {
        using var steady = new ParticleDetector(new ParticleDetectorOptions(), Planner(new Marked()));
        steady.Learn(_frames.GetRange(0, 3));
        using var detector = new ParticleDetector(new ParticleDetectorOptions(), Planner(new Marked()));
        detector.Learn(_frames.GetRange(0, 3));
        using var prepared = detector.Prepare(Planner(new Marked()));
        detector.Switch(prepared, SwitchAt);
        foreach (var frame in _frames)
        {
            // Settled shapes and followed contacts come from what is remembered of earlier frames: it must have gone over.
            Assert.Equal(Find(steady, frame).Particles.Select(p => (p.Best, p.Flags)), Find(detector, frame).Particles.Select(p => (p.Best, p.Flags)));
        }
    }

    [Fact]
    public void Without_a_network_thresholds_are_on_from_the_frame_named()
    {
        using var detector = new ParticleDetector(new ParticleDetectorOptions());
        Assert.Null(detector.Model);
        Assert.Throws<InvalidOperationException>(() => detector.Prepare(model: null));
        detector.Learn(_frames.GetRange(0, 5));
        using var prepared = detector.Prepare(model: null);
        Assert.Equal(ModelInUse.Thresholds, prepared.Model);
        Assert.Equal(ModelInUse.None, detector.Model!.Name);
        detector.Switch(prepared, 2);
        Assert.All(_frames, frame => Assert.True(Find(detector, frame).Particles.Count > 5));
    }

    [Fact]
    public void Layers_are_told_apart_up_to_the_frame_from_which_a_network_of_one_layer_holds()
    {
        using var detector = new ParticleDetector(new ParticleDetectorOptions(), Shipped("layers"));
        detector.Learn(_frames.GetRange(0, 5));
        Assert.Equal("layers", detector.Model!.Name);
        using var prepared = detector.Prepare(Shipped("segment"));
        Assert.Equal("segment", prepared.Model.Name);
        Assert.Equal("layers", detector.Model!.Name);
        detector.Switch(prepared, 3);
        Assert.Equal((64, "CPU"), (detector.Model!.Sha256!.Length, detector.Model.Provider));
        var segmentations = new IDisposable[6];
        Parallel.For(0, segmentations.Length, f => segmentations[f] = detector.Segment(_frames[f]));
        for (var f = 0; f < segmentations.Length; f++)
        {
            // The first network is freed here, with the first frame of the second.
            var found = detector.Measure(_frames[f], segmentations[f]);
            segmentations[f].Dispose();
            Assert.True(found.Particles.Count > 5, $"frame {f}: {found.Particles.Count} particles");
            Assert.All(found.Particles, particle => Assert.Equal(f < 3, particle.Layer > 0));
        }

        Assert.Contains("network segment on CPU", detector.Describe(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_network_that_is_sure_of_nothing_is_refused_and_nothing_changes()
    {
        using var blank = _pool.Rent(192, 192, PixelType.UInt16);
        var noise = new Random(1);
        foreach (ref var pixel in blank.Pixels<ushort>())
        {
            // The sum of many small draws is as good as Gaussian: 500 counts, 22 of scatter.
            pixel = (ushort)(500 + (22 * (Enumerable.Range(0, 12).Sum(_ => noise.NextDouble()) - 6)));
        }

        using var frame = blank.Publish(new FrameHeader { Number = 0 });
        using var detector = new ParticleDetector(new ParticleDetectorOptions());
        detector.Learn([frame]);
        var error = Assert.Throws<InputException>(() => detector.Prepare(Shipped("segment")));
        Assert.StartsWith("model segment finds no particle in the first frames", error.Message, StringComparison.Ordinal);
        Assert.Equal(ModelInUse.Thresholds, detector.Model);
        Assert.Empty(Find(detector, frame).Particles);
    }

    [Fact]
    public void What_was_made_ready_is_taken_once_and_never_before_an_earlier_change()
    {
        using var detector = new ParticleDetector(new ParticleDetectorOptions(), Planner(new Marked()));
        detector.Learn(_frames.GetRange(0, 3));
        using var first = detector.Prepare(Planner(new Marked()));
        using var second = detector.Prepare(Planner(new Marked()));
        detector.Switch(first, 5);
        Assert.Throws<ObjectDisposedException>(() => detector.Switch(first, 6));
        Assert.Throws<ArgumentOutOfRangeException>(() => detector.Switch(second, 4));
    }

    [Fact]
    public void A_path_lives_for_as_long_as_a_frame_uses_it()
    {
        var options = new ParticleDetectorOptions();
        var old = DetectionPath.Learn(options, _frames.GetRange(0, 3), Planner(new Marked()));
        var next = old.Learn(_frames.GetRange(0, 3), ClassicalPlanner.Plan(_frames, options, 0));
        var schedule = new PathSchedule();
        Assert.Throws<InvalidOperationException>(() => schedule.Lease(0));
        schedule.Add(long.MinValue, old);
        schedule.Add(SwitchAt, next);
        Assert.Same(next, schedule.Last);
        var late = schedule.Lease(SwitchAt - 1);
        Assert.Same(old, late);
        var newer = schedule.Lease(SwitchAt);
        Assert.Same(next, newer);
        newer.Release();

        schedule.Reached(next);
        Assert.True(old.TryLease());
        old.Release();
        late.Release();
        Assert.False(old.TryLease());
        var straggler = schedule.Lease(SwitchAt - 1);
        Assert.Same(next, straggler);
        straggler.Release();
        schedule.Clear();
        Assert.False(next.TryLease());
    }

    public void Dispose()
    {
        _frames.ForEach(frame => frame.Dispose());
        Assert.Equal(0, _pool.Outstanding);
        _pool.Dispose();
    }

    private static NetworkModel Shipped(string name) => NetworkModel.Load(Path.Combine(Repository.Root, "models", name + ".json"), ModelProvider.Cpu);

    private static FrameDetections Find(ParticleDetector detector, Frame frame)
    {
        using var segmentation = detector.Segment(frame);
        return detector.Measure(frame, segmentation);
    }

    private static Func<IReadOnlyList<Frame>, double, SegmentationPlan> Planner(Marked marked) => (frames, zero) =>
    {
        var plan = ClassicalPlanner.Plan(frames, new ParticleDetectorOptions(), zero);
        marked.Inner = plan.Segmenter;
        return plan with { Segmenter = marked };
    };

    /// <summary>Segments by thresholds and notes which frames it was given.</summary>
    private sealed class Marked : ISegmenter
    {
        public ISegmenter? Inner { get; set; }

        public ConcurrentBag<long> Frames { get; } = [];

        public Segmentation Segment(Frame frame)
        {
            Frames.Add(frame.Number);
            return Inner!.Segment(frame);
        }
    }
}
