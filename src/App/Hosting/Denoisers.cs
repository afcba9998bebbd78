using LiveLtem.App.Profiles;
using LiveLtem.Core;
using LiveLtem.Inference.Denoise;

namespace LiveLtem.App.Hosting;

/// <summary>Makes the denoiser that a profile asks for.</summary>
internal static class Denoisers
{
    /// <summary>Makes it.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="pool">Where denoised frames come from.</param>
    /// <param name="always">Make one also where the profile wants none, for the denoised movie.</param>
    /// <returns>Null where nobody asked for one.</returns>
    public static IFrameDenoiser? Create(Profile profile, FramePool pool, bool always = false) =>
        profile.Denoise.Enabled || always ? new SpectralDenoiser(pool) : null;
}
