using LiveLtem.Core;

namespace LiveLtem.Tracker.Tests;

public sealed class ParticleTrackerTests
{
    [Fact]
    public void Keeps_both_ids_when_paths_cross()
    {
        var recording = new TrueRecording();
        for (var t = 0; t < 60; t++)
        {
            // Two steady movers whose paths cross in the middle, where each hides the other for some frames.
            double ax = 100 + (5 * t), ay = 100 + (5 * t), bx = 395 - (5 * t), by = 105 + (5 * t);
            List<(int, Detection)> seen = [(0, Simulated.At(ax, ay))];
            if (Math.Abs(ax - bx) > 25)
            {
                seen.Add((1, Simulated.At(bx, by)));
            }

            recording.Add(seen);
        }

        var tracks = Simulated.Run(new ParticleTracker(), recording.Frames);
        Assert.Equal(0, recording.Switches(tracks));
        Assert.Equal(2, Ids(tracks).Count);
    }

    [Fact]
    public void A_vibrating_lattice_with_misses_and_false_detections_keeps_every_identity()
    {
        var recording = Lattice(side: 8, spacing: 45, frames: 200, vibration: 2.5, missing: 0.08, falsePerFrame: 1, seed: 1);
        var tracks = Simulated.Run(new ParticleTracker(), recording.Frames);
        Assert.Equal(0, recording.Switches(tracks));
    }

    [Fact]
    public void A_drift_jump_by_nine_tenths_of_a_spacing_changes_no_identity()
    {
        var recording = Lattice(side: 7, spacing: 50, frames: 40, vibration: 2, missing: 0.05, falsePerFrame: 0.5, seed: 2, jumpAt: 20, jumpX: 45, jumpY: 3);
        var tracks = Simulated.Run(new ParticleTracker(), recording.Frames);
        Assert.Equal(0, recording.Switches(tracks));
        Assert.Equal(45, tracks[30].DriftXPx!.Value, 1.5);
        Assert.Equal(3, tracks[30].DriftYPx!.Value, 1.5);
    }

    [Fact]
    public void Drift_is_measured_without_adding_up_errors()
    {
        var recording = Lattice(side: 6, spacing: 50, frames: 300, vibration: 2, missing: 0.05, falsePerFrame: 0, seed: 3, driftX: 0.1, driftY: -0.05);
        var tracks = Simulated.Run(new ParticleTracker(), recording.Frames);
        Assert.Equal(29.9, tracks[299].DriftXPx!.Value, 1.5);
        Assert.Equal(-14.95, tracks[299].DriftYPx!.Value, 1.5);
        Assert.Equal(0, tracks[0].DriftXPx);
    }

    [Fact]
    public void Drift_is_unknown_with_fewer_than_eight_particles()
    {
        var frames = Enumerable.Range(0, 5).Select(t => Simulated.Frame(t, Enumerable.Range(0, 7).Select(i => Simulated.At(50 * (i + 1), 100 + t))));
        Assert.All(Simulated.Run(new ParticleTracker(), frames), f => Assert.Null(f.DriftXPx));
    }

    [Fact]
    public void Free_particles_keep_their_identity_through_passings()
    {
        var worst = 1.0;
        for (var seed = 0; seed < 4; seed++)
        {
            var recording = Free(particles: 14, frames: 150, step: 4, missing: 0.06, falsePerFrame: 0.5, seed);
            var tracks = Simulated.Run(new ParticleTracker(), recording.Frames);
            worst = Math.Min(worst, recording.AssociationAccuracy(tracks));
        }

        Assert.True(worst >= 0.85, $"association accuracy {worst:0.000}");
    }

    [Fact]
    public void A_merged_detection_leaves_both_particles_their_ids_after_the_split()
    {
        var recording = new TrueRecording();
        for (var t = 0; t < 60; t++)
        {
            var apart = 66 + (40 * Math.Cos(t * Math.PI / 30));
            double ax = 250 - (apart / 2), bx = 250 + (apart / 2);
            recording.Add(apart > 45
                ? [(0, Simulated.At(ax, 200, sidePx: 30, angleDeg: 20, symmetry: 4)), (1, Simulated.At(bx, 202, sidePx: 36, angleDeg: 60, symmetry: 4))]
                : [(-1, Simulated.At(250, 201, errPx: 0.4, sidePx: 47, angleDeg: 5, symmetry: 4))]);
        }

        var tracks = Simulated.Run(new ParticleTracker(), recording.Frames);
        Assert.Equal(0, recording.Switches(tracks));
        Assert.All(recording.Frames, f => Assert.Equal(f.Particles.Count, tracks[(int)f.Header.Number].Points.Count));
    }

    [Fact]
    public void After_a_gap_the_same_id_goes_on_and_the_first_point_is_flagged()
    {
        var frames = Enumerable.Range(0, 20).Select(t => Simulated.Frame(t, t is >= 8 and < 12 ? [] : [Simulated.At(100 + t, 100)]));
        var tracks = Simulated.Run(new ParticleTracker(), frames);
        Assert.Single(Ids(tracks));
        Assert.Equal([12L], tracks.SelectMany(f => f.Points).Where(p => (p.Flags & DetectionFlags.Gap) != 0).Select(p => p.Frame));
    }

    [Fact]
    public void One_that_leaves_at_the_border_is_not_the_one_that_enters_there_later()
    {
        var recording = new TrueRecording();
        for (var t = 0; t < 60; t++)
        {
            var x = 470 + (4 * t);
            var back = 505 - (4 * (t - 25));
            recording.Add(x < 511 ? [(0, Simulated.At(x, 200))] : t >= 25 ? [(1, Simulated.At(back, 205))] : []);
        }

        var tracks = Simulated.Run(new ParticleTracker(), recording.Frames);
        Assert.Equal([0, 1], Ids(tracks));
    }

    [Fact]
    public void A_blanked_beam_ends_no_track()
    {
        var recording = Lattice(side: 5, spacing: 60, frames: 60, vibration: 1, missing: 0, falsePerFrame: 0, seed: 5, blankFrom: 20, blankTo: 50);
        var tracks = Simulated.Run(new ParticleTracker(), recording.Frames);
        Assert.Equal(60, tracks.Count);
        Assert.Equal(25, Ids(tracks).Count);
    }

    [Fact]
    public void The_order_of_detections_changes_no_track()
    {
        var recording = Lattice(side: 6, spacing: 40, frames: 30, vibration: 4, missing: 0.1, falsePerFrame: 3, seed: 6);
        var random = new Random(7);
        var shuffled = new List<FrameDetections>();
        var places = new List<int[]>();
        foreach (var frame in recording.Frames)
        {
            var place = Enumerable.Range(0, frame.Particles.Count).ToArray();
            random.Shuffle(place);
            places.Add(place);
            shuffled.Add(frame with { Particles = [.. place.Select(i => frame.Particles[i])] });
        }

        var first = Simulated.Run(new ParticleTracker(), recording.Frames);
        var second = Simulated.Run(new ParticleTracker(), shuffled);
        for (var t = 0; t < first.Count; t++)
        {
            Assert.Equal(first[t].Points, second[t].Points.Select(p => p with { Detection = places[t][p.Detection] }));
        }
    }

    [Fact]
    public void The_same_recording_gives_the_same_tracks()
    {
        var recording = Free(particles: 20, frames: 60, step: 5, missing: 0.1, falsePerFrame: 2, seed: 8);
        var first = Simulated.Run(new ParticleTracker(), recording.Frames);
        var second = Simulated.Run(new ParticleTracker(), recording.Frames);
        Assert.Equal(first.SelectMany(f => f.Points), second.SelectMany(f => f.Points));
    }

    [Fact]
    public void Every_frame_is_finished_once_and_in_order_with_a_row_for_each_detection()
    {
        var recording = Free(particles: 10, frames: 80, step: 5, missing: 0.2, falsePerFrame: 2, seed: 9);
        var tracker = new ParticleTracker();
        List<FrameTracks> finished = [];
        var lag = 0;
        foreach (var frame in recording.Frames)
        {
            tracker.Track(frame);
            finished.AddRange(tracker.TakeFinished());
            lag = Math.Max(lag, (int)frame.Header.Number + 1 - finished.Count);
        }

        tracker.Complete();
        finished.AddRange(tracker.TakeFinished());
        Assert.Empty(tracker.TakeFinished());
        Assert.Equal(Enumerable.Range(0, 80).Select(i => (long)i), finished.Select(f => f.Header.Number));
        Assert.InRange(lag, 1, new ParticleTrackerOptions().LongestHoldFrames + 1);
        for (var t = 0; t < 80; t++)
        {
            var points = finished[t].Points;
            Assert.Equal(Enumerable.Range(0, recording.Frames[t].Particles.Count), points.Select(p => p.Detection).Order());
            Assert.Equal(points.Select(p => p.Particle).Order(), points.Select(p => p.Particle));
            Assert.Equal(points.Count, points.Select(p => p.Particle).Distinct().Count());
        }
    }

    [Fact]
    public void Live_points_have_the_same_ids_as_the_final_ones()
    {
        var recording = Free(particles: 12, frames: 50, step: 3, missing: 0.1, falsePerFrame: 1, seed: 10);
        var tracker = new ParticleTracker();
        var live = recording.Frames.ConvertAll(tracker.Track);
        tracker.Complete();
        var final = tracker.TakeFinished();
        for (var t = 0; t < 50; t++)
        {
            Assert.Equal(live[t].Points.Select(p => (p.Particle, p.Detection)), final[t].Points.Select(p => (p.Particle, p.Detection)));
        }
    }

    [Fact]
    public void Lost_frames_widen_the_search_but_a_huge_jump_of_the_number_costs_nothing()
    {
        long[] numbers = [0, 1, 2, 3, 6, 7, 1_000_000_000];
        var frames = numbers.Select(n => Simulated.Frame(n, [Simulated.At(100 + Math.Min(n, 20), 100), Simulated.At(300, 300)]));
        var tracks = Simulated.Run(new ParticleTracker(), frames);
        Assert.Equal([0, 1], Ids(tracks));
    }

    [Fact]
    public void Frames_out_of_order_and_frames_after_the_end_are_refused()
    {
        var tracker = new ParticleTracker();
        tracker.Track(Simulated.Frame(4, []));
        Assert.Throws<ArgumentException>(() => tracker.Track(Simulated.Frame(4, [])));
        tracker.Complete();
        Assert.Throws<InvalidOperationException>(() => tracker.Track(Simulated.Frame(5, [])));
    }

    [Fact]
    public void Options_out_of_range_are_refused_by_name() =>
        Assert.Contains("MemoryFrames", Assert.Throws<ArgumentOutOfRangeException>(() => new ParticleTracker(new ParticleTrackerOptions { MemoryFrames = -1 })).Message, StringComparison.Ordinal);

    private static List<int> Ids(IEnumerable<FrameTracks> tracks) => [.. tracks.SelectMany(f => f.Points).Select(p => p.Particle).Distinct().Order()];

    private static TrueRecording Lattice(
        int side, double spacing, int frames, double vibration, double missing, double falsePerFrame, int seed,
        int jumpAt = int.MaxValue, double jumpX = 0, double jumpY = 0, double driftX = 0, double driftY = 0, int blankFrom = int.MaxValue, int blankTo = 0)
    {
        var random = new Random(seed);
        var recording = new TrueRecording();
        var at = new (double X, double Y)[side * side];
        for (var t = 0; t < frames; t++)
        {
            List<(int, Detection)> seen = [];
            for (var i = 0; i < at.Length; i++)
            {
                // Vibration with a memory, as a particle in its well has.
                at[i] = ((0.6 * at[i].X) + random.Gauss(0.8 * vibration), (0.6 * at[i].Y) + random.Gauss(0.8 * vibration));
                var x = 60 + (i % side * spacing) + at[i].X + (driftX * t) + (t >= jumpAt ? jumpX : 0);
                var y = 60 + (i / side * spacing) + at[i].Y + (driftY * t) + (t >= jumpAt ? jumpY : 0);
                if (random.NextDouble() >= missing)
                {
                    seen.Add((i, Simulated.At(x + random.Gauss(0.3), y + random.Gauss(0.3), errPx: 0.3, sidePx: 0.8 * spacing)));
                }
            }

            AddFalse(seen, falsePerFrame, random);
            recording.Add(t >= blankFrom && t < blankTo ? [] : seen);
        }

        return recording;
    }

    private static TrueRecording Free(int particles, int frames, double step, double missing, double falsePerFrame, int seed)
    {
        var random = new Random(seed);
        var recording = new TrueRecording();
        var all = Enumerable.Range(0, particles).Select(i => (X: 512 * random.NextDouble(), Y: 512 * random.NextDouble(), Side: 20 + (40 * random.NextDouble()))).ToArray();
        var nextOwner = particles;
        var owners = Enumerable.Range(0, particles).ToArray();
        for (var t = 0; t < frames; t++)
        {
            List<(int, Detection)> seen = [];
            for (var i = 0; i < particles; i++)
            {
                var speed = step * 30 / all[i].Side;
                all[i] = (all[i].X + random.Gauss(speed), all[i].Y + random.Gauss(speed), all[i].Side);
                if (all[i].X is < -20 or > 532 || all[i].Y is < -20 or > 532)
                {
                    // It has left for good; another one comes in somewhere at the border.
                    all[i] = (random.NextDouble() < 0.5 ? 5 : 506, 512 * random.NextDouble(), all[i].Side);
                    owners[i] = nextOwner++;
                }
            }

            for (var i = 0; i < particles; i++)
            {
                // The later in the list lies on top; a particle covered by more than half is not found.
                var covered = false;
                for (var j = i + 1; j < particles; j++)
                {
                    var d = Math.Sqrt(Math.Pow(all[i].X - all[j].X, 2) + Math.Pow(all[i].Y - all[j].Y, 2));
                    covered |= d < all[j].Side / 2;
                }

                var inside = all[i].X is >= 0 and < 512 && all[i].Y is >= 0 and < 512;
                if (inside && !covered && random.NextDouble() >= missing)
                {
                    seen.Add((owners[i], Simulated.At(all[i].X + random.Gauss(0.3), all[i].Y + random.Gauss(0.3), errPx: 0.3, sidePx: all[i].Side * (1 + random.Gauss(0.04)))));
                }
            }

            AddFalse(seen, falsePerFrame, random);
            recording.Add(seen);
        }

        return recording;
    }

    private static void AddFalse(List<(int, Detection)> seen, double perFrame, Random random)
    {
        for (var expected = perFrame; random.NextDouble() < expected; expected--)
        {
            seen.Add((-1, Simulated.At(512 * random.NextDouble(), 512 * random.NextDouble(), errPx: 0.5, sidePx: 15 + (20 * random.NextDouble()))));
        }
    }
}
