using System.Buffers.Binary;
using System.Text;

namespace LiveLtem.Acquisition.Tests;

/// <summary>Writes TIFF files tag by tag from the specification: both byte orders, BigTIFF, strips or tiles, uncompressed or packed by the test.</summary>
internal sealed class TiffFile
{
    private readonly List<byte> _bytes = [];
    private int _nextAt;

    public TiffFile(bool bigEndian = false, bool big = false)
    {
        BigEndian = bigEndian;
        Big = big;
        _bytes.AddRange(bigEndian ? "MM"u8.ToArray() : "II"u8.ToArray());
        Add(Number((ulong)(big ? 43 : 42), 2));
        if (big)
        {
            Add(Number(8, 2));
            Add(Number(0, 2));
        }

        _nextAt = _bytes.Count;
        Add(Number(0, big ? 8 : 4));
    }

    public bool BigEndian { get; }

    public bool Big { get; }

    public byte[] Bytes => [.. _bytes];

    /// <summary>A sample's bytes in the file's order.</summary>
    public byte[] Sample(double value, int bits, int format)
    {
        var bytes = new byte[bits / 8];
        switch (format, bits)
        {
            case (3, 16):
                BinaryPrimitives.WriteHalfLittleEndian(bytes, (Half)value);
                break;
            case (3, 32):
                BinaryPrimitives.WriteSingleLittleEndian(bytes, (float)value);
                break;
            case (3, 64):
                BinaryPrimitives.WriteDoubleLittleEndian(bytes, value);
                break;
            default:
                var integer = unchecked((ulong)(long)value);
                for (var i = 0; i < bytes.Length; i++)
                {
                    bytes[i] = (byte)(integer >> (8 * i));
                }

                break;
        }

        if (BigEndian)
        {
            Array.Reverse(bytes);
        }

        return bytes;
    }

    public byte[] Samples(IEnumerable<double> values, int bits, int format) => [.. values.SelectMany(v => Sample(v, bits, format))];

    /// <summary>Adds bytes and says where they are.</summary>
    public long Append(ReadOnlySpan<byte> bytes)
    {
        if (_bytes.Count % 2 != 0)
        {
            _bytes.Add(0);
        }

        var at = _bytes.Count;
        Add(bytes);
        return at;
    }

    /// <summary>Adds a page: its tags as (tag, type, values); type 2 takes text, 12 doubles, 5 pairs of integers.</summary>
    public void AddPage(params (int Tag, int Type, object Values)[] tags)
    {
        var entries = tags.OrderBy(t => t.Tag).Select(t => (t.Tag, t.Type, Encoded: Encode(t.Type, t.Values))).ToList();
        var pointer = Big ? 8 : 4;
        var placed = entries.Select(e => (e.Tag, e.Type, e.Encoded.Count, Field: e.Encoded.Bytes.Length <= pointer ? Pad(e.Encoded.Bytes, pointer) : Number((ulong)Append(e.Encoded.Bytes), pointer))).ToList();
        var directory = Append([]);
        Patch(_nextAt, Number((ulong)directory, pointer));
        Add(Number((ulong)placed.Count, Big ? 8 : 2));
        foreach (var (tag, type, count, field) in placed)
        {
            Add(Number((ulong)tag, 2));
            Add(Number((ulong)type, 2));
            Add(Number((ulong)count, pointer));
            Add(field);
        }

        _nextAt = _bytes.Count;
        Add(Number(0, pointer));
    }

    /// <summary>Adds an uncompressed grey page in one strip.</summary>
    public void AddGrey(int height, int width, int bits, int format, IEnumerable<double> values, params (int Tag, int Type, object Values)[] more)
    {
        var at = Append(Samples(values, bits, format));
        AddPage([.. Basic(height, width, bits, format), (273, 4, new[] { at }), (278, 4, new[] { (long)height }), (279, 4, new[] { (long)height * width * bits / 8 }), .. more]);
    }

    public static (int Tag, int Type, object Values)[] Basic(int height, int width, int bits, int format, int compression = 1, int photometric = 1) =>
    [
        (256, 4, new[] { (long)width }), (257, 4, new[] { (long)height }), (258, 3, new[] { (long)bits }), (259, 3, new[] { (long)compression }),
        (262, 3, new[] { (long)photometric }), (277, 3, new[] { 1L }), (339, 3, new[] { (long)format }),
    ];

    public string Write(string path)
    {
        File.WriteAllBytes(path, Bytes);
        return path;
    }

    private (byte[] Bytes, int Count) Encode(int type, object values)
    {
        switch (values)
        {
            case string text:
                var ascii = Encoding.UTF8.GetBytes(text + "\0");
                return (ascii, ascii.Length);
            case double[] reals:
                return ([.. reals.SelectMany(r => Sample(r, 64, 3))], reals.Length);
            case byte[] raw:
                return (raw, raw.Length);
        }

        var integers = (long[])values;
        var size = type switch { 1 => 1, 3 => 2, 16 => 8, _ => 4 };
        return ([.. integers.SelectMany(i => Number((ulong)i, size))], type == 5 ? integers.Length / 2 : integers.Length);
    }

    private static byte[] Pad(byte[] bytes, int length) => [.. bytes, .. new byte[length - bytes.Length]];

    private byte[] Number(ulong value, int bytes)
    {
        var number = new byte[bytes];
        for (var i = 0; i < bytes; i++)
        {
            number[BigEndian ? bytes - 1 - i : i] = (byte)(value >> (8 * i));
        }

        return number;
    }

    private void Add(ReadOnlySpan<byte> bytes) => _bytes.AddRange(bytes);

    private void Patch(int at, byte[] bytes)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            _bytes[at + i] = bytes[i];
        }
    }
}
