using LiveLtem.Tracker.Motion;

namespace LiveLtem.Tracker.Tests.Motion;

public sealed class FilterTests
{
    [Fact]
    public void A_random_walk_filter_settles_at_the_variance_of_the_Riccati_equation()
    {
        // p after an update solves p² + q p - q r = 0.
        const double StepVariance = 0.5, Measured = 2;
        var filter = AxisFilter.Start(0, Measured, new MotionModel(StepVariance, 0, 0));
        for (var t = 0; t < 200; t++)
        {
            filter.Predict(new MotionModel(StepVariance, 0, 0), 1);
            filter.Update(0, Measured);
        }

        Assert.Equal((-StepVariance + Math.Sqrt((StepVariance * StepVariance) + (4 * StepVariance * Measured))) / 2, filter.Variance, 9);
    }

    [Fact]
    public void A_steady_mover_is_predicted_once_steps_are_known_to_last()
    {
        var model = new MotionModel(0.01, 4, 0.95);
        var filter = AxisFilter.Start(0, 0.01, model);
        for (var t = 1; t <= 30; t++)
        {
            filter.Predict(model, 1);
            filter.Update(3 * t, 0.01);
        }

        filter.Predict(model, 1);
        Assert.Equal(93, filter.Position, 0.3);
    }

    [Fact]
    public void Uncertainty_of_a_random_walker_grows_by_its_step_with_every_frame_unseen()
    {
        var model = new MotionModel(4, 0, 0);
        var filter = AxisFilter.Start(10, 1, model);
        for (var t = 0; t < 15; t++)
        {
            filter.Predict(model, 1);
        }

        Assert.Equal(1 + (15 * 4), filter.Variance, 9);
        Assert.Equal(10, filter.Position);
    }
}
