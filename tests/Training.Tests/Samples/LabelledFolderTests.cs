using LiveLtem.Core;
using LiveLtem.Inference.Models;
using LiveLtem.Training.Samples;
using OpenCvSharp;

namespace LiveLtem.Training.Tests.Samples;

public class LabelledFolderTests
{
    [Theory]
    [InlineData(12)]
    [InlineData(40)]
    [InlineData(100)]
    public void Particles_come_to_the_networks_scale_whatever_theirs_is(int side)
    {
        using var lab = new LabFolder();
        lab.WriteImage("a.png", side);
        lab.WriteMask("a.png", side, k => new Scalar(k));
        using var source = new LabelledFolder(lab.Root, 64, 1, 5);
        Assert.Equal((1, 5), (source.Frames, source.Particles));
        var sample = new Sample(64, 1);
        var pixels = 64 * 64;
        var seen = 0;
        for (var index = 0; index < 40; index++)
        {
            source.Fill(index, sample);
            for (var i = 0; i < pixels; i++)
            {
                Assert.Equal(sample.Instances[i] > 0 ? 1f : 0f, sample.Maps[i]);
                if (sample.Maps[(MapLayout.Centre * pixels) + i] > 0.9)
                {
                    // A square of side s: log2(2 s / sqrt(12) / 10), s from 0.7 to 1.4 times 22 px.
                    Assert.InRange(sample.Maps[(MapLayout.LogSize * pixels) + i], Math.Log2(2 * 14.8 / Math.Sqrt(12) / 10), Math.Log2(2 * 32.2 / Math.Sqrt(12) / 10));
                    Assert.InRange(sample.Maps[(MapLayout.ElongationX * pixels) + i], -0.05, 0.05);
                    seen++;
                }
            }
        }

        Assert.True(seen > 100);
    }

    [Fact]
    public void The_picture_lies_under_its_labels_and_squares_side_by_side_stay_two()
    {
        using var lab = new LabFolder();
        lab.WriteImage("a.png", 40);
        lab.WriteMask("a.png", 40, k => new Scalar(k));
        using var source = new LabelledFolder(lab.Root, 128, 1, 5);
        var sample = new Sample(128, 1);
        var touching = false;
        for (var index = 0; index < 30; index++)
        {
            source.Fill(index, sample);
            double dark = 0, bright = 0;
            int darkCount = 0, brightCount = 0;
            for (var y = 0; y < 128; y++)
            {
                for (var x = 0; x < 128; x++)
                {
                    var i = (y * 128) + x;
                    if (sample.Maps[(128 * 128) + i] > 0)
                    {
                        continue;
                    }

                    (dark, darkCount) = sample.Instances[i] > 0 ? (dark + sample.Image[i], darkCount + 1) : (dark, darkCount);
                    (bright, brightCount) = sample.Instances[i] == 0 ? (bright + sample.Image[i], brightCount + 1) : (bright, brightCount);
                    if (x > 0 && sample.Instances[i] > 0)
                    {
                        // Off the boundary no two particles are neighbours.
                        Assert.Equal(sample.Instances[i], sample.Instances[i - 1]);
                    }
                }
            }

            if (darkCount > 100 && brightCount > 100)
            {
                Assert.True(bright / brightCount > (dark / darkCount) + 30, $"picture {index}");
            }

            var there = sample.Instances.ToHashSet();
            touching |= there.Contains(1) && there.Contains(2);
        }

        Assert.True(touching);
    }

    [Fact]
    public void Values_colours_and_pieces_all_name_particles()
    {
        using var lab = new LabFolder();
        lab.WriteImage("deep.tif", 20, depth: 16);
        lab.WriteMask("deep.png", 20, k => new Scalar(1000 * k), MatType.CV_16UC1);
        lab.WriteImage("colour.png", 20);
        lab.WriteMask("colour.png", 20, k => new Scalar(40 * k, 250 - k, 7), MatType.CV_8UC3);
        lab.WriteImage("binary.png", 20);
        lab.WriteMask("binary.png", 20, _ => new Scalar(255));
        using var source = new LabelledFolder(lab.Root, 64, 1, 5);
        // The two squares that touch are one piece where the mask does not tell them apart.
        Assert.Equal((3, 5 + 5 + 4), (source.Frames, source.Particles));
    }

    [Fact]
    public void Frames_of_floating_point_and_colour_are_read()
    {
        using var lab = new LabFolder();
        using (var picture = new Mat(160, 160, MatType.CV_32FC1, new Scalar(0.7)))
        {
            picture.Rectangle(new Rect(40, 40, 40, 40), new Scalar(0.2), -1);
            picture.Set(3, 3, float.NaN);
            Assert.True(Cv2.ImWrite(lab.ImagePath("a.tif"), picture));
        }

        lab.WriteMask("a.png", 20, k => new Scalar(k));
        using (var colour = new Mat(160, 160, MatType.CV_8UC3, new Scalar(200, 180, 170)))
        {
            Assert.True(Cv2.ImWrite(lab.ImagePath("b.jpg"), colour));
        }

        lab.WriteMask("b.png", 20, _ => Scalar.Black);
        using var source = new LabelledFolder(lab.Root, 96, 1, 5);
        Assert.Equal((2, 5), (source.Frames, source.Particles));
        for (var index = 0; index < 10; index++)
        {
            Assert.All(Filled(source, index).Maps, value => Assert.True(float.IsFinite(value)));
        }
    }

    [Fact]
    public void Two_layers_have_a_mask_each()
    {
        using var lab = new LabFolder();
        lab.WriteImage("a.png", 20);
        lab.WriteMask("a.1.png", 20, k => new Scalar(k < 3 ? k : 0));
        lab.WriteMask("a.2.png", 20, k => new Scalar(k < 3 ? 0 : k));
        using var source = new LabelledFolder(lab.Root, 128, 2, 5);
        var sample = new Sample(128, 2);
        int first = 0, second = 0;
        for (var index = 0; index < 20; index++)
        {
            source.Fill(index, sample);
            first = Math.Max(first, sample.Instances[..(128 * 128)].Max());
            second = Math.Max(second, sample.Instances[(128 * 128)..].Max());
            Assert.True(sample.Ordered);
        }

        Assert.Equal((2, 3), (first, second));
    }

    [Fact]
    public void The_same_index_gives_the_same_sample_on_any_thread()
    {
        using var lab = new LabFolder();
        lab.WriteImage("a.png", 30);
        lab.WriteMask("a.png", 30, k => new Scalar(k));
        using var source = new LabelledFolder(lab.Root, 64, 1, 9);
        var once = Enumerable.Range(0, 16).Select(i => Filled(source, i)).ToArray();
        var again = new Sample[16];
        Parallel.For(0, 16, i => again[i] = Filled(source, i));
        for (var i = 0; i < 16; i++)
        {
            Assert.Equal(once[i].Image, again[i].Image);
            Assert.Equal(once[i].Maps, again[i].Maps);
            Assert.Equal(once[i].Instances, again[i].Instances);
        }
    }

    [Fact]
    public void A_frame_smaller_than_a_picture_is_filled_up()
    {
        using var lab = new LabFolder();
        lab.WriteImage("a.png", 40);
        lab.WriteMask("a.png", 40, k => new Scalar(k));
        // 8 squares a side, at most 64 px each: 512 px of 1024.
        using var source = new LabelledFolder(lab.Root, 1024, 1, 9);
        var sample = Filled(source, 0);
        Assert.Equal(5, sample.Instances.ToHashSet().Count(i => i > 0));
        Assert.InRange(sample.Maps.AsSpan(0, 1024 * 1024).ToArray().Sum(), 4.5f * 60 * 60, 5.5f * 68 * 68);
    }

    [Fact]
    public void What_is_wrong_with_a_folder_is_said_in_one_line()
    {
        using var lab = new LabFolder();
        Assert.Contains("no such folder", Refused(Path.Combine(lab.Root, "nowhere")), StringComparison.Ordinal);
        Assert.Contains("no pictures", Refused(lab.Root), StringComparison.Ordinal);
        lab.WriteImage("a.png", 20);
        Assert.Contains("no mask", Refused(lab.Root), StringComparison.Ordinal);
        lab.WriteMask("a.png", 10, k => new Scalar(k));
        var message = Refused(lab.Root);
        Assert.Contains("80 x 80", message, StringComparison.Ordinal);
        Assert.Contains("160 x 160", message, StringComparison.Ordinal);
        lab.WriteMask("a.png", 20, _ => Scalar.Black);
        Assert.Contains("every mask is empty", Refused(lab.Root), StringComparison.Ordinal);
        File.WriteAllText(lab.MaskPath("a.png"), "not a picture");
        Assert.Contains("not a picture", Refused(lab.Root), StringComparison.Ordinal);
        File.WriteAllBytes(lab.MaskPath("a.png"), []);
        Assert.Contains("not a picture", Refused(lab.Root), StringComparison.Ordinal);
        lab.WriteMask("a.png", 20, k => new Scalar(k));
        lab.WriteMask("a.bmp", 20, k => new Scalar(k));
        Assert.Contains("2 masks", Refused(lab.Root), StringComparison.Ordinal);
        File.Delete(lab.MaskPath("a.png"));
        File.Delete(lab.MaskPath("a.bmp"));
        lab.WriteMask("a.jpg", 20, k => new Scalar(40 * k));
        Assert.Contains("JPEG", Refused(lab.Root), StringComparison.Ordinal);
    }

    [Fact]
    public void A_mixture_keeps_its_proportion_and_refuses_what_does_not_fit()
    {
        using var lab = new LabFolder();
        lab.WriteImage("a.png", 30);
        lab.WriteMask("a.png", 30, k => new Scalar(k));
        using var own = new LabelledFolder(lab.Root, 64, 1, 9);
        var simulated = new SimulatedSamples(new SampleOptions { Size = 64 }, 1);
        var mixed = new MixedSamples(own, simulated, 0.3);
        var fromOwn = Enumerable.Range(0, 200).Count(i => Filled(mixed, i).Image.AsSpan().SequenceEqual(Filled(own, i).Image));
        Assert.InRange(fromOwn, 40, 80);
        Assert.Throws<ArgumentException>(() => new MixedSamples(own, new SimulatedSamples(new SampleOptions { Size = 96 }, 1), 0.3));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MixedSamples(own, simulated, 1.5));
    }

    private static string Refused(string folder)
    {
        var message = Assert.Throws<InputException>(() => new LabelledFolder(folder, 64, 1, 1)).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }

    private static Sample Filled(ISampleSource source, long index)
    {
        var sample = new Sample(source.Size, source.Layers);
        source.Fill(index, sample);
        return sample;
    }
}
