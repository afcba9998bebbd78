using System.Threading.Channels;

namespace LiveLtem.Core;

/// <summary>What a source is, as far as it says so itself.</summary>
public sealed record SourceInfo
{
    /// <summary>File name, folder or endpoint, as shown to people.</summary>
    public required string Name { get; init; }

    /// <summary>Format or protocol: <c>MRC</c>, <c>TIFF</c>, <c>simulation</c>, …</summary>
    public required string Format { get; init; }

    /// <summary>Rows.</summary>
    public required int Height { get; init; }

    /// <summary>Columns.</summary>
    public required int Width { get; init; }

    /// <summary>How the frames that this source delivers store a pixel.</summary>
    public required PixelType Type { get; init; }

    /// <summary>numpy name of the pixels as stored, where it differs from <see cref="Type"/> (float16, float64, …); else null.</summary>
    public string? StoredDtype { get; init; }

    /// <summary>Frames there are; null where nobody knows yet (camera, watch folder, a file still being written).</summary>
    public long? Frames { get; init; }

    /// <summary>What the source itself says of pixel size, times and counts.</summary>
    public Calibration Calibration { get; init; } = Calibration.Unknown;

    /// <summary>Whether the frames' numbers leave a gap where some were lost, as a camera's do; a file counts what it holds.</summary>
    public bool NumbersTellLosses { get; init; }

    /// <summary>When it was recorded, where it says so. Offset zero where the file names no time zone.</summary>
    public DateTimeOffset? Date { get; init; }

    /// <summary>Anything else worth showing, in <c>info --json</c>'s <c>metadata</c>. Values are strings, numbers, booleans or arrays of these.</summary>
    public IReadOnlyDictionary<string, object> Metadata { get; init; } = new Dictionary<string, object>();

    /// <summary>Things a person should know before trusting it: truncated, still growing, axes of different pixel size.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}

/// <summary>One camera, recording or simulation.</summary>
/// <remarks>A source runs once. It copies camera bytes once, into buffers rented from the pool.</remarks>
public interface IFrameSource : IAsyncDisposable
{
    /// <summary>What it is; known before <see cref="RunAsync"/>.</summary>
    SourceInfo Info { get; }

    /// <summary>True for a source that would lose frames were it held back (a camera); false for one that can wait (a file).</summary>
    bool IsLive { get; }

    /// <summary>Delivers every frame in order, then returns; the caller completes the channel.</summary>
    /// <param name="pool">Where buffers come from.</param>
    /// <param name="output">Takes over each frame written.</param>
    /// <param name="cancellationToken">Stops the source; it ends as soon as it can.</param>
    /// <exception cref="FrameFormatException">The stream broke in a way that no later frame can mend.</exception>
    Task RunAsync(FramePool pool, ChannelWriter<Frame> output, CancellationToken cancellationToken);
}
