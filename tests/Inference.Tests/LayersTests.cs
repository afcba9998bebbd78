using LiveLtem.HardwareSim;

namespace LiveLtem.Inference.Tests;

public sealed class LayersTests
{
    [Fact]
    public void Two_layers_over_each_other_are_told_apart_and_stay_so()
    {
        const int size = 384;
        using var movie = new SimulatedMovie("layers", new SceneOptions { Seed = 61, SizePx = size, Cnr = 2 }, 5);
        var found = movie.Detect("layers", new ParticleDetectorOptions { ZeroCounts = SimulatedMovie.ZeroCounts, WithLabels = true });
        var matched = movie.Score(found).Matched;

        Assert.All(found, f => Assert.All(f.Particles, p => Assert.InRange(p.Layer, 1, 2)));
        Assert.Contains(found[0].Particles, p => p.Layer == 1);
        Assert.Contains(found[0].Particles, p => p.Layer == 2);
        var right = matched.Count(m => m.Row.Layer == m.Found.Layer);
        Assert.True(right >= 0.9 * matched.Count, $"{right} of {matched.Count} in the right layer");
        Assert.True(matched.Count >= 0.95 * movie.Truth.Sum(t => t.Count(r => r.Visible > 0.6)), $"{matched.Count} found");

        // Each layer has its own page, and a particle is painted on the page of its layer.
        foreach (var frame in found)
        {
            Assert.Equal(2 * size * size, frame.Labels!.Length);
            for (var page = 0; page < 2; page++)
            {
                var labels = frame.Labels.AsSpan(page * size * size, size * size);
                foreach (var label in labels)
                {
                    Assert.True(label == 0 || frame.Particles[label - 1].Layer == page + 1);
                }
            }
        }

        var (same, all) = (0, 0);
        foreach (var particle in matched.GroupBy(m => m.Row.Particle))
        {
            var seen = particle.OrderBy(m => m.Row.Frame).ToList();
            for (var k = 1; k < seen.Count; k++)
            {
                all++;
                same += seen[k].Found.Layer == seen[k - 1].Found.Layer ? 1 : 0;
            }
        }

        Assert.True(same >= 0.95 * all, $"{same} of {all} steps within one layer");
    }
}
