using LiveLtem.Core;
using LiveLtem.Session.Log;
using LiveLtem.SessionRecorder;

namespace LiveLtem.Session.Tests.Log;

/// <summary>Sessions to test with.</summary>
internal static class Recorded
{
    public const int Height = 12;
    public const int Width = 20;

    /// <summary>Neither a reserve nor results at the end: what most tests do not need.</summary>
    public static SessionStoreOptions Plain { get; } = new() { ReserveBytes = 0, WriteResults = false };

    public static byte[] Pixels(long number, PixelType type = PixelType.UInt16) => RecordedMovie.Pixels(number, Height, Width, type);

    /// <summary>Appends frames with consecutive numbers.</summary>
    public static void Append(SessionStore store, FramePool pool, long first, int count, PixelType type = PixelType.UInt16, int height = Height, int width = Width)
    {
        for (var number = first; number < first + count; number++)
        {
            using var frame = RecordedMovie.Frame(pool, number, height, width, type);
            store.Append(frame, RecordedMovie.Gauge(frame));
        }
    }

    /// <summary>Rows and two tracks for frames with consecutive numbers.</summary>
    public static void Deliver(SessionStore store, long first, int count)
    {
        for (var number = first; number < first + count; number++)
        {
            store.OnFrame(Some.Row(number));
            store.OnTracks(Some.Tracks(number, Some.Point(number, 0, Some.Fit(5.5, 6.25)), Some.Point(number, 1, Some.Fit(12, 4, 0))), Some.Row(number));
        }
    }

    /// <summary>A session that was recorded and closed.</summary>
    public static async Task<string> ClosedAsync(string root, int frames = 6, PixelType type = PixelType.UInt16)
    {
        using var pool = new FramePool();
        await using var store = SessionStore.Create(root, RecordedMovie.Description, Plain);
        Append(store, pool, 10, frames, type);
        Deliver(store, 10, frames);
        store.Add(new Core.Live.Annotation { Time = DateTimeOffset.UnixEpoch, Text = "kept" });
        await store.CompleteAsync(CancellationToken.None);
        return store.Folder;
    }

    /// <summary>What the folder of a session that is being recorded holds at this moment, as a kill would leave it.</summary>
    public static string Killed(SessionStore store, string copy)
    {
        Directory.CreateDirectory(copy);
        foreach (var file in Directory.GetFiles(store.Folder).Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)))
        {
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        }

        return copy;
    }
}
