using Grpc.Core;
using LiveLtem.Broadcast.Hub;
using LiveLtem.Broadcast.Wire;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using Proto = LiveLtem.Broadcast.Protos;

namespace LiveLtem.Broadcast.Grpc;

/// <summary>What the running session tells, as streams. Each call has a bounded mailbox; who is too slow loses the oldest and is told how many.</summary>
internal sealed class LiveService(LiveHub hub, IOperator @operator, StreamGate gate) : Proto.Live.LiveBase
{
    /// <inheritdoc/>
    public override Task Overlays(Proto.OverlaysRequest request, IServerStreamWriter<Proto.OverlayUpdate> responseStream, ServerCallContext context) =>
        StreamAsync<FrameReport, Proto.OverlayUpdate>(Topic.Overlay, responseStream, context, static (report, stamp) => new Proto.OverlayUpdate
        {
            Stamp = stamp,
            Height = report.Height,
            Width = report.Width,
            Contours = { report.Tracks.Points.Select(ContourOf) },
        });

    /// <inheritdoc/>
    public override Task Tracks(Proto.TracksRequest request, IServerStreamWriter<Proto.TracksUpdate> responseStream, ServerCallContext context) =>
        StreamAsync<FrameReport, Proto.TracksUpdate>(Topic.Tracks, responseStream, context, static (report, stamp) =>
        {
            var update = new Proto.TracksUpdate { Stamp = stamp, Points = { report.Tracks.Points.Select(ProtoMap.Of) } };
            ProtoMap.Known(report.Row.TimeS, value => update.TimeS = value);
            ProtoMap.Known(report.Row.DoseEPerA2, value => update.DoseEA2 = value);
            return update;
        });

    /// <inheritdoc/>
    public override Task Dose(Proto.DoseRequest request, IServerStreamWriter<Proto.DoseUpdate> responseStream, ServerCallContext context) =>
        StreamAsync<FrameRow, Proto.DoseUpdate>(
            Topic.Dose, responseStream, context, static (row, stamp) => new Proto.DoseUpdate { Stamp = stamp, Row = ProtoMap.Of(row) });

    /// <inheritdoc/>
    public override Task Status(Proto.StatusRequest request, IServerStreamWriter<Proto.StatusUpdate> responseStream, ServerCallContext context)
    {
        var now = @operator.Status;
        return StreamAsync<SessionStatus, Proto.StatusUpdate>(Topic.Status, responseStream, context, Update, Update(now, Again(now.Pipeline.Ledger.Last, 0)));

        static Proto.StatusUpdate Update(SessionStatus status, Proto.Stamp stamp) => new() { Stamp = stamp, Status = StatusMap.Of(status) };
    }

    /// <inheritdoc/>
    public override Task Alerts(Proto.AlertsRequest request, IServerStreamWriter<Proto.AlertUpdate> responseStream, ServerCallContext context) =>
        StreamEventsAsync(request.HasAfterEventId ? request.AfterEventId : null, responseStream, context, static (happening, stamp) => happening is AlertChange change
            ? new Proto.AlertUpdate { Stamp = stamp, EventId = change.Id, Alert = ProtoMap.Of(change.Alert) }
            : null);

    /// <inheritdoc/>
    public override Task Events(Proto.EventsRequest request, IServerStreamWriter<Proto.EventUpdate> responseStream, ServerCallContext context) =>
        StreamEventsAsync(
            request.HasAfterEventId ? request.AfterEventId : null, responseStream, context,
            static (happening, stamp) => new Proto.EventUpdate { Stamp = stamp, Event = ProtoMap.Of(happening) });

    private static Proto.Contour ContourOf(TrackPoint point)
    {
        var outline = ShapeOutline.Of(point.Fit);
        var contour = new Proto.Contour { Id = point.Particle, Layer = point.Layer };
        contour.Points.Capacity = 2 * outline.Length;
        foreach (var (x, y) in outline)
        {
            contour.Points.Add((float)x);
            contour.Points.Add((float)y);
        }

        return contour;
    }

    private async Task StreamAsync<TContent, TUpdate>(
        Topic topic, IServerStreamWriter<TUpdate> stream, ServerCallContext context, Func<TContent, Proto.Stamp, TUpdate> make, TUpdate? first = null)
        where TUpdate : class
    {
        using var reader = gate.Enter(topic, context);
        await context.WriteResponseHeadersAsync([]).ConfigureAwait(false);
        if (first is not null)
        {
            await stream.WriteAsync(first, reader.Stop).ConfigureAwait(false);
        }

        while (await reader.NextAsync().ConfigureAwait(false) is { } message)
        {
            using (message)
            {
                var update = make(((MapMessage<TContent>)message).Content, StampOf(message.Stamp, reader.Dropped));
                await stream.WriteAsync(update, reader.Stop).ConfigureAwait(false);
            }
        }
    }

    // Events are kept in the session, so a reader whose mailbox overflowed gets the missing ones from there: their numbers have no gaps.
    private async Task StreamEventsAsync<TUpdate>(
        long? after, IServerStreamWriter<TUpdate> stream, ServerCallContext context, Func<SessionEvent, Proto.Stamp, TUpdate?> make)
        where TUpdate : class
    {
        if (after < 0)
        {
            throw new InputException($"after_event_id: found {after}; it must be the number of an event, 0 for all");
        }

        using var reader = gate.Enter(Topic.Event, context);
        var past = @operator.EventsAfter(after ?? 0);
        var last = past.Count == 0 ? after ?? 0 : past[^1].Id;
        await context.WriteResponseHeadersAsync([]).ConfigureAwait(false); // from here on nothing escapes the caller
        if (after is not null)
        {
            await SendAsync(past).ConfigureAwait(false);
        }

        while (await reader.NextAsync().ConfigureAwait(false) is { } message)
        {
            using (message)
            {
                var happening = ((MapMessage<SessionEvent>)message).Content;
                if (happening.Id <= last)
                {
                    continue;
                }

                if (happening.Id > last + 1)
                {
                    await SendAsync(@operator.EventsAfter(last).TakeWhile(missed => missed.Id < happening.Id)).ConfigureAwait(false);
                }

                last = happening.Id;
                await WriteAsync(happening, StampOf(message.Stamp, 0)).ConfigureAwait(false);
            }
        }

        async Task SendAsync(IEnumerable<SessionEvent> events)
        {
            foreach (var happening in events)
            {
                await WriteAsync(happening, Again(happening.Frame, 0)).ConfigureAwait(false);
            }
        }

        Task WriteAsync(SessionEvent happening, Proto.Stamp stamp) =>
            make(happening, stamp) is { } update ? stream.WriteAsync(update, reader.Stop) : Task.CompletedTask;
    }

    private Proto.Stamp Again(long? frame, long dropped) => StampOf(new MessageStamp(hub.Session, null, frame, hub.NowUnixNs), dropped);

    private static Proto.Stamp StampOf(MessageStamp stamp, long dropped)
    {
        var message = new Proto.Stamp { Session = stamp.Session, TUnixNs = stamp.TimeUnixNs, Dropped = dropped };
        ProtoMap.Counted(stamp.Seq, value => message.Seq = value);
        ProtoMap.Counted(stamp.Frame, value => message.Frame = value);
        ProtoMap.Counted(stamp.DenoiserVersion, value => message.DenoiserVersion = (int)value);
        return message;
    }
}
