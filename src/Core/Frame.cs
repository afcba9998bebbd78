using System.Runtime.InteropServices;
using LiveLtem.Core.Pipeline;

namespace LiveLtem.Core;

/// <summary>What is known of a frame besides its pixels.</summary>
/// <remarks>The camera's clock and our receive time are two fields; neither stands in for the other.</remarks>
public readonly record struct FrameHeader
{
    /// <summary>The source's own number, never renumbered; files count from 0 in stored order. A gap means lost frames.</summary>
    public required long Number { get; init; }

    /// <summary>When the frame reached us, in <see cref="TimeProvider.GetTimestamp"/> ticks; latency is measured from here.</summary>
    public long ReceivedTimestamp { get; init; }

    /// <summary>Seconds from the first frame by the camera's or file's own clock; null where the source does not say.</summary>
    public double? SourceTimeS { get; init; }

    /// <summary>Acquisition conditions (magnification, exposure, …) this frame belongs to; nm and dose never cross a segment silently.</summary>
    public int Segment { get; init; }

    /// <summary>Version of the denoiser in whose picture particles are looked for; null where nothing takes the noise off, or has not yet.</summary>
    public int? DenoiserVersion { get; init; }
}

/// <summary>A rented image that is being filled. Publishing turns it into a read-only <see cref="Frame"/>.</summary>
public sealed unsafe class FrameDraft : IDisposable
{
    private FramePool.FrameBuffer? _buffer;

    internal FrameDraft(FramePool.FrameBuffer buffer, int height, int width, PixelType type)
    {
        _buffer = buffer;
        Height = height;
        Width = width;
        Type = type;
    }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>How one pixel is stored.</summary>
    public PixelType Type { get; }

    /// <summary>The image's bytes, row-major [height, width], machine byte order, no padding.</summary>
    public Span<byte> Bytes => new(Live.Data, Live.ByteLength);

    /// <summary>Address of the first pixel, for libraries that fill native memory; valid until published or disposed.</summary>
    public nint Address => (nint)Live.Data;

    private FramePool.FrameBuffer Live => _buffer ?? throw new ObjectDisposedException(nameof(FrameDraft));

    /// <summary>The pixels as <typeparamref name="T"/>, row-major [height, width].</summary>
    /// <exception cref="InvalidOperationException"><typeparamref name="T"/> is not the pixel type.</exception>
    public Span<T> Pixels<T>() where T : unmanaged
    {
        Frame.Demand<T>(Type);
        return MemoryMarshal.Cast<byte, T>(Bytes);
    }

    /// <summary>Ends the writing: the pixels are read-only from here on and belong to the frame returned.</summary>
    public Frame Publish(FrameHeader header)
    {
        var buffer = Live;
        _buffer = null;
        return new Frame(buffer, header, Height, Width, Type);
    }

    /// <summary>Gives the buffer back unpublished.</summary>
    public void Dispose()
    {
        var buffer = _buffer;
        _buffer = null;
        buffer?.Release();
    }
}

/// <summary>One reader's lease on a read-only image. Dispose once; each further reader takes <see cref="Share()"/>.</summary>
/// <remarks>Writing a frame to an edge hands the lease over. A span taken from it never outlives the call it was taken in.</remarks>
public sealed unsafe class Frame : IFrameItem
{
    private FramePool.FrameBuffer? _buffer;

    internal Frame(FramePool.FrameBuffer buffer, FrameHeader header, int height, int width, PixelType type)
    {
        _buffer = buffer;
        Header = header;
        Height = height;
        Width = width;
        Type = type;
    }

    /// <summary>Number and times.</summary>
    public FrameHeader Header { get; }

    /// <summary>The source's own number.</summary>
    public long Number => Header.Number;

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>How one pixel is stored.</summary>
    public PixelType Type { get; }

    /// <summary>The image's bytes, row-major [height, width], machine byte order, no padding.</summary>
    public ReadOnlySpan<byte> Bytes => new(Live.Data, Live.ByteLength);

    /// <summary>Address of the first pixel, 64-byte aligned, for libraries that read native memory; valid while the lease is held. Read only.</summary>
    public nint Address => (nint)Live.Data;

    private FramePool.FrameBuffer Live => _buffer ?? throw new ObjectDisposedException(nameof(Frame));

    /// <summary>The pixels as <typeparamref name="T"/>, row-major [height, width].</summary>
    /// <exception cref="InvalidOperationException"><typeparamref name="T"/> is not the pixel type.</exception>
    public ReadOnlySpan<T> Pixels<T>() where T : unmanaged
    {
        Demand<T>(Type);
        return MemoryMarshal.Cast<byte, T>(Bytes);
    }

    /// <summary>A second lease on the same pixels, for one more reader.</summary>
    /// <exception cref="ObjectDisposedException">This lease was already given back.</exception>
    public Frame Share() => Share(Header);

    /// <summary>A second lease on the same pixels under another header (a source that re-times what it replays).</summary>
    public Frame Share(FrameHeader header)
    {
        var buffer = Live;
        buffer.AddReference();
        return new Frame(buffer, header, Height, Width, Type);
    }

    /// <summary>Converts every pixel to float.</summary>
    /// <param name="destination">At least height × width values, row-major; unsigned 32-bit counts above 2^24 are rounded.</param>
    public void CopyTo(Span<float> destination) => PixelConverter.ToFloat(Bytes, Type, destination[..(Height * Width)]);

    /// <summary>Gives the lease back; harmless a second time.</summary>
    public void Dispose() => Interlocked.Exchange(ref _buffer, null)?.Release();

    internal static void Demand<T>(PixelType type) where T : unmanaged
    {
        if (!type.Holds<T>())
        {
            throw new InvalidOperationException($"the frame holds {type.NumpyName()} pixels, not {typeof(T).Name}");
        }
    }
}
