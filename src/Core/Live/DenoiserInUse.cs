namespace LiveLtem.Core.Live;

/// <summary>What takes the noise off the frames of a session.</summary>
public sealed record DenoiserInUse
{
    /// <summary>Name of what needs no network: the best linear filter.</summary>
    public const string Linear = "none";

    /// <summary>0 for what the session began with, one more with each change: the number that denoised frames and what was found in them carry.</summary>
    public required int Version { get; init; }

    /// <summary>The network's name, or <see cref="Linear"/>.</summary>
    public required string Name { get; init; }

    /// <summary>SHA-256 of the network, lower-case hexadecimal; null without one.</summary>
    public string? Sha256 { get; init; }

    /// <summary>First frame that it served; null where it did from the beginning.</summary>
    public long? FirstFrame { get; init; }

    /// <summary>Share of the best linear filter's squared error that it removes in frames that it did not learn from; null where nobody measured it on this recording.</summary>
    public double? HeldOutGain { get; init; }

    /// <summary>The same figure of the one before, on the same frames.</summary>
    public double? HeldOutGainBefore { get; init; }
}

/// <summary>The denoiser as it stands.</summary>
public sealed record DenoiserStatus
{
    /// <summary>What serves the newest frames.</summary>
    public required DenoiserInUse Denoiser { get; init; }

    /// <summary>How far its adaptation to the recording is, one line; null where it does not adapt.</summary>
    public string? Adaptation { get; init; }

    /// <summary>How far its picture can be trusted, by the frames since it serves; null before enough went by.</summary>
    public HonestyFigures? Honesty { get; init; }
}
