using System.Threading.Channels;
using LiveLtem.Acquisition.Selection;
using LiveLtem.Core;
using LiveLtem.Testing;

namespace LiveLtem.Acquisition.Tests;

public sealed class SelectionTests : FrameSourceContract, IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    protected override Task<IFrameSource> OpenAsync() =>
        Task.FromResult<IFrameSource>(new CroppedSource(new RangeSource(OpenMovie(10), new FrameRange(2, 8)), new RegionOfInterest(1, 1, 3, 2)));

    [Theory]
    [InlineData("2:5", 2, 5)]
    [InlineData(":3", 0, 3)]
    [InlineData("7:", 7, 10)]
    [InlineData(":", 0, 10)]
    [InlineData("8:99", 8, 10)]
    public async Task A_range_keeps_the_numbers_that_frames_have_in_the_file(string text, int start, int end)
    {
        var run = await SourceRun.OfAsync(new RangeSource(OpenMovie(10), FrameRange.Parse(text)));

        Assert.Equal(Enumerable.Range(start, end - start).Select(n => (long)n), run.Frames.Select(f => f.Header.Number));
        Assert.All(run.Frames, f => Assert.Equal(f.Header.Number * 20, f.Pixels[0]));
        Assert.Equal(end - start, run.Info.Frames);
    }

    [Theory]
    [InlineData("5")]
    [InlineData("5:5")]
    [InlineData("a:b")]
    [InlineData("-3:2")]
    [InlineData("1:2:3")]
    public void A_range_that_makes_no_sense_is_refused(string text) => Assert.Throws<InputException>(() => FrameRange.Parse(text));

    [Fact]
    public async Task A_range_behind_the_last_frame_says_how_many_there_are()
    {
        await using var movie = OpenMovie(10);

        var error = Assert.Throws<InputException>(() => new RangeSource(movie, new FrameRange(10, null)));

        Assert.Contains("10 frames", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_range_stops_a_source_that_never_ends()
    {
        var run = await SourceRun.OfAsync(new RangeSource(new EndlessSource(), new FrameRange(3, 6)));

        Assert.Equal([3L, 4, 5], run.Frames.Select(f => f.Header.Number));
    }

    [Fact]
    public async Task A_region_is_cut_out_of_each_frame()
    {
        var run = await SourceRun.OfAsync(new CroppedSource(OpenMovie(2), RegionOfInterest.Parse("1,2,3,2")));

        Assert.Equal((2, 3), (run.Info.Height, run.Info.Width));
        Assert.Equal([11, 12, 13, 16, 17, 18], run.Frames[0].Pixels);
        Assert.Equal([31, 32, 33, 36, 37, 38], run.Frames[1].Pixels);
    }

    [Theory]
    [InlineData("0,0,6,2")]
    [InlineData("4,3,1,2")]
    [InlineData("2147483647,0,2,2")]
    public async Task A_region_outside_of_the_frame_is_refused_with_the_frame_s_size(string text)
    {
        await using var movie = OpenMovie(1);

        var error = Assert.Throws<InputException>(() => new CroppedSource(movie, RegionOfInterest.Parse(text)));

        Assert.Contains("5 x 4 px", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1,2,3")]
    [InlineData("1,2,0,4")]
    [InlineData("-1,2,3,4")]
    [InlineData("a,b,c,d")]
    public void A_region_that_is_no_rectangle_is_refused(string text) => Assert.Throws<InputException>(() => RegionOfInterest.Parse(text));

    private IFrameSource OpenMovie(int frames) => AcquisitionServices.CreateFrameSources().Open(new MrcFile { Sections = frames }.Write(_folder.File("movie.mrc")));

    private sealed class EndlessSource : IFrameSource
    {
        public SourceInfo Info { get; } = new() { Name = "endless", Format = "test", Height = 2, Width = 2, Type = PixelType.UInt8 };

        public bool IsLive => true;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        public async Task RunAsync(FramePool pool, ChannelWriter<Frame> output, CancellationToken cancellationToken)
        {
            for (var number = 0L; ; number++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                using var draft = pool.Rent(2, 2, PixelType.UInt8);
                draft.Bytes.Clear();
                var frame = draft.Publish(new FrameHeader { Number = number });
                if (!output.TryWrite(frame))
                {
                    await output.WriteAsync(frame, cancellationToken);
                }
            }
        }
    }
}
