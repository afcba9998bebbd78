using System.Buffers.Binary;
using System.Text;

namespace LiveLtem.Acquisition.Files.DigitalMicrograph;

/// <summary>The tree of tags that Gatan's DigitalMicrograph keeps, as a flat table: <c>DataBar:Exposure Time (s)</c> to value.</summary>
/// <remarks>Reads the version-4 tree (structure in big-endian, values in the order the head names). Numbers become double, 16-bit arrays text; images and other
/// arrays are passed over. Unnamed entries of a group get their index as name.</remarks>
internal sealed class DmTags
{
    private const int DeepestGroup = 32;
    private const int LongestText = 4096;
    private readonly byte[] _bytes;
    private readonly bool _littleEndian;
    private readonly Dictionary<string, object> _values = [];
    private int _at;

    private DmTags(byte[] bytes, bool littleEndian, int at)
    {
        _bytes = bytes;
        _littleEndian = littleEndian;
        _at = at;
    }

    /// <summary>Parses a tree that starts with its version; what is damaged ends the reading, with what came before kept.</summary>
    /// <returns>Empty where it is no version-4 tree.</returns>
    public static IReadOnlyDictionary<string, object> Parse(byte[] bytes)
    {
        if (bytes.Length < 26 || BinaryPrimitives.ReadInt32BigEndian(bytes) != 4)
        {
            return new Dictionary<string, object>();
        }

        var tags = new DmTags(bytes, BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(12)) == 1, 16);
        try
        {
            tags.ReadGroup("", 0);
        }
        catch (ArgumentOutOfRangeException)
        {
            // The tree ends early: its first part is still good.
        }

        return tags._values;
    }

    private void ReadGroup(string path, int depth)
    {
        _at += 2;
        var count = Int64();
        ArgumentOutOfRangeException.ThrowIfGreaterThan(depth, DeepestGroup);

        for (var i = 0L; i < count; i++)
        {
            var kind = Take(1)[0];
            var name = Encoding.Latin1.GetString(Take(BinaryPrimitives.ReadUInt16BigEndian(Take(2))));
            var full = path.Length == 0 ? Named(name, i) : $"{path}:{Named(name, i)}";
            var end = Int64() + _at;
            if (kind == 20)
            {
                ReadGroup(full, depth + 1);
            }
            else if (kind == 21)
            {
                ReadValue(full);
            }
            else
            {
                throw new ArgumentOutOfRangeException(nameof(path));
            }

            _at = end >= _at && end <= _bytes.Length ? (int)end : throw new ArgumentOutOfRangeException(nameof(path));
        }
    }

    private static string Named(string name, long index) => name.Length > 0 ? name : index.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private void ReadValue(string path)
    {
        _ = Take(4);
        var words = Int64();
        var type = words > 0 ? Int64() : 0;
        if (words == 1 && Number(type) is { } number)
        {
            _values.TryAdd(path, number);
        }
        else if (words == 3 && type == 20 && Int64() == 4 && Int64() is > 0 and <= LongestText and var length)
        {
            var text = Take((int)length * 2);
            _values.TryAdd(path, (_littleEndian ? Encoding.Unicode : Encoding.BigEndianUnicode).GetString(text));
        }
    }

    private double? Number(long type) => type switch
    {
        2 => (short)Integer(2),
        3 => (int)Integer(4),
        4 => (ushort)Integer(2),
        5 => (uint)Integer(4),
        6 => BitConverter.UInt32BitsToSingle((uint)Integer(4)),
        7 => BitConverter.UInt64BitsToDouble(Integer(8)),
        8 or 9 or 10 => Integer(1),
        11 => (long)Integer(8),
        12 => Integer(8),
        _ => null,
    };

    private ulong Integer(int bytes)
    {
        var value = 0UL;
        var taken = Take(bytes);
        for (var i = 0; i < bytes; i++)
        {
            value |= (ulong)taken[_littleEndian ? i : bytes - 1 - i] << (8 * i);
        }

        return value;
    }

    private long Int64() => BinaryPrimitives.ReadInt64BigEndian(Take(8));

    private ReadOnlySpan<byte> Take(int count)
    {
        var taken = _bytes.AsSpan(_at, count);
        _at += count;
        return taken;
    }
}
