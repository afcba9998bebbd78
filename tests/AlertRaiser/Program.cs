using System.Diagnostics;
using System.Globalization;
using LiveLtem.App.Hosting.Live;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Session.Log;

namespace LiveLtem.AlertRaiser;

/// <summary>Raises, acknowledges and clears alerts of a recorded session as fast as it can until it is killed, or kills itself between the writing of an event and its telling.</summary>
/// <remarks>Arguments: folder of all sessions, and the number of the event before whose telling it kills itself, 0 for never. Prints <c>session FOLDER</c>, then each event as it
/// is told: <c>told ID ALERT STATE COUNT</c>.</remarks>
internal static class Program
{
    private const int Kinds = 17;

    private static async Task Main(string[] args)
    {
        var dieAt = long.Parse(args[1], CultureInfo.InvariantCulture);
        await using var store = SessionStore.Create(
            args[0],
            new SessionDescription { Source = "alerts", Calibration = Calibration.Unknown, ProfileName = "none", ProfileText = "", Version = "0" },
            new SessionStoreOptions { Record = false, ReserveBytes = 1 << 20 });
        await using var said = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true, NewLine = "\n" };
        await said.WriteLineAsync($"session {store.Folder}").ConfigureAwait(false);
        await using var events = new EventBook(store, TimeProvider.System);
        events.TellTo(new Teller(said, dieAt));
        for (var frame = 0L; ; frame++)
        {
            // Each kind stands for some frames, overlapping the others; every fifth alert is acknowledged.
            var key = $"kind {frame % Kinds}";
            if (frame / Kinds % 2 == 0)
            {
                events.Alerts.Raise(key, new SessionAlert { Id = 0, Kind = "bubble", Severity = "warning", State = "raised", Frame = frame, Message = $"at {frame}" });
                if (frame % 5 == 0)
                {
                    events.Alerts.Acknowledge(events.Alerts.Count);
                }
            }
            else
            {
                events.Alerts.Clear(key, frame);
            }
        }
    }

    private sealed class Teller(StreamWriter said, long dieAt) : ILivePublisher
    {
        public IReadOnlyList<SubscriberStatus> Subscribers => [];

        public void OnEvent(SessionEvent happening)
        {
            if (happening.Id == dieAt)
            {
                // SIGKILL: nothing of this process runs any more.
                Process.GetCurrentProcess().Kill();
                new ManualResetEventSlim().Wait();
            }

            var alert = ((AlertChange)happening).Alert;
            said.WriteLine(string.Create(CultureInfo.InvariantCulture, $"told {happening.Id} {alert.Id} {alert.State} {alert.Count}"));
        }

        public void OnPreview(Frame frame)
        {
        }

        public void OnDenoised(Frame denoised)
        {
        }

        public void OnUnsupported(UnsupportedMask mask)
        {
        }

        public void OnReport(FrameReport report)
        {
        }

        public void OnRow(FrameRow row)
        {
        }

        public void OnStatus(SessionStatus status)
        {
        }
    }
}
