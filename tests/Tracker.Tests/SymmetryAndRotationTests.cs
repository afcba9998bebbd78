using LiveLtem.Core;
using LiveLtem.Tracker.Motion;

namespace LiveLtem.Tracker.Tests;

public sealed class SymmetryAndRotationTests
{
    [Theory]
    [InlineData(1, 360)]
    [InlineData(2, 180)]
    [InlineData(3, 120)]
    [InlineData(4, 90)]
    [InlineData(6, 60)]
    public void A_turn_by_many_branches_is_followed_from_the_first_angle(int symmetry, double branch)
    {
        var unwrapper = new AngleUnwrapper(symmetry);
        for (var t = 0; t < 100; t++)
        {
            var truth = 17 + (0.2 * branch * t);
            Assert.Equal(truth, unwrapper.Advance(Simulated.Modulo(truth, branch), afterGap: false, out var ambiguous)!.Value, 6);
            Assert.False(ambiguous);
        }
    }

    [Fact]
    public void A_turn_that_speeds_up_past_half_a_branch_a_frame_is_followed_by_prediction_and_flagged()
    {
        var unwrapper = new AngleUnwrapper(4);
        double truth = 10, step = 5;
        for (var t = 0; t < 60; t++)
        {
            var value = unwrapper.Advance(Simulated.Modulo(truth, 90), afterGap: false, out var ambiguous)!.Value;
            Assert.Equal(truth, value, 6);
            Assert.Equal(t > 0 && step > 22.5, ambiguous);
            step = Math.Min(step + 1, 60);
            truth += step;
        }
    }

    [Fact]
    public void Brownian_rotation_is_not_predicted_away()
    {
        // Steps of 10 degrees, no memory: the nearest branch to the last value is right, and no velocity may be made up.
        var random = new Random(3);
        var unwrapper = new AngleUnwrapper(4);
        var truth = 40.0;
        for (var t = 0; t < 1000; t++)
        {
            Assert.Equal(truth, unwrapper.Advance(Simulated.Modulo(truth, 90), afterGap: false, out _)!.Value, 6);
            truth += Math.Clamp(random.Gauss(9), -30, 30);
        }
    }

    [Fact]
    public void After_a_gap_the_branch_nearest_the_last_value_is_taken_and_flagged()
    {
        var unwrapper = new AngleUnwrapper(2);
        for (var t = 0; t < 10; t++)
        {
            unwrapper.Advance(10 * t, afterGap: false, out _);
        }

        Assert.Equal(100, unwrapper.Advance(100, afterGap: true, out var ambiguous));
        Assert.True(ambiguous);
        Assert.Equal(110, unwrapper.Advance(110, afterGap: false, out ambiguous));
        Assert.False(ambiguous);
    }

    [Fact]
    public void A_frame_without_an_angle_is_a_gap_for_the_rotation()
    {
        var unwrapper = new AngleUnwrapper(4);
        unwrapper.Advance(80, afterGap: false, out _);
        Assert.Null(unwrapper.Advance(null, afterGap: false, out _));
        Assert.Equal(95, unwrapper.Advance(5, afterGap: false, out var ambiguous));
        Assert.True(ambiguous);
    }

    [Fact]
    public void A_round_particle_has_no_rotation() => Assert.Null(new AngleUnwrapper(0).Advance(12, afterGap: false, out _));

    [Fact]
    public void Symmetry_is_decided_from_noisy_evidence_and_holds_from_the_first_row_on()
    {
        var random = new Random(11);
        var frames = Enumerable.Range(0, 40).Select(t => Simulated.Frame(t,
        [
            Fourfold(100, 30 + (1.5 * t), advantage: 2 + random.Gauss(4)),
            Fourfold(300, 60 - (1.5 * t), advantage: 2 + random.Gauss(4)),
        ]));
        var tracks = Simulated.Run(new ParticleTracker(), frames);
        var points = tracks.SelectMany(f => f.Points).ToList();
        Assert.All(points, p => Assert.Equal(4, p.Fit.Symmetry));
        Assert.Equal(Enumerable.Range(0, 40).Select(t => 30 + (1.5 * t)), points.Where(p => p.Particle == 0).Select(p => p.RotationDeg!.Value), (a, b) => Math.Abs(a - b) < 1e-9);
        Assert.Equal(Enumerable.Range(0, 40).Select(t => 60 - (1.5 * t)), points.Where(p => p.Particle == 1).Select(p => p.RotationDeg!.Value), (a, b) => Math.Abs(a - b) < 1e-9);
    }

    [Fact]
    public void Live_points_follow_the_leading_symmetry_and_agree_with_the_final_ones_once_decided()
    {
        var tracker = new ParticleTracker();
        List<FrameTracks> live = [];
        for (var t = 0; t < 30; t++)
        {
            live.Add(tracker.Track(Simulated.Frame(t, [Fourfold(100, 7 * t, advantage: t < 3 ? -1 : 3)])));
        }

        tracker.Complete();
        var final = tracker.TakeFinished();
        Assert.Equal(0, live[0].Points[0].Fit.Symmetry);
        Assert.All(Enumerable.Range(12, 18), t => Assert.Equal(final[t].Points, live[t].Points));
        Assert.All(final, f => Assert.Equal(7 * f.Header.Number, f.Points[0].RotationDeg!.Value, 9));
    }

    [Fact]
    public void Where_the_decided_shape_was_not_fitted_there_is_a_position_but_no_angle()
    {
        var frames = Enumerable.Range(0, 20).Select(t => Simulated.Frame(t, [t == 5 ? Simulated.At(100, 100, angleDeg: 77, symmetry: 2) : Fourfold(100, 10, advantage: 5)]));
        var tracks = Simulated.Run(new ParticleTracker(), frames);
        var spoilt = tracks[5].Points[0];
        Assert.Equal(4, spoilt.Fit.Symmetry);
        Assert.Null(spoilt.Fit.AngleDeg);
        Assert.Null(spoilt.Fit.AngleErrDeg);
        Assert.Null(spoilt.RotationDeg);
        Assert.Equal(100, spoilt.Fit.XPx);
        Assert.Equal(10, tracks[6].Points[0].RotationDeg);
    }

    [Fact]
    public void A_short_track_is_decided_at_its_end()
    {
        var frames = Enumerable.Range(0, 40).Select(t => Simulated.Frame(t, t < 3 ? [Fourfold(100, 10, advantage: 5), Simulated.At(300, 300)] : [Simulated.At(300, 300)]));
        var tracks = Simulated.Run(new ParticleTracker(), frames);
        Assert.Equal([4, 0], tracks[0].Points.Select(p => p.Fit.Symmetry));
    }

    /// <summary>A detection with a round and a fourfold fit, of which the fourfold one has that much more evidence.</summary>
    private static Detection Fourfold(double x, double angleDeg, double advantage)
    {
        var square = Simulated.Fit(x, 100, angleDeg: angleDeg, symmetry: 4, logEvidence: advantage);
        var disc = Simulated.Fit(x, 100, symmetry: 0);
        return Simulated.Of(advantage > 0 ? [square, disc] : [disc, square]);
    }
}
