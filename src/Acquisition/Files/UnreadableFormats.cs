using System.Text;
using LiveLtem.Acquisition.Decoding;

namespace LiveLtem.Acquisition.Files;

/// <summary>Names formats that are known but not read, so that the message can say what a file is.</summary>
internal static class UnreadableFormats
{
    /// <summary>What the file is, or null where nobody knows.</summary>
    public static string? Name(FileProbe probe) => Binary(probe) ?? Text(probe);

    /// <summary>True for a text of any kind.</summary>
    public static bool IsText(FileProbe probe) => Binary(probe) is null && Text(probe) is not null;

    /// <summary>What to do with a table of positions or tracks, which is no recording but no rubbish either; null for anything else.</summary>
    public static string? Table(FileProbe probe)
    {
        if (!IsText(probe))
        {
            return null;
        }

        var head = Encoding.UTF8.GetString(probe.Head.Span).TrimStart('\uFEFF', '\r', '\n');
        var end = head.AsSpan().IndexOfAny('\r', '\n');
        var names = (end < 0 ? head : head[..end]).Split(',', ';', '\t').Select(name => name.Trim(' ', '"').ToLowerInvariant()).ToHashSet();
        if (!names.IsSupersetOf(["frame", "x", "y"]))
        {
            return null;
        }

        return names.Contains("particle")
            ? "a table of tracks, which is no recording; 'liveltem analyze --tracks' works the physics out of it"
            : "a table of positions, which is no recording; 'liveltem link' makes tracks of it, and 'liveltem analyze --tracks' works the physics out of those";
    }

    private static string? Binary(FileProbe probe)
    {
        var head = probe.Head.Span;
        return probe switch
        {
            _ when head.Length > 16 && ByteOrder.Int32(head, 0, true) is 3 or 4 && IsDigitalMicrograph(head) => $"a Gatan DM{head[3]} file",
            _ when probe.Has([0x49, 0x49, 0x97, 0x01]) => "a TIA SER file",
            _ when probe.Has([0x4A, 0x4B, 0x00, 0x02]) => "a TIA EMI file",
            _ when probe.Has([0x89, (byte)'H', (byte)'D', (byte)'F', 0x0D, 0x0A, 0x1A, 0x0A]) => "an HDF5 file (EMD, NeXus, …)",
            _ when probe.Has("MQ1,"u8) => "a Merlin MIB file",
            _ when probe.Has("HDR,"u8) => "a Merlin header file",
            _ when probe.Has("IMGBLO"u8) => "a NanoMegas BLO file",
            _ when probe.Has([0xED, 0xFE, 0x00, 0x00]) => "a NorPix SEQ file",
            _ when IsTvips(head) => "a TVIPS recorder file",
            _ when probe.Has([0x4D, 0x50, 0x58, 0x2C]) => "a Merlin TCP capture",
            _ when probe.Has([0xD9, 0xD9, 0xF7]) => "a CBOR message",
            _ when probe.Has([0xD4, 0xC3, 0xB2, 0xA1]) || probe.Has([0xA1, 0xB2, 0xC3, 0xD4]) => "a network capture (pcap)",
            _ when probe.Has("GIF8"u8) => "a GIF image",
            _ when probe.Has("RIFF"u8) && probe.Has("WEBP"u8, 8) => "a WebP image",
            _ when probe.Has("jP  "u8, 4) => "a JPEG 2000 image",
            _ when probe.Has("SIMPLE  ="u8) => "a FITS file",
            _ when probe.Has([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y']) => "a numpy array",
            _ when probe.Has("PK\u0003\u0004"u8) => "a ZIP archive",
            _ when probe.Has("%PDF"u8) => "a PDF document",
            _ when probe.Has("SQLite format 3\0"u8) => "a SQLite database",
            _ when probe.Has([0x28, 0xB5, 0x2F, 0xFD]) => "a Zstandard file",
            _ when probe.Has([0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0x00]) => "an xz file",
            _ when probe.Has([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]) => "a 7-Zip archive",
            _ when probe.Has("ustar"u8, 257) => "a tar archive",
            _ => null,
        };
    }

    private static string? Text(FileProbe probe)
    {
        var head = probe.Head.Span;
        if (head.IsEmpty || head.IndexOfAnyInRange((byte)0, (byte)8) >= 0)
        {
            return null;
        }

        var start = Encoding.UTF8.GetString(head[..Math.Min(head.Length, 512)]).TrimStart('\uFEFF', ' ', '\r', '\n');
        return start switch
        {
            _ when start.StartsWith("<?xml", StringComparison.Ordinal) => "an XML text",
            _ when start.StartsWith('{') || start.StartsWith('[') => "a JSON text",
            _ => "a text",
        };
    }

    /// <summary>Version 3 or 4, then root length and byte order; version 4 has a 64-bit length.</summary>
    private static bool IsDigitalMicrograph(ReadOnlySpan<byte> head) => ByteOrder.Int32(head, head[3] == 3 ? 8 : 12, true) is 0 or 1;

    /// <summary>The 256-byte head names itself: its size, version 1 or 2, and sides of an image.</summary>
    private static bool IsTvips(ReadOnlySpan<byte> head) =>
        head.Length >= 256 && ByteOrder.UInt32(head, 0, false) == 256 && ByteOrder.UInt32(head, 4, false) is 1 or 2 && ByteOrder.UInt32(head, 16, false) is 8 or 16;
}
