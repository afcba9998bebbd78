using System.Buffers;
using System.Text.Json;
using LiveLtem.Core;

namespace LiveLtem.HardwareSim.Cameras.ZeroMq;

/// <summary>Writes the headers of LiveLTEM's ZeroMQ input, version 1 (docs/cameras.md).</summary>
internal sealed class ZeroMqHeaders : IDisposable
{
    private readonly ArrayBufferWriter<byte> _buffer = new(512);
    private readonly Utf8JsonWriter _writer;

    public ZeroMqHeaders() => _writer = new Utf8JsonWriter(_buffer);

    /// <summary>The header of a frame; valid until the next is written.</summary>
    public ReadOnlySpan<byte> Frame(FrameHeader header, SourceInfo info)
    {
        Begin();
        _writer.WriteNumber("frame"u8, header.Number);
        _writer.WriteString("dtype"u8, info.Type.NumpyName());
        _writer.WriteStartArray("shape"u8);
        _writer.WriteNumberValue(info.Height);
        _writer.WriteNumberValue(info.Width);
        _writer.WriteEndArray();
        Write("time_s"u8, header.SourceTimeS);
        var known = info.Calibration;
        Write("pixel_size_nm"u8, known.PixelSizeNm?.Value);
        Write("frame_time_s"u8, known.FrameTimeS?.Value);
        Write("exposure_s"u8, known.ExposureS?.Value);
        Write("counts_per_electron"u8, known.CountsPerElectron?.Value);
        Write("dark_level"u8, known.DarkLevel?.Value);
        Write("transmission"u8, known.Transmission?.Value);
        Write("kv"u8, known.Kv?.Value);
        _writer.WriteString("name"u8, info.Name);
        return End();
    }

    /// <summary>The end of a series of so many frames; valid until the next is written.</summary>
    public ReadOnlySpan<byte> EndOfSeries(long frames)
    {
        Begin();
        _writer.WriteBoolean("end"u8, true);
        _writer.WriteNumber("frames"u8, frames);
        return End();
    }

    public void Dispose() => _writer.Dispose();

    private void Begin()
    {
        _buffer.ResetWrittenCount();
        _writer.Reset();
        _writer.WriteStartObject();
        _writer.WriteNumber("v"u8, 1);
    }

    private ReadOnlySpan<byte> End()
    {
        _writer.WriteEndObject();
        _writer.Flush();
        return _buffer.WrittenSpan;
    }

    private void Write(ReadOnlySpan<byte> name, double? value)
    {
        if (value is { } known && double.IsFinite(known))
        {
            _writer.WriteNumber(name, known);
        }
    }
}
