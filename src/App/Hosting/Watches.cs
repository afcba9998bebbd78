using LiveLtem.App.Profiles;
using LiveLtem.Core.Live;
using LiveLtem.Dose.Alerts;

namespace LiveLtem.App.Hosting;

/// <summary>Makes what watches a session for alerts.</summary>
internal static class Watches
{
    /// <summary>What the rules that could not be evaluated are where the profile asks for none.</summary>
    public static readonly IReadOnlyList<string> AllOff = ["all: switched off by the profile"];

    /// <summary>Makes one for a recording as the profile asks for it; null where it asks for none.</summary>
    /// <param name="profile">The rules.</param>
    /// <param name="input">What is watched.</param>
    /// <param name="book">Keeps the alerts.</param>
    public static AlertWatch? Create(Profile profile, SessionInput input, AlertBook book) =>
        profile.Alerts.Enabled ? new AlertWatch(profile.Alerts, Watched(input), book) : null;

    /// <summary>Makes one for a live session, which watches beside the pipeline; null where the profile asks for none.</summary>
    /// <param name="profile">The rules.</param>
    /// <param name="input">What is watched.</param>
    /// <param name="book">Keeps the alerts.</param>
    /// <param name="now">When the session begins, for the age of calibrations where the source does not say when it was recorded.</param>
    public static LiveAlertWatch? CreateLive(Profile profile, SessionInput input, AlertBook book, DateTimeOffset now)
    {
        var watched = Watched(input);
        return profile.Alerts.Enabled ? new LiveAlertWatch(new AlertWatch(profile.Alerts, watched with { IsLive = true, Date = watched.Date ?? now }, book)) : null;
    }

    private static WatchedSession Watched(SessionInput input) => new()
    {
        Calibration = input.Calibration,
        NumbersTellLosses = input.Source.Info.NumbersTellLosses || input.NumbersStartAnywhere,
        Date = input.Source.Info.Date,
    };

    /// <summary>The alerts of a finished analysis: by their frames, and numbered anew, since the threads that raised them ran as they liked.</summary>
    public static IReadOnlyList<SessionAlert> InOrder(AlertBook book)
    {
        var kinds = AlertKind.All.Select(kind => kind.Name).ToList();
        return [.. book.All.OrderBy(alert => alert.Frame).ThenBy(alert => kinds.IndexOf(alert.Kind)).ThenBy(alert => alert.Threshold).Select((alert, index) => alert with { Id = index + 1 })];
    }
}
