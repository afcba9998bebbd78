using LiveLtem.App.Profiles;
using LiveLtem.Core;
using LiveLtem.Tracker;
using LiveLtem.Tracker.Analysis.States;

namespace LiveLtem.App.Hosting;

/// <summary>Makes the tracker that a profile asks for.</summary>
internal static class Trackers
{
    /// <summary>Makes it: for molecules with their states.</summary>
    public static IParticleTracker Create(Profile profile)
    {
        var tracker = new ParticleTracker(profile.Tracker);
        return profile.Molecules ? new StateTracker(tracker) : tracker;
    }
}
