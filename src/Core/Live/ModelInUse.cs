namespace LiveLtem.Core.Live;

/// <summary>What segments the frames of a session.</summary>
public sealed record ModelInUse
{
    /// <summary>Name that asks for thresholds instead of a network.</summary>
    public const string None = "none";

    /// <summary>Name that asks for what the program takes by itself: its network for one layer, or thresholds where none came with it.</summary>
    public const string Auto = "auto";

    /// <summary>Thresholds: no network.</summary>
    public static ModelInUse Thresholds { get; } = new() { Name = None };

    /// <summary>The network's name, or <see cref="None"/>.</summary>
    public required string Name { get; init; }

    /// <summary>SHA-256 of the network, lower-case hexadecimal; null without one.</summary>
    public string? Sha256 { get; init; }

    /// <summary>What runs it, for people: <c>CPU</c>, <c>DirectML</c>; null without a network.</summary>
    public string? Provider { get; init; }

    /// <summary>First frame that it served; null where it did from the beginning.</summary>
    public long? FirstFrame { get; init; }
}
