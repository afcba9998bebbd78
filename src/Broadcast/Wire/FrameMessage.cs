using LiveLtem.Core;

namespace LiveLtem.Broadcast.Wire;

/// <summary>A received or a denoised frame as a message. It holds a lease on the pixels until its last reader is done.</summary>
internal sealed class FrameMessage(Topic topic, MessageStamp stamp, Frame frame, long? receivedUnixNs) : WireMessage(topic, stamp)
{
    private readonly Lock _gate = new();
    private readonly List<(int Bin, WireBytes Bytes)> _binned = [];
    private PooledBuffer? _header;

    /// <summary>The pixels, full size. Valid while the lease is held.</summary>
    public Frame Frame => frame;

    /// <summary>The header for pixels of full size.</summary>
    public ReadOnlySpan<byte> FullHeader
    {
        get
        {
            lock (_gate)
            {
                if (_header is null)
                {
                    _header = new PooledBuffer();
                    var writer = new MessagePackWireWriter(_header);
                    WriteHeader(ref writer, 1, frame.Height, frame.Width);
                    writer.Flush();
                }

                return _header.Span;
            }
        }
    }

    /// <summary>The message with its pixels averaged over squares; made once for all who want the same size.</summary>
    /// <param name="bin">Side of a square, px; 1 for full size.</param>
    public WireBytes Binned(int bin)
    {
        if (bin == 1)
        {
            return Bytes;
        }

        lock (_gate)
        {
            foreach (var made in _binned)
            {
                if (made.Bin == bin)
                {
                    return made.Bytes;
                }
            }

            var bytes = Encode(bin);
            _binned.Add((bin, bytes));
            return bytes;
        }
    }

    protected override WireBytes Encode() => Encode(1);

    protected override void Release()
    {
        foreach (var (_, bytes) in _binned)
        {
            bytes.Dispose();
        }

        _header?.Dispose();
        frame.Dispose();
    }

    private WireBytes Encode(int bin)
    {
        var (height, width) = FrameBinning.SizeOf(frame.Height, frame.Width, bin);
        var pixelBytes = height * width * frame.Type.BytesPerPixel();
        const int Room = 512;
        var buffer = new PooledBuffer(pixelBytes + Room);
        var writer = new MessagePackWireWriter(buffer);
        var headerAt = Envelope.Begin(ref writer, buffer, Topic.Utf8());
        WriteHeader(ref writer, bin, height, width);
        writer.Flush();
        var payloadAt = buffer.Length;
        writer.BinaryHeader(pixelBytes);
        writer.Flush();
        FrameBinning.Apply(frame, bin, buffer.GetSpan(pixelBytes)[..pixelBytes]);
        buffer.Advance(pixelBytes);
        return new WireBytes(buffer, headerAt, payloadAt);
    }

    private void WriteHeader(ref MessagePackWireWriter writer, int bin, int height, int width)
    {
        Envelope.WriteHeader(ref writer, Stamp, extra: 6);
        writer.Field("dtype"u8, frame.Type.NumpyName());
        Shape(ref writer, "shape"u8, height, width);
        writer.Field("encoding"u8, "raw");
        writer.Field("t_received_unix_ns"u8, receivedUnixNs);
        Shape(ref writer, "full_shape"u8, frame.Height, frame.Width);
        writer.Field("bin"u8, bin);
    }

    private static void Shape(ref MessagePackWireWriter writer, ReadOnlySpan<byte> name, int height, int width)
    {
        writer.Key(name);
        writer.BeginArray(2);
        writer.Value((long)height);
        writer.Value((long)width);
        writer.EndArray();
    }
}
