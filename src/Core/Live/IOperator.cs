namespace LiveLtem.Core.Live;

/// <summary>What the people at the microscope may ask of a live session. Thread-safe.</summary>
/// <remarks>Everything is written to the session before it takes effect on the wire.</remarks>
public interface IOperator
{
    /// <summary>Id of the session.</summary>
    string Session { get; }

    /// <summary>The session as it stands.</summary>
    SessionStatus Status { get; }

    /// <summary>Everything that happened after the event of that number, oldest first.</summary>
    /// <param name="afterId">0 for all.</param>
    IReadOnlyList<SessionEvent> EventsAfter(long afterId);

    /// <summary>Makes a remark.</summary>
    /// <returns>The remark as it was written.</returns>
    /// <exception cref="InputException">The text is empty or too long, or a place is not a finite number.</exception>
    Annotation Annotate(AnnotationRequest request);

    /// <summary>Says that somebody has seen an alert; it stays raised in all but that until its condition is over. Nothing changes where it was acknowledged before.</summary>
    /// <param name="alert">Its <see cref="SessionAlert.Id"/>.</param>
    /// <returns>The alert as it stands now, written to the session.</returns>
    /// <exception cref="InputException">There is no such alert, or it is over.</exception>
    SessionAlert Acknowledge(long alert);

    /// <summary>Starts keeping raw frames.</summary>
    /// <exception cref="InputException">The session has nowhere to write to, or the disk is full.</exception>
    RecordingStatus StartRecording();

    /// <summary>Stops keeping raw frames; the session goes on.</summary>
    RecordingStatus StopRecording();

    /// <summary>Begins a new segment under other conditions, from the next received frame on.</summary>
    /// <exception cref="InputException">A value is out of its range.</exception>
    ConditionsChange SetConditions(ConditionsRequest request);

    /// <summary>Segments by another network, or by thresholds, from a frame on that the session's <see cref="ModelChange"/> names. The session goes on as
    /// it was until the model is ready, and altogether where it cannot be had.</summary>
    /// <param name="model">One of <see cref="SessionStatus.Models"/>.</param>
    /// <param name="cancellationToken">Ends the waiting; the change is made all the same.</param>
    /// <returns>What is on, once it is: with the next frame. At once where nothing changes.</returns>
    /// <exception cref="InputException">There is no such model, it is damaged, it finds nothing in the first frames, another one is being made ready, or
    /// the session is not live.</exception>
    Task<ModelInUse> ChooseModelAsync(string model, CancellationToken cancellationToken);
}
