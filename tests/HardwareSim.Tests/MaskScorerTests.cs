using LiveLtem.Core;
using LiveLtem.HardwareSim.Scoring;
using LiveLtem.HardwareSim.Truth;

namespace LiveLtem.HardwareSim.Tests;

public sealed class MaskScorerTests
{
    private const int Side = 10;

    [Fact]
    public void Label_images_agree_with_themselves_whatever_the_names_of_the_particles()
    {
        var score = Score(Squares((1, 1, 1, 4), (2, 6, 6, 3)), Squares((9, 1, 1, 4), (4, 6, 6, 3)));
        Assert.Equal(1, score.All.Iou);
        Assert.Equal(1, score.All.PixelAccuracy);
        Assert.Equal(1, score.All.Instances!.PanopticQuality);
        Assert.Empty(score.Layers);
    }

    [Fact]
    public void A_square_of_four_shifted_by_one_shares_twelve_of_twenty_pixels()
    {
        var score = Score(Squares((1, 1, 1, 4)), Squares((1, 2, 1, 4))).All;
        Assert.Equal(0.6, score.Iou!.Value, 12);
        Assert.Equal(0.75, score.Dice!.Value, 12);
        Assert.Equal(0.92, score.PixelAccuracy, 12);
        Assert.Equal(0.6, score.Instances!.PanopticQuality!.Value, 12);
    }

    [Fact]
    public void Two_particles_taken_for_one_agree_in_every_pixel_and_are_both_missed()
    {
        var score = Score(Squares((1, 0, 0, 4), (2, 4, 0, 4)), Squares((1, 0, 0, 4), (1, 4, 0, 4))).All;
        Assert.Equal(1, score.Iou);
        Assert.Equal((0, 1, 2), (score.Instances!.Found, score.Instances.False, score.Instances.Missed));
        Assert.Equal(0, score.Instances.F1);
    }

    [Fact]
    public void A_truth_that_only_marks_says_nothing_of_single_particles()
    {
        var score = Score(Squares((255, 1, 1, 4)), Squares((1, 1, 1, 4))).All;
        Assert.Equal(1, score.Iou);
        Assert.Null(score.Instances);
    }

    [Fact]
    public void Nothing_marked_anywhere_has_no_overlap_to_judge()
    {
        var score = Score(Squares(), Squares()).All;
        Assert.Null(score.Iou);
        Assert.Equal(1, score.PixelAccuracy);
    }

    [Fact]
    public void Layers_are_judged_by_themselves_and_together()
    {
        var scorer = new MaskScorer(2);
        scorer.Add(Squares((1, 0, 0, 4)), Squares((1, 0, 0, 4)));
        scorer.Add(Squares((1, 4, 4, 4)), Squares());
        var score = scorer.Score();
        Assert.Equal(1, score.Frames);
        Assert.Equal([1.0, 0.0], score.Layers.Select(l => l.Iou!.Value));
        Assert.Equal(0.5, score.All.Iou);
    }

    [Theory]
    [InlineData("free")]
    [InlineData("shapes")]
    [InlineData("layers")]
    public void True_labels_have_the_areas_and_centres_of_the_true_particles(string name)
    {
        const int Size = 384;
        var simulator = new Simulator(name, new SceneOptions { SizePx = Size, Seed = 5 });
        var frame = simulator.Next(new byte[simulator.FrameBytes]);
        var rows = new TruthBuilder(simulator.Scene.Settings).Rows(frame, 0, 0);
        var labels = new ushort[Size * Size];
        var compared = 0;
        foreach (var layer in rows.Select(r => r.Layer).Distinct())
        {
            LabelPainter.Paint(frame, layer, Size, labels);
            foreach (var row in rows.Where(r => r.Layer == layer && (r.Flags & (DetectionFlags.Border | DetectionFlags.Contact)) == 0))
            {
                var label = labels[((int)Math.Round(row.YPx) * Size) + (int)Math.Round(row.XPx)];
                var own = Enumerable.Range(0, labels.Length).Where(i => labels[i] == label).ToList();
                Assert.NotEqual(0, label);
                Assert.InRange(own.Count / row.AreaPx, 0.95, 1.05);
                Assert.InRange(own.Average(i => i % Size) - row.XPx, -0.25, 0.25);
                Assert.InRange(own.Average(i => i / Size) - row.YPx, -0.25, 0.25);
                compared++;
            }
        }

        Assert.True(compared > 2, $"{compared} particles stand clear");
    }

    private static MaskScore Score(float[] truth, float[] predicted)
    {
        var scorer = new MaskScorer(1);
        scorer.Add(truth, predicted);
        return scorer.Score();
    }

    private static float[] Squares(params (int Label, int X, int Y, int Side)[] squares)
    {
        var page = new float[Side * Side];
        foreach (var (label, left, top, side) in squares)
        {
            for (var y = top; y < top + side; y++)
            {
                page.AsSpan((y * Side) + left, side).Fill(label);
            }
        }

        return page;
    }
}
