using LiveLtem.Core;
using LiveLtem.Core.Pipeline;

namespace LiveLtem.App.Hosting;

/// <summary>A frame and, where it is to be looked at, the same without its noise; owns both.</summary>
internal sealed class DenoisedFrame(Frame frame, Frame? denoised) : IFrameItem
{
    public Frame Frame => frame;

    public Frame? Denoised => denoised;

    public FrameHeader Header => frame.Header;

    public void Dispose()
    {
        denoised?.Dispose();
        frame.Dispose();
    }
}

/// <summary>A frame with its segmentation; owns both.</summary>
internal sealed class SegmentedFrame(Frame frame, IDisposable segmentation) : IFrameItem
{
    public Frame Frame => frame;

    public IDisposable Segmentation => segmentation;

    public FrameHeader Header => frame.Header;

    public void Dispose()
    {
        segmentation.Dispose();
        frame.Dispose();
    }
}

/// <summary>A frame with what was found in it; owns the frame.</summary>
internal sealed class MeasuredFrame(Frame frame, FrameDetections detections) : IFrameItem
{
    public Frame Frame => frame;

    public FrameDetections Detections => detections;

    public FrameHeader Header => frame.Header;

    public void Dispose() => frame.Dispose();
}
