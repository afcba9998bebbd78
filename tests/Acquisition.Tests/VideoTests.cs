using LiveLtem.Core;
using LiveLtem.Testing;
using OpenCvSharp;

namespace LiveLtem.Acquisition.Tests;

public sealed class VideoTests : FrameSourceContract, IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    protected override Task<IFrameSource> OpenAsync() => Task.FromResult(AcquisitionServices.CreateFrameSources().Open(Write("contract.avi", "FFV1", 5)));

    [Theory]
    [InlineData("a.avi", "FFV1", "AVI")]
    [InlineData("a.mkv", "FFV1", "MKV")]
    [InlineData("a.mp4", "mp4v", "MP4")]
    [InlineData("a.avi", "MJPG", "AVI")]
    public async Task Every_container_gives_its_frames_and_rate(string name, string codec, string format)
    {
        var run = await SourceRun.OfAsync(Write(name, codec, 6));

        Assert.Equal(format, run.Info.Format);
        Assert.Equal(6, run.Frames.Count);
        Assert.Equal(0.04, run.Info.Calibration.FrameTimeS!.Value, 1e-9);
        Assert.All(run.Frames, f => Assert.Equal(40 + (20 * f.Header.Number), f.Pixels.Average(), 3.0));
    }

    [Fact]
    public async Task A_lossless_grey_video_is_exact()
    {
        var run = await SourceRun.OfAsync(Write("a.avi", "FFV1", 3));

        Assert.Equal([40, 60, 80], run.Frames.Select(f => f.Pixels.Max()));
        Assert.Equal([40, 60, 80], run.Frames.Select(f => f.Pixels.Min()));
    }

    [Fact]
    public async Task The_sample_video_has_the_pixels_that_others_read()
    {
        var run = await SourceRun.OfAsync(Samples.Path("formats/video/bulk-water.mov"));

        Assert.Equal("MOV", run.Info.Format);
        Assert.Equal((424, 640), (run.Info.Height, run.Info.Width));
        Assert.Equal(run.Info.Frames, run.Frames.Count);

        // The sum of the stored luma plane (ffmpeg's extractplanes=y); through RGB and back it comes out 0.3 grey levels brighter.
        Assert.Equal(34695059, run.Frames[0].Sum, 0.005 * 34695059);
    }

    [Fact]
    public async Task A_video_cut_off_gives_its_frames_or_one_clear_error()
    {
        foreach (var (name, codec) in ((string, string)[])[("a.avi", "MJPG"), ("a.mp4", "mp4v"), ("a.mkv", "FFV1")])
        {
            var bytes = await File.ReadAllBytesAsync(Write(name, codec, 12), TestContext.Current.CancellationToken);
            foreach (var share in (double[])[0.02, 0.3, 0.6, 0.95])
            {
                await File.WriteAllBytesAsync(_folder.File(name), bytes[..(int)(bytes.Length * share)], TestContext.Current.CancellationToken);
                try
                {
                    var run = await SourceRun.OfAsync(_folder.File(name));
                    Assert.InRange(run.Frames.Count, 1, 12);
                }
                catch (FrameFormatException error)
                {
                    Assert.StartsWith(name, error.Message, StringComparison.Ordinal);
                }
            }
        }
    }

    private string Write(string name, string codec, int frames)
    {
        var path = _folder.File(name);
        using var writer = new VideoWriter(path, VideoWriter.FourCC(codec[0], codec[1], codec[2], codec[3]), 25, new Size(64, 48), isColor: false);
        Assert.True(writer.IsOpened());
        for (var i = 0; i < frames; i++)
        {
            using var image = new Mat(48, 64, MatType.CV_8UC1, new Scalar(40 + (20 * i)));
            writer.Write(image);
        }

        writer.Release();
        return path;
    }
}
