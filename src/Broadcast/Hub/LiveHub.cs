using LiveLtem.Broadcast.Wire;
using LiveLtem.Core;
using LiveLtem.Core.Live;

namespace LiveLtem.Broadcast.Hub;

/// <summary>Takes what the session tells, numbers it by topic, and puts it into the mailbox of everyone who wants it.</summary>
/// <remarks>Nothing is encoded on the caller's thread. A topic that nobody wants costs its number.</remarks>
internal sealed class LiveHub(string session, TimeProvider time) : ILivePublisher
{
    private readonly Lock _gate = new();
    private readonly long[] _published = new long[Topics.Count];
    private Mailbox[] _mailboxes = [];
    private bool _completed;

    public string Session => session;

    /// <inheritdoc/>
    public IReadOnlyList<SubscriberStatus> Subscribers =>
        [.. from mailbox in Volatile.Read(ref _mailboxes)
            let name = mailbox.Name
            where name is not null
            select new SubscriberStatus(mailbox.Kind, name, mailbox.Sent, mailbox.Dropped)];

    public long NowUnixNs => UnixTime.Nanoseconds(time.GetUtcNow());

    /// <summary>Messages of a topic published so far, wanted or not.</summary>
    public long Published(Topic topic) => Interlocked.Read(ref _published[(int)topic]);

    /// <summary>Whether anybody wants the topic just now.</summary>
    public bool Wanted(Topic topic)
    {
        foreach (var mailbox in Volatile.Read(ref _mailboxes))
        {
            if (mailbox.Wants(topic))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Adds a reader; once the hub is completed its mailbox is completed at once.</summary>
    public void Add(Mailbox mailbox)
    {
        lock (_gate)
        {
            if (!_completed)
            {
                Volatile.Write(ref _mailboxes, [.. _mailboxes, mailbox]);
                return;
            }
        }

        mailbox.Complete();
    }

    /// <summary>Takes a reader out again; one that is not there is let be.</summary>
    public void Remove(Mailbox mailbox)
    {
        lock (_gate)
        {
            Volatile.Write(ref _mailboxes, [.. _mailboxes.Where(other => other != mailbox)]);
        }
    }

    /// <summary>The session is over: every reader gets what waits for it, and its end.</summary>
    public void Complete()
    {
        Mailbox[] mailboxes;
        lock (_gate)
        {
            _completed = true;
            mailboxes = _mailboxes;
        }

        foreach (var mailbox in mailboxes)
        {
            mailbox.Complete();
        }
    }

    /// <inheritdoc/>
    public void OnPreview(Frame frame) => PublishPicture(Topic.Frame, frame);

    /// <inheritdoc/>
    public void OnDenoised(Frame denoised) => PublishPicture(Topic.Denoised, denoised);

    /// <inheritdoc/>
    public void OnUnsupported(UnsupportedMask mask)
    {
        ArgumentNullException.ThrowIfNull(mask);
        Publish(Topic.Unsupported, mask.Frame, mask, DenoiserLayout.WriteMask, mask.DenoiserVersion);
    }

    /// <inheritdoc/>
    public void OnReport(FrameReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var (frame, version) = (report.Header.Number, report.Header.DenoiserVersion);
        Publish(Topic.Overlay, frame, report, ReportLayout.WriteOverlay, version);
        Publish(Topic.Tracks, frame, report, ReportLayout.WriteTracks, version);
    }

    /// <inheritdoc/>
    public void OnRow(FrameRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        Publish(Topic.Dose, row.Frame, row, ReportLayout.WriteRow, row.DenoiserVersion);
    }

    /// <inheritdoc/>
    public void OnEvent(SessionEvent happening)
    {
        ArgumentNullException.ThrowIfNull(happening);
        if (happening is AlertChange change)
        {
            Publish(Topic.Alert, change.Frame, change, WriteAlert);
        }

        Publish(Topic.Event, happening.Frame, happening, EventLayout.WriteEvent);
    }

    /// <inheritdoc/>
    public void OnStatus(SessionStatus status)
    {
        ArgumentNullException.ThrowIfNull(status);
        Publish(Topic.Status, status.Pipeline.Ledger.Last, status, StatusLayout.WriteStatus, status.Denoising?.Denoiser.Version);
    }

    /// <summary>Writes the alert of a change.</summary>
    public static void WriteAlert(ref MessagePackWireWriter writer, AlertChange change) => EventLayout.WriteAlert(ref writer, change.Alert);

    private void PublishPicture(Topic topic, Frame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        var seq = Count(topic);
        if (!Wanted(topic))
        {
            return;
        }

        var received = frame.Header.ReceivedTimestamp;
        var receivedUnixNs = received == 0 ? (long?)null : UnixTime.Nanoseconds(time.GetUtcNow() - time.GetElapsedTime(received));
        using var message = new FrameMessage(topic, Stamp(seq, frame.Number, frame.Header.DenoiserVersion), frame.Share(), receivedUnixNs);
        Deliver(message);
    }

    private void Publish<T>(Topic topic, long? frame, T content, PayloadWriter<T> write, int? denoiserVersion = null)
    {
        var seq = Count(topic);
        if (!Wanted(topic))
        {
            return;
        }

        using var message = new MapMessage<T>(topic, Stamp(seq, frame, denoiserVersion), content, write);
        Deliver(message);
    }

    private long Count(Topic topic) => Interlocked.Increment(ref _published[(int)topic]);

    private MessageStamp Stamp(long seq, long? frame, int? denoiserVersion) => new(session, seq, frame, NowUnixNs, denoiserVersion);

    private void Deliver(WireMessage message)
    {
        foreach (var mailbox in Volatile.Read(ref _mailboxes))
        {
            mailbox.Offer(message);
        }
    }
}
