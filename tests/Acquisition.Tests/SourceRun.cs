using System.Threading.Channels;
using LiveLtem.Core;

namespace LiveLtem.Acquisition.Tests;

/// <summary>What came out of a source that ran to its end.</summary>
internal sealed record SourceRun(SourceInfo Info, IReadOnlyList<FrameSummary> Frames)
{
    public double Sum => Frames.Sum(f => f.Sum);

    public double Min => Frames.Min(f => f.Min);

    public double Max => Frames.Max(f => f.Max);

    /// <summary>Opens and runs a source, and checks that every buffer came back.</summary>
    public static async Task<SourceRun> OfAsync(string path, SourceOptions? options = null) =>
        await OfAsync(AcquisitionServices.CreateFrameSources().Open(path, options));

    public static async Task<SourceRun> OfAsync(IFrameSource source)
    {
        using var pool = new FramePool();
        var frames = new List<FrameSummary>();
        var channel = Channel.CreateBounded<Frame>(2);
        await using (source)
        {
            var run = Run();
            await foreach (var frame in channel.Reader.ReadAllAsync(TestContext.Current.CancellationToken))
            {
                using (frame)
                {
                    frames.Add(FrameSummary.Of(frame));
                }
            }

            await run;
            Assert.Equal(0, pool.Outstanding);
            return new SourceRun(source.Info, frames);

            async Task Run()
            {
                try
                {
                    await source.RunAsync(pool, channel.Writer, TestContext.Current.CancellationToken);
                    channel.Writer.Complete();
                }
                catch (Exception error)
                {
                    channel.Writer.Complete(error);
                }
            }
        }
    }
}

/// <summary>One frame's pixels as doubles, which hold every integer type exactly, and its header.</summary>
internal sealed record FrameSummary(FrameHeader Header, int Height, int Width, PixelType Type, double[] Pixels)
{
    public double Sum => Pixels.Sum();

    public double Min => Pixels.Min();

    public double Max => Pixels.Max();

    public static FrameSummary Of(Frame frame) => new(frame.Header, frame.Height, frame.Width, frame.Type, frame.Type switch
    {
        PixelType.UInt8 => Doubles<byte>(frame),
        PixelType.Int8 => Doubles<sbyte>(frame),
        PixelType.UInt16 => Doubles<ushort>(frame),
        PixelType.Int16 => Doubles<short>(frame),
        PixelType.UInt32 => Doubles<uint>(frame),
        PixelType.Int32 => Doubles<int>(frame),
        _ => Doubles<float>(frame),
    });

    private static double[] Doubles<T>(Frame frame)
        where T : unmanaged, System.Numerics.INumberBase<T>
    {
        var pixels = frame.Pixels<T>();
        var values = new double[pixels.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = double.CreateTruncating(pixels[i]);
        }

        return values;
    }
}
