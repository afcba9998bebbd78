using LiveLtem.Core;
using LiveLtem.Core.Live;

namespace LiveLtem.App.Hosting.Live;

/// <summary>Stands for the publisher until its ports are open: the session is wired before, so that whoever connects first finds it.</summary>
internal sealed class PublisherRelay : ILivePublisher
{
    private ILivePublisher? _to;

    /// <summary>Who is told; nobody until it is set.</summary>
    public ILivePublisher? To
    {
        get => Volatile.Read(ref _to);
        set => Volatile.Write(ref _to, value);
    }

    public IReadOnlyList<SubscriberStatus> Subscribers => To?.Subscribers ?? [];

    public void OnPreview(Frame frame) => To?.OnPreview(frame);

    public void OnDenoised(Frame denoised) => To?.OnDenoised(denoised);

    public void OnUnsupported(UnsupportedMask mask) => To?.OnUnsupported(mask);

    public void OnReport(FrameReport report) => To?.OnReport(report);

    public void OnRow(FrameRow row) => To?.OnRow(row);

    public void OnEvent(SessionEvent happening) => To?.OnEvent(happening);

    public void OnStatus(SessionStatus status) => To?.OnStatus(status);
}
