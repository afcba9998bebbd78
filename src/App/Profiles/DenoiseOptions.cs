namespace LiveLtem.App.Profiles;

/// <summary>The section <c>denoise:</c> of a profile.</summary>
internal sealed record DenoiseOptions
{
    /// <summary>The network taken where none is named.</summary>
    public const string DefaultModel = "denoise";

    /// <summary>Whether particles are looked for in denoised frames.</summary>
    public bool Enabled { get; init; }

    /// <summary>The network: name of a shipped model or a card's file; <see cref="Profile.NoModel"/> for the linear filter; null for the shipped one where there is one.</summary>
    public string? Model { get; init; }

    /// <summary>Whether the network is first adapted to the recording.</summary>
    public bool Adapts { get; init; } = true;
}
