using LiveLtem.Acquisition.Decoding;
using LiveLtem.Core;

namespace LiveLtem.Acquisition.Files.Tiff;

/// <summary>Where the pages of a TIFF are: the chain of directories, walked once.</summary>
internal sealed class TiffPages
{
    /// <summary>More pages than any recording has; a chain that is longer is a trap.</summary>
    private const int MostPages = 20_000_000;

    private TiffPages(IReadOnlyList<long> offsets, int thumbnails, string? fault)
    {
        Offsets = offsets;
        Thumbnails = thumbnails;
        Fault = fault;
    }

    /// <summary>Directory of each full image, in stored order.</summary>
    public IReadOnlyList<long> Offsets { get; }

    /// <summary>Reduced images and masks that were left out.</summary>
    public int Thumbnails { get; }

    /// <summary>Why the chain ended before its end, or null.</summary>
    public string? Fault { get; }

    /// <summary>Walks the chain. A broken link ends it, with what came before kept.</summary>
    /// <exception cref="FrameFormatException">Not one page is there.</exception>
    public static TiffPages Walk(FrameFile file, TiffKind kind)
    {
        var head = file.ReadBlock(0, kind.Big ? 16 : 8, "header");
        if (kind.Big && ByteOrder.UInt16(head, 4, kind.BigEndian) != 8)
        {
            throw new FrameFormatException(file.Name, $"found {ByteOrder.UInt16(head, 4, kind.BigEndian)}; BigTIFF has 8", 4, "offset size");
        }

        var next = kind.Big ? (long)Math.Min(ByteOrder.UInt64(head, 8, kind.BigEndian), long.MaxValue) : ByteOrder.UInt32(head, 4, kind.BigEndian);
        var offsets = new List<long>();
        var seen = new HashSet<long>();
        var thumbnails = 0;
        string? fault = null;
        while (next != 0)
        {
            if (!seen.Add(next) || seen.Count > MostPages)
            {
                fault = $"the chain of pages runs in a circle after page {offsets.Count}";
                break;
            }

            TiffDirectory directory;
            try
            {
                directory = TiffDirectory.Read(file, kind, next);
            }
            catch (FrameFormatException) when (offsets.Count > 0)
            {
                fault = $"the chain of pages breaks off after page {offsets.Count}: cut off, or still being written";
                break;
            }

            // Bit 0 marks a reduced image, bit 2 a transparency mask.
            if ((directory.Integer(TiffTag.NewSubfileType) & 5) is > 0)
            {
                thumbnails++;
            }
            else
            {
                offsets.Add(next);
            }

            next = directory.Next;
        }

        return offsets.Count > 0
            ? new TiffPages(offsets, thumbnails, fault)
            : throw new FrameFormatException(file.Name, "there is no page in it; is it truncated or still being written?", kind.Big ? 8 : 4, "first IFD");
    }
}
