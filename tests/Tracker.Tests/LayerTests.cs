using LiveLtem.Core;

namespace LiveLtem.Tracker.Tests;

public sealed class LayerTests
{
    [Fact]
    public void A_track_stays_in_the_layer_it_is_seen_in_most()
    {
        // Two particles over each other; the sharper one's layer is misjudged in every third frame, the first included.
        var frames = Enumerable.Range(0, 60).Select(t => Simulated.Frame(t,
        [
            Simulated.At(100 + (0.1 * t), 100, layer: t % 3 == 0 ? 2 : 1),
            Simulated.At(112, 104 + (0.1 * t), layer: 2),
        ]));
        var points = Simulated.Run(new ParticleTracker(new ParticleTrackerOptions()), frames).SelectMany(f => f.Points).ToList();
        Assert.Equal(2, points.Select(p => p.Particle).Distinct().Count());
        Assert.All(points, p => Assert.Equal(p.Detection + 1, p.Layer));
    }

    [Fact]
    public void A_layer_that_is_plain_outweighs_one_guessed_at_the_border()
    {
        // It comes in cut by the border, three times guessed wrong, and is then seen whole once.
        var frames = Enumerable.Range(0, 4).Select(t => Simulated.Frame(t,
            [Simulated.At(5 + (5 * t), 100, flags: t < 3 ? DetectionFlags.Border : default, layer: t < 3 ? 2 : 1)]));
        var points = Simulated.Run(new ParticleTracker(new ParticleTrackerOptions()), frames).SelectMany(f => f.Points).ToList();
        Assert.Single(points.Select(p => p.Particle).Distinct());
        Assert.All(points, p => Assert.Equal(1, p.Layer));
    }

    [Fact]
    public void Frames_of_one_layer_say_nothing_of_two()
    {
        // The network was changed from one for two layers to one for a single layer.
        var frames = Enumerable.Range(0, 40).Select(t => Simulated.Frame(t, [Simulated.At(100, 100, layer: t < 20 ? 2 : 0)]));
        var points = Simulated.Run(new ParticleTracker(new ParticleTrackerOptions()), frames).SelectMany(f => f.Points).ToList();
        Assert.All(points, p => Assert.Equal(p.Frame < 20 ? 2 : 0, p.Layer));
    }
}
