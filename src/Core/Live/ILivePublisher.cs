namespace LiveLtem.Core.Live;

/// <summary>Tells whoever listens what the session does.</summary>
/// <remarks>No call waits for a listener, takes a lock that a listener holds, or throws because of one: who is too slow loses messages, and
/// <see cref="Subscribers"/> says how many. Calls come from several threads; calls of one method come one at a time and in the order of the frames.</remarks>
public interface ILivePublisher
{
    /// <summary>The newest received frame, raw.</summary>
    /// <param name="frame">Stays the caller's: anyone who keeps it past the call takes a <see cref="Frame.Share()"/>.</param>
    void OnPreview(Frame frame);

    /// <summary>A frame without its noise, as it was analysed; comes before the frame's report, not at all where frames are not denoised.</summary>
    /// <param name="denoised">Stays the caller's: anyone who keeps it past the call takes a <see cref="Frame.Share()"/>.</param>
    void OnDenoised(Frame denoised);

    /// <summary>Where a denoised frame shows more than the raw ones carry; now and then, not for every frame.</summary>
    void OnUnsupported(UnsupportedMask mask);

    /// <summary>One analysed frame.</summary>
    void OnReport(FrameReport report);

    /// <summary>The row of one received frame, in the order of the frames: the dose as it accrues.</summary>
    void OnRow(FrameRow row);

    /// <summary>Something happened; it is in the session already.</summary>
    void OnEvent(SessionEvent happening);

    /// <summary>The session in figures.</summary>
    void OnStatus(SessionStatus status);

    /// <summary>Who listens, for <see cref="SessionStatus.Subscribers"/>.</summary>
    IReadOnlyList<SubscriberStatus> Subscribers { get; }
}
