using LiveLtem.Core.Live;

namespace LiveLtem.Dose.Alerts;

/// <summary>What a rule finds in one frame.</summary>
internal readonly record struct RuleReading
{
    /// <summary>Whether its condition holds.</summary>
    public required bool Over { get; init; }

    /// <summary>Whether the value is clearly on the good side: by the hysteresis, where there is one.</summary>
    public required bool Clear { get; init; }

    /// <summary>What was measured, or null.</summary>
    public double? Value { get; init; }

    /// <summary>What it was measured against, or null.</summary>
    public double? Threshold { get; init; }

    /// <summary>How bad it is, growing; the worst value is the one that is shown.</summary>
    public double Badness { get; init; }

    /// <summary>Above the rule's own severity, or null.</summary>
    public string? Severity { get; init; }

    /// <summary>A sentence for the operator; asked for where the condition holds only.</summary>
    public string? Message { get; init; }

    /// <summary>Nothing is wrong.</summary>
    public static RuleReading Good => new() { Over = false, Clear = true };
}

/// <summary>Turns what a rule finds frame by frame into an alert: held for a while before it is raised, gone for a while before it clears.</summary>
/// <remarks>A rule that keeps being raised and cleared takes longer to clear each time, so that it stays one alert with a count.</remarks>
internal sealed class RuleState(RuleOptions options, AlertBook book, string key)
{
    private const int FlappingRaises = 8;
    private const int FlappingFrames = 500;
    private const int FlappingClears = 200;
    private readonly Queue<long> _raisedAt = new();
    private long _frames;
    private int _over;
    private int _clear;
    private double _worst;
    private string? _severity;

    /// <summary>Whether its alert stands.</summary>
    public bool Stands { get; private set; }

    /// <summary>Takes what the rule found in a frame.</summary>
    /// <param name="reading">What it found; null where it could not look.</param>
    /// <param name="frame">The frame's number.</param>
    /// <param name="timeS">Seconds from the first frame, or null.</param>
    public void Judge(RuleReading? reading, long frame, double? timeS)
    {
        _frames++;
        if (reading is not { } found)
        {
            return;
        }

        _over = found.Over ? _over + 1 : 0;
        _clear = found.Clear && !found.Over ? _clear + 1 : 0;
        if (!Stands)
        {
            if (_over >= options.HoldFrames)
            {
                Raise(found, frame, timeS);
            }

            return;
        }

        if (found.Over)
        {
            Stay(found, frame, timeS);
        }
        else if (_clear >= NeededClears())
        {
            Stands = false;
            book.Clear(key);
        }
    }

    private int NeededClears()
    {
        while (_raisedAt.TryPeek(out var first) && _frames - first > FlappingFrames)
        {
            _raisedAt.Dequeue();
        }

        return _raisedAt.Count >= FlappingRaises ? Math.Max(options.ClearFrames, FlappingClears) : options.ClearFrames;
    }

    private void Raise(RuleReading found, long frame, double? timeS)
    {
        Stands = true;
        (_worst, _severity) = (found.Badness, found.Severity);
        _raisedAt.Enqueue(_frames);
        book.Raise(key, Alert(found, frame, timeS) with { Count = _over });
    }

    private void Stay(RuleReading found, long frame, double? timeS)
    {
        var worse = found.Badness > _worst;
        _worst = Math.Max(_worst, found.Badness);
        if (found.Severity is not null && found.Severity != _severity)
        {
            _severity = found.Severity;
            book.Raise(key, Alert(found, frame, timeS));
        }
        else
        {
            book.Last(key, frame, worse ? (found.Value, found.Message ?? options.Kind.About) : null);
        }
    }

    private SessionAlert Alert(RuleReading found, long frame, double? timeS) => new()
    {
        Id = 0,
        Kind = options.Kind.Name,
        Severity = found.Severity ?? options.Severity,
        Frame = frame,
        TimeS = timeS,
        State = AlertBook.Raised,
        Value = found.Value,
        Threshold = found.Threshold ?? options.Threshold,
        Unit = options.Kind.Unit,
        Message = found.Message ?? options.Kind.About,
    };
}
