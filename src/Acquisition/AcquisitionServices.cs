using LiveLtem.Acquisition.Cameras.ZeroMq;
using LiveLtem.Acquisition.Files.Images;
using LiveLtem.Acquisition.Files.Mrc;
using LiveLtem.Acquisition.Files.Tiff;
using LiveLtem.Acquisition.Files.Video;

namespace LiveLtem.Acquisition;

/// <summary>Everything this area can open: one line for each format and camera.</summary>
public static class AcquisitionServices
{
    /// <summary>A new registry with all formats, in the order in which they are asked: those with a magic number first.</summary>
    public static FrameSources CreateFrameSources()
    {
        var sources = new FrameSources()
            .Add(new TiffFormat())
            .Add(new ImageFormat())
            .Add(new VideoFormat())
            .Add(new MrcFormat());
        return sources
            .AddScheme("watch", sources.Watch)
            .AddScheme(ZeroMqAddress.Scheme, (address, options) => new ZeroMqSource(address, options));
    }
}
