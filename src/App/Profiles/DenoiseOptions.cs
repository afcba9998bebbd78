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

    /// <summary>Whether the network is adapted to the recording: before the analysis, or in the background of a live session.</summary>
    public bool Adapts { get; init; } = true;

    /// <summary>Frames of a live session that it is adapted to.</summary>
    public int AdaptFrames { get; init; } = 200;

    /// <summary>Frames after which a live session adapts again; 0 for once.</summary>
    public int AdaptEvery { get; init; }
}
