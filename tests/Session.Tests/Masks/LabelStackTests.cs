using System.Text;
using System.Xml.Linq;
using CsCheck;
using LiveLtem.Core.Masks;
using OpenCvSharp;

namespace LiveLtem.Session.Tests.Masks;

public sealed class LabelStackTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Another_reader_sees_the_labels_that_were_written(bool big) =>
        Gen.Select(Gen.Int[1, 40], Gen.Int[1, 40], Gen.Int[1, 5], Gen.UShort.Array[1600]).Sample(
            (height, width, pages, noise) =>
            {
                var path = _folder.File($"masks{Guid.NewGuid():N}.tif");
                using (var stack = new LabelStackWriter(File.Create(path), height, width, big ? null : pages, 1, 0.25, 0.05))
                {
                    for (var page = 0; page < pages; page++)
                    {
                        stack.Append(Labels(noise, page, height, width));
                    }
                }

                Assert.Equal(big ? 43 : 42, File.ReadAllBytes(path)[2]);
                Cv2.ImReadMulti(path, out var images, ImreadModes.Unchanged);
                Assert.Equal(pages, images.Length);
                for (var page = 0; page < pages; page++)
                {
                    using var image = images[page];
                    Assert.Equal(MatType.CV_16UC1, image.Type());
                    Assert.True(image.GetArray(out ushort[] pixels));
                    Assert.Equal((height, width), (image.Rows, image.Cols));
                    Assert.Equal(Labels(noise, page, height, width), pixels);
                }
            },
            iter: 20,
            threads: 1);

    [Fact]
    public void A_page_without_labels_is_blank_and_every_page_counts()
    {
        var path = _folder.File("masks.tif");
        using (var stack = new LabelStackWriter(File.Create(path), 2, 3, 2, 1, null, null))
        {
            stack.Append([]);
            stack.Append([1, 2, 3, 4, 5, 6]);
            Assert.Throws<ArgumentException>(() => stack.Append([1]));
        }

        Cv2.ImReadMulti(path, out var images, ImreadModes.Unchanged);
        Assert.Equal(0, Cv2.CountNonZero(images[0]));
        Assert.Equal(6, Cv2.CountNonZero(images[1]));
    }

    [Fact]
    public void The_ome_names_tell_size_scale_and_number_of_pages()
    {
        var path = _folder.File("masks.tif");
        using (var stack = new LabelStackWriter(File.Create(path), 4, 6, null, 1, 0.5, 0.1))
        {
            stack.Append([]);
            stack.Append([]);
            stack.Append([]);
        }

        var text = Encoding.ASCII.GetString(File.ReadAllBytes(path));
        var start = text.IndexOf("<?xml", StringComparison.Ordinal);
        var pixels = XDocument.Parse(text[start..text.IndexOf('\0', start)]).Descendants().Single(element => element.Name.LocalName == "Pixels");
        Assert.Equal("3", (string?)pixels.Attribute("SizeT"));
        Assert.Equal("6", (string?)pixels.Attribute("SizeX"));
        Assert.Equal("0.5", (string?)pixels.Attribute("PhysicalSizeX"));
        Assert.Equal("0.1", (string?)pixels.Attribute("TimeIncrement"));
    }

    [Fact]
    public void Two_layers_are_two_named_channels_of_each_frame()
    {
        var path = _folder.File("layers.tif");
        using (var stack = new LabelStackWriter(File.Create(path), 1, 2, 4, 2, null, null))
        {
            stack.Append([1, 0]);
            stack.Append([0, 2]);
            stack.Append([]);
            stack.Append([3, 3]);
        }

        Cv2.ImReadMulti(path, out var images, ImreadModes.Unchanged);
        Assert.Equal(4, images.Length);
        Assert.Equal(2, images[1].At<ushort>(0, 1));
        var text = System.Text.Encoding.ASCII.GetString(File.ReadAllBytes(path));
        Assert.Contains("SizeC=\"2\" SizeZ=\"1\" SizeT=\"2\"", text, StringComparison.Ordinal);
        Assert.Contains("Name=\"layer 2\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stack_that_is_never_closed_is_readable_up_to_its_last_page()
    {
        var path = _folder.File("masks.tif");
        using var stack = new LabelStackWriter(new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.Read, 1), 2, 2, 10, 1, null, null);
        stack.Append([1, 1, 1, 1]);
        stack.Append([2, 2, 2, 2]);
        Cv2.ImReadMulti(path, out var images, ImreadModes.Unchanged);
        Assert.Equal(2, images.Length);
    }

    public void Dispose() => _folder.Dispose();

    private static ushort[] Labels(ushort[] noise, int page, int height, int width) =>
        [.. noise.Skip(page).Concat(noise).Take(height * width)];
}
