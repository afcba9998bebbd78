using LiveLtem.App.Profiles;
using LiveLtem.Core;
using LiveLtem.Inference;
using LiveLtem.Inference.Models;
using LiveLtem.Inference.Soft;
using LiveLtem.Tracker.Analysis;

namespace LiveLtem.App.Hosting;

/// <summary>Makes the detector that a profile asks for.</summary>
internal static class Detectors
{
    private const int Outlines = 16;

    /// <summary>Makes it, its network loaded and warm.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="input">What will be analysed: its counts without beam are the detector's too.</param>
    /// <param name="withLabels">True for label images.</param>
    /// <param name="live">True where frames do not wait: no outlines are measured, which a session does not keep.</param>
    /// <exception cref="InputException">The network is missing or damaged.</exception>
    public static IParticleDetector Create(Profile profile, SessionInput input, bool withLabels = false, bool live = false)
    {
        var options = profile.Detector with
        {
            // Where a dark image is subtracted, nothing is left without beam.
            ZeroCounts = input.Dark is not null ? 0 : input.Calibration.DarkLevel?.Value,
            WithLabels = withLabels,
            OutlinesAFrame = live || !TrackAnalyses.ReadOutlines(profile.Analyses) ? 0 : Outlines,
        };
        if (profile.Molecules)
        {
            return new SoftDetector(options);
        }

        var name = profile.Model ?? Automatic();
        return new ParticleDetector(options, name is null or Profile.NoModel ? null : NetworkModel.Load(name, profile.Provider));
    }

    /// <summary>The shipped network for one layer; null where there is none, and thresholds do.</summary>
    public static string? Automatic() => ModelStore.Names.Contains(Profile.DefaultModel) ? Profile.DefaultModel : null;
}
