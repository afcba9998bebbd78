using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Dose.Alerts;

namespace LiveLtem.App.Hosting.Live;

/// <summary>Does what the people at the microscope ask of a live session.</summary>
internal sealed class LiveOperator(string session, ISessionStore? store, ConditionsBook conditions, EventBook events, ModelDesk models, Func<SessionStatus> status, TimeProvider time)
    : IOperator
{
    /// <inheritdoc/>
    public string Session => session;

    /// <inheritdoc/>
    public SessionStatus Status => status();

    /// <inheritdoc/>
    public IReadOnlyList<SessionEvent> EventsAfter(long afterId) => events.After(afterId);

    /// <inheritdoc/>
    public Annotation Annotate(AnnotationRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var text = request.Text?.Trim() ?? string.Empty;
        if (text.Length is 0 or > Annotation.LongestText)
        {
            throw new InputException($"the remark has {text.Length} characters: write 1 to {Annotation.LongestText}");
        }

        if (request.XPx is { } x && !double.IsFinite(x) || request.YPx is { } y && !double.IsFinite(y))
        {
            throw new InputException("the place of a remark is two numbers in px, or none");
        }

        if (request.Author is { Length: > 200 })
        {
            throw new InputException("the author's name is longer than 200 characters");
        }

        return events.Add(new Annotation
        {
            Time = time.GetUtcNow(),
            Frame = request.Frame ?? conditions.LastFrame,
            Text = text,
            XPx = request.XPx,
            YPx = request.YPx,
            Particle = request.Particle,
            Author = request.Author,
        });
    }

    /// <inheritdoc/>
    public SessionAlert Acknowledge(long alert)
    {
        if (events.Alerts.Acknowledge(alert) is not { } seen)
        {
            var raised = events.Alerts.Count;
            throw new InputException(alert >= 1 && alert <= raised
                ? $"alert {alert} is over: what it told of has passed, so that there is nothing to acknowledge"
                : $"there is no alert {alert}: {(raised == 0 ? "none was raised so far" : $"they are numbered from 1 to {raised}")}");
        }

        // Whoever asked may rely on it: it is in the session by now.
        events.Flush();
        return seen;
    }

    /// <inheritdoc/>
    public RecordingStatus StartRecording() => SetRecording(true);

    /// <inheritdoc/>
    public RecordingStatus StopRecording() => SetRecording(false);

    /// <inheritdoc/>
    public ConditionsChange SetConditions(ConditionsRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return events.Add(conditions.Change(request, time.GetUtcNow()));
    }

    /// <inheritdoc/>
    public Task<ModelInUse> ChooseModelAsync(string model, CancellationToken cancellationToken) => models.ChooseAsync(model, cancellationToken);

    private RecordingStatus SetRecording(bool on)
    {
        if (store is null)
        {
            return on
                ? throw new InputException("this session has nowhere to record to: start it with --record DIR")
                : new RecordingStatus { State = RecordingState.Off };
        }

        var before = store.Recording.State;
        var now = store.SetRecording(on);
        if (now.State != before)
        {
            events.Add(new RecordingChange { Time = time.GetUtcNow(), Frame = conditions.LastFrame, State = now.State, Reason = now.Problem });
            if (now.State == RecordingState.On)
            {
                events.Alerts.Clear(AlertKind.DiskSpace.Name, conditions.LastFrame);
            }
        }

        return on && now.State != RecordingState.On
            ? throw new InputException($"the recording cannot start: {now.Problem ?? "its disk does not take it"}")
            : now;
    }
}
