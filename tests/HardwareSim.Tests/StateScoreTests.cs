using LiveLtem.HardwareSim.Scenes;
using LiveLtem.HardwareSim.Scoring;
using Xunit;

namespace LiveLtem.HardwareSim.Tests;

public sealed class StateScoreTests
{
    private const string Truth = "frame,particle,x,y,minor_px,state\n0,0,10,10,8,0\n1,0,10,10,8,0\n2,0,10,10,8,1\n3,0,10,10,8,1\n";

    [Theory]
    [InlineData("5", "5", "2", "2", 1.0)]
    [InlineData("0", "1", "1", "1", 0.75)]
    [InlineData("0", "0", "0", "0", 0.5)]
    [InlineData("0", "", "1", "1", 0.75)]
    [InlineData("0", "1", "2", "3", 0.5)]
    public void States_are_named_as_suits_best_one_to_one_and_a_missing_one_is_wrong(string a, string b, string c, string d, double right)
    {
        var predicted = $"frame,particle,x,y,state\n0,1,10,10,{a}\n1,1,10,10,{b}\n2,1,10,10,{c}\n3,1,10,10,{d}\n";
        var score = Scorer.Score(PointTable.Read(new StringReader(Truth), "truth"), PointTable.Read(new StringReader(predicted), "pred"));
        Assert.Equal(right, score.States!.Accuracy, 9);
        Assert.Equal(4, score.States.Points);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void A_soft_scene_takes_as_many_states_as_asked_for_and_molecules_of_many_sizes(int count)
    {
        var scene = SceneCatalog.Create("soft", new SceneOptions { Seed = 3, SizePx = 512, States = count, MoleculeSpread = 0.5 });
        var states = new HashSet<int>();
        var areas = new HashSet<double>();
        for (var f = 0; f < 60; f++)
        {
            foreach (var particle in scene.NextFrame().Particles)
            {
                states.Add(particle.State!.Value);
                areas.Add(particle.Shape.AreaPx);
            }
        }

        Assert.Equal(Enumerable.Range(0, count), states.Order());
        Assert.True(areas.Max() > 2 * areas.Min());
    }
}
