using System.Globalization;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Session.Log;

namespace LiveLtem.SessionRecorder;

/// <summary>Records a session as fast as it can until it is killed, and says after each frame and event that the call has returned.</summary>
/// <remarks>Arguments: folder of all sessions, rows, columns, pixel type, frames. Prints <c>session FOLDER</c>, then <c>frame N</c> and
/// <c>event N</c>, one a line; after the last frame <c>end</c>, and waits for its standard input to close.</remarks>
internal static class Program
{
    private const int FramesPerEvent = 7;

    private static async Task Main(string[] args)
    {
        var (height, width) = (int.Parse(args[1], CultureInfo.InvariantCulture), int.Parse(args[2], CultureInfo.InvariantCulture));
        var type = Enum.Parse<PixelType>(args[3]);
        var count = long.Parse(args[4], CultureInfo.InvariantCulture);
        await using var store = SessionStore.Create(args[0], RecordedMovie.Description, new SessionStoreOptions { ReserveBytes = 1 << 20 });
        using var pool = new FramePool();
        await using var said = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true, NewLine = "\n" };
        await said.WriteLineAsync($"session {store.Folder}").ConfigureAwait(false);
        for (var number = 0L; number < count; number++)
        {
            using var frame = RecordedMovie.Frame(pool, number, height, width, type);
            store.Append(frame, RecordedMovie.Gauge(frame));
            await said.WriteLineAsync($"frame {number}").ConfigureAwait(false);
            var (row, tracks) = RecordedMovie.Results(number);
            store.OnFrame(row);
            store.OnTracks(tracks, row);
            if (number % FramesPerEvent == 0)
            {
                var kept = store.Add(new Annotation { Time = DateTimeOffset.UnixEpoch.AddSeconds(number), Frame = number, Text = $"at {number}" });
                await said.WriteLineAsync($"event {kept.Id}").ConfigureAwait(false);
            }
        }

        await said.WriteLineAsync("end").ConfigureAwait(false);
        await Console.In.ReadToEndAsync().ConfigureAwait(false);
        await store.CompleteAsync(CancellationToken.None).ConfigureAwait(false);
    }
}
