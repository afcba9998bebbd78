using LiveLtem.Acquisition.Files.Images;
using LiveLtem.Core;
using LiveLtem.Testing;
using OpenCvSharp;

namespace LiveLtem.Acquisition.Tests;

public sealed class ImageTests : FrameSourceContract, IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    protected override Task<IFrameSource> OpenAsync()
    {
        for (var i = 0; i < 4; i++)
        {
            Write($"frame{i}.png", 6, 7, MatType.CV_8UC1, i);
        }

        return Task.FromResult(AcquisitionServices.CreateFrameSources().Open(_folder.Root));
    }

    [Fact]
    public async Task Frames_come_in_natural_order()
    {
        foreach (var i in (int[])[10, 9, 1, 2, 100])
        {
            Write($"frame{i}.png", 3, 4, MatType.CV_8UC1, i);
        }

        var run = await SourceRun.OfAsync(_folder.Root);

        Assert.Equal([1, 2, 9, 10, 100], run.Frames.Select(f => f.Pixels[0]));
        Assert.Equal([0L, 1, 2, 3, 4], run.Frames.Select(f => f.Header.Number));
    }

    [Theory]
    [InlineData("frame2", "frame10")]
    [InlineData("frame02", "frame2b")]
    [InlineData("a9z", "a10")]
    [InlineData("2", "10")]
    [InlineData("x1y2", "x1y10")]
    [InlineData("A2", "b1")]
    [InlineData("run", "run1")]
    [InlineData("00999999999999999999998", "999999999999999999999")]
    public void Numbers_in_names_count_by_value(string first, string second)
    {
        Assert.True(NaturalOrder.Instance.Compare(first, second) < 0);
        Assert.True(NaturalOrder.Instance.Compare(second, first) > 0);
        Assert.Equal(0, NaturalOrder.Instance.Compare(first, first));
    }

    [Fact]
    public async Task Other_files_masks_and_hidden_ones_are_left_out_with_a_note()
    {
        Write("f1.png", 3, 4, MatType.CV_8UC1, 1);
        Write("f2.png", 3, 4, MatType.CV_8UC1, 2);
        Write("mask1.png", 3, 4, MatType.CV_8UC1, 3);
        Write("mask2.png", 3, 4, MatType.CV_8UC1, 4);
        await File.WriteAllTextAsync(_folder.File("positions.csv"), "frame,x,y\n", TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(_folder.File(".hidden"), [1], TestContext.Current.CancellationToken);

        var run = await SourceRun.OfAsync(_folder.Root);

        Assert.Equal([1, 2], run.Frames.Select(f => f.Pixels[0]));
        Assert.Contains(run.Info.Warnings, w => w.StartsWith("3 other files", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_movie_that_is_called_darkfield_is_not_set_aside_for_a_stray_image()
    {
        for (var i = 0; i < 5; i++)
        {
            Write($"darkfield_{i}.png", 3, 4, MatType.CV_8UC1, i);
        }

        Write("scale.png", 9, 9, MatType.CV_8UC1, 1);

        var run = await SourceRun.OfAsync(_folder.Root);

        Assert.Equal([0, 1, 2, 3, 4], run.Frames.Select(f => f.Pixels[0]));
    }

    [Fact]
    public async Task Formats_are_told_by_content_and_not_by_extension()
    {
        Write("f1.png", 3, 4, MatType.CV_8UC1, 1);
        File.Move(_folder.File("f1.png"), _folder.File("f1.dat"));

        var run = await SourceRun.OfAsync(_folder.File("f1.dat"));

        Assert.Equal("PNG", run.Info.Format);
    }

    [Fact]
    public async Task An_image_of_another_size_is_an_error_that_names_the_file()
    {
        Write("f1.png", 3, 4, MatType.CV_8UC1, 1);
        Write("f2.png", 3, 5, MatType.CV_8UC1, 2);

        var error = await Assert.ThrowsAsync<FrameFormatException>(() => SourceRun.OfAsync(_folder.Root));

        Assert.Contains("f2.png", error.Message, StringComparison.Ordinal);
        Assert.Contains("3 x 5", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_images_says_where_there_may_be_some()
    {
        Directory.CreateDirectory(_folder.File("raw"));

        var error = Assert.Throws<FrameFormatException>(() => AcquisitionServices.CreateFrameSources().Open(_folder.Root));

        Assert.Contains("raw", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(".png", false)]
    [InlineData(".png", true)]
    [InlineData(".bmp", false)]
    public async Task Colour_that_codes_grey_is_exactly_that_grey(string extension, bool deep)
    {
        using var image = new Mat(16, 16, deep ? MatType.CV_16UC3 : MatType.CV_8UC3);
        for (var i = 0; i < 256; i++)
        {
            var value = deep ? (ushort)(i * 257) : (ushort)i;
            if (deep)
            {
                image.Set(i / 16, i % 16, new Vec3w(value, value, value));
            }
            else
            {
                image.Set(i / 16, i % 16, new Vec3b((byte)value, (byte)value, (byte)value));
            }
        }

        Cv2.ImWrite(_folder.File("grey" + extension), image);

        var run = await SourceRun.OfAsync(_folder.File("grey" + extension));

        Assert.Equal(deep ? PixelType.UInt16 : PixelType.UInt8, run.Info.Type);
        Assert.Equal(Enumerable.Range(0, 256).Select(i => deep ? i * 257.0 : i), run.Frames.Single().Pixels);
    }

    [Fact]
    public async Task Sixteen_bit_grey_keeps_its_counts()
    {
        using var image = new Mat(2, 3, MatType.CV_16UC1);
        for (var i = 0; i < 6; i++)
        {
            image.Set(i / 3, i % 3, (ushort)(i * 13_000));
        }

        Cv2.ImWrite(_folder.File("deep.png"), image);

        var run = await SourceRun.OfAsync(_folder.File("deep.png"));

        Assert.Equal([0, 13_000, 26_000, 39_000, 52_000, 65_000], run.Frames.Single().Pixels);
    }

    [Theory]
    [InlineData(".png")]
    [InlineData(".jpg")]
    [InlineData(".bmp")]
    public void An_image_cut_off_is_one_clear_error(string extension)
    {
        Write("cut" + extension, 40, 40, MatType.CV_8UC1, 77);
        var bytes = File.ReadAllBytes(_folder.File("cut" + extension));
        for (var length = 27; length < bytes.Length - 12; length += 13)
        {
            File.WriteAllBytes(_folder.File("cut" + extension), bytes[..length]);
            var error = Assert.Throws<FrameFormatException>(() => AcquisitionServices.CreateFrameSources().Open(_folder.File("cut" + extension)));
            Assert.StartsWith("cut", error.Message, StringComparison.Ordinal);
        }
    }

    private void Write(string name, int height, int width, MatType type, double value)
    {
        using var image = new Mat(height, width, type, new Scalar(value, value, value));
        Assert.True(Cv2.ImWrite(_folder.File(name), image));
    }
}
