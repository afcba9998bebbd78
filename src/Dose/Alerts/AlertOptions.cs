namespace LiveLtem.Dose.Alerts;

/// <summary>What a profile says of one kind of alert.</summary>
public sealed record RuleOptions
{
    /// <summary>The kind.</summary>
    public required AlertKind Kind { get; init; }

    /// <summary>Whether it is looked for.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>info, warning or critical.</summary>
    public required string Severity { get; init; }

    /// <summary>Where it is raised, in the kind's unit; null where nobody set a limit.</summary>
    public double? Threshold { get; init; }

    /// <summary>How far on the good side of the threshold, as a part of it, the value must come before the alert clears; 0 to 1.</summary>
    public double Hysteresis { get; init; }

    /// <summary>Frames in a row that it takes to be raised, >= 1.</summary>
    public int HoldFrames { get; init; } = 1;

    /// <summary>Frames in a row that it takes to clear, >= 1.</summary>
    public int ClearFrames { get; init; } = 1;

    /// <summary>As the kind is by itself.</summary>
    public static RuleOptions Of(AlertKind kind)
    {
        ArgumentNullException.ThrowIfNull(kind);
        return new RuleOptions
        {
            Kind = kind,
            Severity = kind.Severity,
            Threshold = kind.Threshold,
            Hysteresis = kind.Hysteresis,
            HoldFrames = kind.HoldFrames,
            ClearFrames = kind.ClearFrames,
        };
    }
}

/// <summary>The section <c>alerts:</c> of a profile.</summary>
public sealed record AlertOptions
{
    /// <summary>Whether anything is looked for at all.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>What differs from the kinds themselves, by name.</summary>
    public IReadOnlyDictionary<string, RuleOptions> Rules { get; init; } = new Dictionary<string, RuleOptions>();

    /// <summary>Dose that the sample may get, e-/A^2; null for no limit.</summary>
    public double? BudgetEPerA2 { get; init; }

    /// <summary>Position error that a particle in the middle of the field may have, px, 1 sigma; null where none is asked for.</summary>
    public double? PositionErrPx { get; init; }

    /// <summary>Frames after which a beam or a focus that stays as it is becomes the usual one.</summary>
    public int SettleFrames { get; init; } = 300;

    /// <summary>Analysed frames over which etching and motion are measured.</summary>
    public int WindowFrames { get; init; } = 20;

    /// <summary>Readouts a second of a counting camera; null where it is none, or nobody said.</summary>
    public double? CountingReadoutsPerS { get; init; }

    /// <summary>Pixels around an electron in which the counting camera sees no second one.</summary>
    public double CountingAreaPx { get; init; } = 1;

    /// <summary>Whether particles are brighter than the liquid.</summary>
    public bool BrightParticles { get; init; }

    /// <summary>What holds for one kind.</summary>
    public RuleOptions For(AlertKind kind)
    {
        ArgumentNullException.ThrowIfNull(kind);
        return Rules.TryGetValue(kind.Name, out var own) ? own : RuleOptions.Of(kind);
    }
}
