using System.Collections.Concurrent;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.HardwareSim;
using LiveLtem.Inference.Segment;

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
