using System.Buffers.Binary;
using System.Text;

namespace LiveLtem.Acquisition.Tests;

/// <summary>Writes MRC files byte by byte from the specification, with whatever quirk a test wants.</summary>
internal sealed class MrcFile
{
    public int Width { get; init; } = 5;

    public int Height { get; init; } = 4;

    public int Sections { get; init; } = 3;

    public int Mode { get; init; } = 6;

    public bool BigEndian { get; init; }

    public bool Magic { get; init; } = true;

    /// <summary>The stamp's first byte; null for the right one.</summary>
    public byte? Stamp { get; init; }

    public (float X, float Y) CellA { get; init; } = (50, 40);

    public byte[] Extended { get; init; } = [];

    public string ExtendedType { get; init; } = "";

    public (float Min, float Max) Range { get; init; }

    /// <summary>IMOD's flags, with its stamp; null for neither.</summary>
    public int? ImodFlags { get; init; }

    public string Label { get; init; } = "";

    /// <summary>The value of pixel i of the whole stack.</summary>
    public Func<int, double> Value { get; init; } = i => i;

    public byte[] Header()
    {
        var head = new byte[1024];
        Int(head, 0, Width);
        Int(head, 4, Height);
        Int(head, 8, Sections);
        Int(head, 12, Mode);
        Int(head, 28, Width);
        Int(head, 32, Height);
        Int(head, 36, Sections);
        Real(head, 40, CellA.X);
        Real(head, 44, CellA.Y);
        Int(head, 64, 1);
        Int(head, 68, 2);
        Int(head, 72, 3);
        Real(head, 76, Range.Min);
        Real(head, 80, Range.Max);
        Int(head, 92, Extended.Length);
        Encoding.ASCII.GetBytes(ExtendedType).CopyTo(head, 104);
        if (ImodFlags is { } flags)
        {
            Int(head, 152, 1146047817);
            Int(head, 156, flags);
        }

        if (Magic)
        {
            "MAP "u8.CopyTo(head.AsSpan(208));
            head[212] = Stamp ?? (BigEndian ? (byte)0x11 : (byte)0x44);
            head[213] = head[212];
        }

        Int(head, 220, Label.Length > 0 ? 1 : 0);
        Encoding.ASCII.GetBytes(Label).CopyTo(head, 224);
        return head;
    }

    public byte[] Pixels()
    {
        var count = Width * Height * Sections;
        if (Mode == 101)
        {
            return FourBit(count);
        }

        var size = Mode switch { 0 => 1, 2 => 4, _ => 2 };
        var bytes = new byte[count * size];
        for (var i = 0; i < count; i++)
        {
            var at = bytes.AsSpan(i * size, size);
            var value = Value(i);
            switch (Mode)
            {
                case 0:
                    at[0] = unchecked((byte)(int)value);
                    break;
                case 1:
                    BinaryPrimitives.WriteInt16LittleEndian(at, (short)value);
                    break;
                case 6:
                    BinaryPrimitives.WriteUInt16LittleEndian(at, (ushort)value);
                    break;
                case 12:
                    BinaryPrimitives.WriteHalfLittleEndian(at, (Half)value);
                    break;
                default:
                    BinaryPrimitives.WriteSingleLittleEndian(at, (float)value);
                    break;
            }

            if (BigEndian)
            {
                at.Reverse();
            }
        }

        return bytes;
    }

    public byte[] Bytes() => [.. Header(), .. Extended, .. Pixels()];

    public string Write(string path)
    {
        File.WriteAllBytes(path, Bytes());
        return path;
    }

    private byte[] FourBit(int count)
    {
        var rowBytes = (Width + 1) / 2;
        var bytes = new byte[rowBytes * Height * Sections];
        for (var i = 0; i < count; i++)
        {
            var (row, x) = (i / Width, i % Width);
            bytes[(row * rowBytes) + (x / 2)] |= (byte)((int)Value(i) << (x % 2 == 0 ? 0 : 4));
        }

        return bytes;
    }

    private void Int(byte[] head, int at, int value)
    {
        if (BigEndian)
        {
            BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(at), value);
        }
        else
        {
            BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(at), value);
        }
    }

    private void Real(byte[] head, int at, float value) => Int(head, at, BitConverter.SingleToInt32Bits(value));
}
