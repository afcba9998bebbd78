using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using LiveLtem.Acquisition.Decoding;
using LiveLtem.Core;

namespace LiveLtem.Acquisition.Files.Mrc;

/// <summary>Reads the sections of an MRC file as frames, straight into rented buffers.</summary>
/// <remarks>A file may hold more or fewer whole sections than its header promises (still being written, or cut off): what is whole is delivered.
/// Whether it calls itself a volume or a stack does not matter: a section is a frame.</remarks>
internal sealed class MrcReader : IFrameReader
{
    private readonly FrameFile _file;
    private readonly MrcHeader _header;
    private readonly FeiExtendedHeader? _fei;
    private readonly bool _follow;

    public MrcReader(FrameFile file, MrcHeader header, SourceOptions options)
    {
        _file = file;
        _header = header;
        _follow = options.Follow;
        if (header.Height * (long)header.Width * header.Type.BytesPerPixel() > int.MaxValue)
        {
            throw new FrameFormatException(file.Name, $"a frame of {header.Height} x {header.Width} pixels is over 2 GiB", 0, "NX, NY");
        }

        _fei = FeiExtendedHeader.TryRead(file, header);
        Info = new MrcDescription(file, header, _fei, options.Follow).Describe(WholeSections);
    }

    public SourceInfo Info { get; }

    public bool IsIncomplete => WholeSections < _header.Sections;

    private long WholeSections => Math.Max(0, _file.Length - _header.DataOffset) / _header.SectionBytes;

    public FrameDraft? TryRead(long index, FramePool pool, out double? sourceTimeS)
    {
        sourceTimeS = null;
        if (index >= (_follow ? WholeSections : Info.Frames))
        {
            return null;
        }

        var draft = pool.Rent(_header.Height, _header.Width, _header.Type);
        try
        {
            Fill(draft, _header.DataOffset + (index * _header.SectionBytes));
            sourceTimeS = _fei?.TimeS(index);
            return draft;
        }
        catch
        {
            draft.Dispose();
            throw;
        }
    }

    public void Dispose() => _file.Dispose();

    private void Fill(FrameDraft draft, long offset)
    {
        switch (_header.Mode)
        {
            case MrcMode.Float16:
                FillHalf(draft.Pixels<float>(), offset);
                break;
            case MrcMode.FourBit:
                FillFourBit(draft.Pixels<byte>(), offset);
                break;
            default:
                _file.ReadExactly(offset, draft.Bytes, "pixels");
                if (_header.BigEndian)
                {
                    ByteOrder.Reverse(draft.Bytes, _header.Type.BytesPerPixel());
                }

                break;
        }
    }

    private void FillHalf(Span<float> pixels, long offset)
    {
        var block = ArrayPool<byte>.Shared.Rent((int)_header.SectionBytes);
        try
        {
            var bytes = block.AsSpan(0, (int)_header.SectionBytes);
            _file.ReadExactly(offset, bytes, "pixels");
            if (_header.BigEndian)
            {
                ByteOrder.Reverse(bytes, 2);
            }

            TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(bytes), pixels);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    /// <summary>Two pixels a byte, the first in the low four bits; each row starts on a byte (IMOD and SerialEM, mode 101).</summary>
    private void FillFourBit(Span<byte> pixels, long offset)
    {
        var block = ArrayPool<byte>.Shared.Rent((int)_header.SectionBytes);
        try
        {
            var bytes = block.AsSpan(0, (int)_header.SectionBytes);
            _file.ReadExactly(offset, bytes, "pixels");
            for (var y = 0; y < _header.Height; y++)
            {
                var packed = bytes.Slice((int)(y * _header.RowBytes), (int)_header.RowBytes);
                var row = pixels.Slice(y * _header.Width, _header.Width);
                for (var x = 0; x < row.Length; x++)
                {
                    row[x] = (byte)((x & 1) == 0 ? packed[x >> 1] & 15 : packed[x >> 1] >> 4);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }
}
