using LiveLtem.App.Profiles;
using LiveLtem.Core.Live;
using LiveLtem.Dose.Alerts;

namespace LiveLtem.App.Hosting;

/// <summary>Makes what watches a session for alerts.</summary>
internal static class Watches
{
    /// <summary>Makes one as the profile asks for it; null where it asks for none.</summary>
    /// <param name="profile">The rules.</param>
    /// <param name="input">What is watched.</param>
    /// <param name="book">Keeps the alerts.</param>
    /// <param name="isLive">Whether frames may be left out of the analysis.</param>
    /// <param name="date">When the frames are taken, where the source does not say; null where nobody knows.</param>
    public static AlertWatch? Create(Profile profile, SessionInput input, AlertBook book, bool isLive, DateTimeOffset? date) => !profile.Alerts.Enabled
        ? null
        : new AlertWatch(
            profile.Alerts,
            new WatchedSession
            {
                Calibration = input.Calibration,
                NumbersTellLosses = input.Source.Info.NumbersTellLosses || input.NumbersStartAnywhere,
                IsLive = isLive,
                Date = input.Source.Info.Date ?? date,
            },
            book);

    /// <summary>The alerts of a finished analysis: by their frames, and numbered anew, since the threads that raised them ran as they liked.</summary>
    public static IReadOnlyList<SessionAlert> InOrder(AlertBook book)
    {
        var kinds = AlertKind.All.Select(kind => kind.Name).ToList();
        return [.. book.All.OrderBy(alert => alert.Frame).ThenBy(alert => kinds.IndexOf(alert.Kind)).ThenBy(alert => alert.Threshold).Select((alert, index) => alert with { Id = index + 1 })];
    }
}
