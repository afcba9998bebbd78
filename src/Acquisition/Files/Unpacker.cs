using System.IO.Compression;
using ICSharpCode.SharpZipLib.BZip2;
using LiveLtem.Core;

namespace LiveLtem.Acquisition.Files;

/// <summary>Unpacks gz and bz2 files into a temporary one that goes when it is closed.</summary>
internal static class Unpacker
{
    /// <summary>What a file may always unpack to, however small it is.</summary>
    private const long AlwaysAllowed = 64L << 20;

    /// <summary>Real recordings pack 2 to 10 to one, blank ones 1000; a bomb packs millions.</summary>
    private const long LargestRatio = 1100;

    /// <summary>True for gzip and bzip2.</summary>
    public static bool IsPacked(FileProbe probe) => IsGzip(probe) || IsBzip2(probe);

    /// <summary>Unpacks and opens; closes the packed file.</summary>
    /// <exception cref="FrameFormatException">It is damaged or unpacks to more than is allowed.</exception>
    public static FrameFile Unpack(FrameFile packed, FileProbe probe, SourceOptions options)
    {
        using (packed)
        {
            var limit = Math.Min(options.MaxUnpackedBytes, AlwaysAllowed + (packed.Length * LargestRatio));
            var temporary = Path.Combine(options.TemporaryFolder, $"liveltem-{Guid.NewGuid():N}.tmp");
            try
            {
                Copy(packed, IsGzip(probe), temporary, limit);
                return FrameFile.OpenUnpacked(temporary, packed.OriginalPath);
            }
            catch (Exception error)
            {
                File.Delete(temporary);
                if (error is InvalidDataException or BZip2Exception or EndOfStreamException or IndexOutOfRangeException)
                {
                    throw new FrameFormatException(packed.Name, $"cannot be unpacked: {error.Message.TrimEnd('.')}; is it truncated?", inner: error);
                }

                throw;
            }
        }
    }

    private static bool IsGzip(FileProbe probe) => probe.Has([0x1F, 0x8B, 0x08]);

    private static bool IsBzip2(FileProbe probe) => probe.Has("BZh"u8) && probe.Has([0x31, 0x41, 0x59, 0x26, 0x53, 0x59], 4);

    private static void Copy(FrameFile packed, bool gzip, string temporary, long limit)
    {
        using var source = new FileStream(packed.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using Stream unpacked = gzip ? new GZipStream(source, CompressionMode.Decompress) : new BZip2InputStream(source);
        using var target = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write);
        var block = new byte[1 << 18];
        var total = 0L;
        for (int read; (read = unpacked.Read(block)) > 0;)
        {
            total += read;
            if (total > limit)
            {
                throw new FrameFormatException(packed.Name, $"unpacks to over {limit >> 20} MiB, which no recording of its size does; unpack it by hand if it is one");
            }

            target.Write(block, 0, read);
        }

        if (total == 0 && packed.Length > 0)
        {
            throw new FrameFormatException(packed.Name, "unpacks to nothing; is it truncated?");
        }
    }
}
