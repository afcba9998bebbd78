using LiveLtem.App.Profiles;
using LiveLtem.Core;
using LiveLtem.Inference.Denoise;

namespace LiveLtem.App.Hosting;

/// <summary>Makes the denoiser that a profile asks for.</summary>
internal static class Denoisers
{
    /// <summary>Makes it, its network loaded and warm.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="pool">Where denoised frames come from.</param>
    /// <param name="always">Make one also where the profile wants none, for the denoised movie.</param>
    /// <param name="adapted">What was learnt from the whole recording; null where nothing was.</param>
    /// <param name="offline">Whether it may look at later frames.</param>
    /// <returns>Null where nobody asked for one.</returns>
    /// <exception cref="InputException">The network is missing or damaged.</exception>
    public static IFrameDenoiser? Create(Profile profile, FramePool pool, bool always = false, DenoiseAdaptation? adapted = null, bool offline = false)
    {
        if (!profile.Denoise.Enabled && !always)
        {
            return null;
        }

        var name = adapted?.Model ?? profile.Denoise.Model ?? CardFile(profile) ?? Linear();
        return new SpectralDenoiser(pool, name == Profile.NoModel ? null : DenoiseModel.Load(name), adapted?.Spectrum, offline);
    }

    /// <summary>File of the card of the network that a profile begins with; null where it asks for none, or the shipped one is not there.</summary>
    public static string? CardFile(Profile profile) => (profile.Denoise.Model ?? DenoiseCard.General) switch
    {
        Profile.NoModel => null,
        var name when DenoiseCard.Names.Contains(name) => Path.Combine(DenoiseCard.Folder, $"{name}.json"),
        var file => profile.Denoise.Model is null ? null : file,
    };

    /// <summary>That card.</summary>
    /// <exception cref="InputException">The profile names one that is missing or damaged.</exception>
    public static DenoiseCard? CardOf(Profile profile) => CardFile(profile) is { } file ? DenoiseCard.Read(file).Card : null;

    private static string Linear()
    {
        Console.Error.WriteLine($"liveltem: the shipped denoiser {DenoiseCard.General} is not in {DenoiseCard.Folder}: the best linear filter takes the noise off");
        return Profile.NoModel;
    }
}
