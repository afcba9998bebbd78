using LiveLtem.Core;

namespace LiveLtem.Acquisition.Files.Video;

/// <summary>AVI, MP4, MOV, MKV and WebM through OpenCV's FFmpeg. Compressed video is for looking; its grey values are rarely counts.</summary>
public sealed class VideoFormat : IFileFormat
{
    /// <inheritdoc/>
    public string Name => "AVI, MP4, MOV, MKV";

    /// <inheritdoc/>
    public bool Recognises(FileProbe probe)
    {
        ArgumentNullException.ThrowIfNull(probe);
        return Container(probe) is not null;
    }

    /// <inheritdoc/>
    public IFrameReader Open(FrameFile file, SourceOptions options)
    {
        ArgumentNullException.ThrowIfNull(file);
        try
        {
            return new VideoReader(file, Container(FileProbe.Of(file)) ?? "video");
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Name of the container by its first bytes (RIFF, ISO base media, EBML), or null.</summary>
    private static string? Container(FileProbe probe)
    {
        if (probe.Has("RIFF"u8) && probe.Has("AVI "u8, 8))
        {
            return "AVI";
        }

        if (probe.Has([0x1A, 0x45, 0xDF, 0xA3]))
        {
            return "MKV";
        }

        if (probe.Has("ftypqt"u8, 4) || probe.Has("moov"u8, 4) || probe.Has("mdat"u8, 4) || probe.Has("wide"u8, 4))
        {
            return "MOV";
        }

        return probe.Has("ftyp"u8, 4) ? "MP4" : null;
    }
}
