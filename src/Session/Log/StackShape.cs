using System.Buffers.Binary;
using System.Text;
using System.Text.RegularExpressions;
using LiveLtem.Core;
using Microsoft.Win32.SafeHandles;

namespace LiveLtem.Session.Log;

/// <summary>Tells what the frames of a stack are from the stack itself, for a session whose head is lost.</summary>
internal static partial class StackShape
{
    private const int LongestSide = 1 << 20;

    /// <summary>The shape, or null where there is no stack or its head says nothing.</summary>
    public static FrameShape? Find(string folder)
    {
        var shape = Read(Path.Combine(folder, SessionFiles.Mrc), FromMrc) ?? Read(Path.Combine(folder, SessionFiles.Tiff), FromTiff);
        return shape is { Height: > 0 and <= LongestSide, Width: > 0 and <= LongestSide } known && known.Bytes <= int.MaxValue ? known : null;
    }

    private static FrameShape? Read(string path, Func<byte[], FrameShape?> parse)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var head = new byte[256];
        return RandomAccess.Read(file, head, 0) == head.Length ? parse(head) : null;
    }

    private static FrameShape? FromMrc(byte[] head)
    {
        PixelType? type = Int(12) switch
        {
            0 => (Int(156) & 1) != 0 ? PixelType.Int8 : PixelType.UInt8,
            1 => PixelType.Int16,
            2 => PixelType.Float32,
            6 => PixelType.UInt16,
            _ => null,
        };
        return type is { } known ? new FrameShape(Int(4), Int(0), known) : null;

        int Int(int offset) => BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(offset));
    }

    private static FrameShape? FromTiff(byte[] head)
    {
        var match = Description().Match(Encoding.ASCII.GetString(head));
        return match.Success && int.TryParse(match.Groups[1].Value, out var height) && int.TryParse(match.Groups[2].Value, out var width)
            ? new FrameShape(height, width, match.Groups[3].Value == "uint32" ? PixelType.UInt32 : PixelType.Int32)
            : null;
    }

    [GeneratedRegex(@", ([0-9]{1,7}) x ([0-9]{1,7}) (uint32|int32)")]
    private static partial Regex Description();
}
