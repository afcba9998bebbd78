using System.Diagnostics;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Session.Log;
using LiveLtem.SessionRecorder;

namespace LiveLtem.Session.Tests.Log;

/// <summary>A disk that fills up, for real: a small file system in memory.</summary>
public sealed class FullDiskTests : IDisposable
{
    private const int Side = 512;
    private const int Frames = 80;

    private readonly TempFolder _folder = new();
    private readonly FramePool _pool = new();
    private bool _mounted;

    [Fact]
    public async Task A_full_disk_stops_the_recording_and_nothing_else()
    {
        await MountAsync("24m");
        var told = new List<RecordingStatus>();
        await using var store = SessionStore.Create(_folder.Root, RecordedMovie.Description, new SessionStoreOptions { ReserveBytes = 4 << 20, FlushInterval = TimeSpan.FromMilliseconds(50) });
        store.Changed += status =>
        {
            lock (told)
            {
                told.Add(status);
            }
        };

        // 80 frames of 512 KiB go over a disk of 24 MiB.
        for (var number = 0; number < Frames; number++)
        {
            Recorded.Append(store, _pool, number, 1, PixelType.UInt16, Side, Side);
            var (row, tracks) = RecordedMovie.Results(number);
            store.OnFrame(row);
            store.OnTracks(tracks, row);
        }

        var full = store.Recording;
        Assert.Equal(RecordingState.Failed, full.State);
        Assert.Contains("is full: make room and start the recording again", full.Problem, StringComparison.Ordinal);
        Assert.InRange(full.Frames, 20, 40);
        Assert.Equal(Frames, full.Frames + full.NotRecorded);
        Assert.Equal(RecordingState.Failed, Assert.Single(told).State);

        // With the reserve there is room for what happens.
        Assert.Equal(1, store.Add(new RecordingChange { Time = DateTimeOffset.UnixEpoch, State = RecordingState.Failed, Reason = full.Problem }).Id);
        Assert.Equal(RecordingState.Failed, store.SetRecording(true).State);
        await store.CompleteAsync(TestContext.Current.CancellationToken);

        var report = SessionVerifier.Verify(store.Folder, null, TestContext.Current.CancellationToken);
        Assert.Equal((true, Frames, full.Frames, full.Frames), (report.IsWhole, report.Received, report.Kept, report.Verified));
        var manifest = ManifestFile.Read(store.Folder);
        Assert.Equal(SessionManifest.Closed, manifest.State);
        Assert.Contains(manifest.Notes, note => note.StartsWith("the recording stopped by itself", StringComparison.Ordinal));
        using var reader = SessionReader.Open(Path.Combine(store.Folder, "session.db"));
        Assert.Equal((Frames, Frames), (reader.Scalar("SELECT count(*) FROM frames"), reader.Scalar("SELECT count(*) FROM rows")));
        Assert.Equal("RecordingChange", Assert.Single(reader.EventsAfter(0)).GetType().Name);
    }

    [Fact]
    public async Task The_recording_goes_on_once_there_is_room()
    {
        await MountAsync("24m");
        var ballast = _folder.File("ballast");
        File.WriteAllBytes(ballast, new byte[14 << 20]);
        var again = new TaskCompletionSource<RecordingStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var store = SessionStore.Create(
            _folder.Root,
            RecordedMovie.Description,
            new SessionStoreOptions { ReserveBytes = 1 << 20, FlushInterval = TimeSpan.FromMilliseconds(20), WriteResults = false });
        store.Changed += status =>
        {
            if (status.Problem?.Contains("there is room again", StringComparison.Ordinal) == true)
            {
                again.TrySetResult(status);
            }
        };
        Recorded.Append(store, _pool, 0, 24, PixelType.UInt16, Side, Side);
        Assert.Equal(RecordingState.Failed, store.Recording.State);
        var before = store.Recording.Frames;

        File.Delete(ballast);
        await again.Task.WaitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(RecordingState.On, store.SetRecording(true).State);
        Recorded.Append(store, _pool, 24, 4, PixelType.UInt16, Side, Side);
        await store.CompleteAsync(TestContext.Current.CancellationToken);

        Assert.Equal(before + 4, store.Recording.Frames);
        var report = SessionVerifier.Verify(store.Folder, null, TestContext.Current.CancellationToken);
        Assert.True(report.IsWhole, string.Join("; ", report.Problems));
        Assert.Equal((28, before + 4), (report.Received, report.Verified));
    }

    [Fact]
    public async Task A_disk_that_is_full_to_the_last_byte_loses_no_event_and_nothing_throws()
    {
        await MountAsync("8m");
        await using var store = SessionStore.Create(_folder.Root, RecordedMovie.Description, new SessionStoreOptions { ReserveBytes = 0 });
        Recorded.Append(store, _pool, 0, 3, PixelType.UInt16, Side, Side);
        var ballast = _folder.File("ballast");
        Fill(ballast);
        Recorded.Append(store, _pool, 3, 20, PixelType.UInt16, Side, Side);
        Recorded.Deliver(store, 0, 23);
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(i + 1, store.Add(new Annotation { Time = DateTimeOffset.UnixEpoch, Text = new string('x', 2000) }).Id);
        }

        Assert.Equal(Enumerable.Range(1, 50).Select(i => (long)i), store.EventsAfter(0).Select(happening => happening.Id));
        Assert.Equal((RecordingState.Failed, 3L), (store.Recording.State, store.Recording.Frames));
        File.Delete(ballast);
        await store.CompleteAsync(TestContext.Current.CancellationToken);

        using var reader = SessionReader.Open(Path.Combine(store.Folder, "session.db"));
        Assert.Equal(50, reader.EventsAfter(0).Count);
        Assert.Equal((23, 46), (reader.Scalar("SELECT count(*) FROM rows"), reader.Scalar("SELECT count(*) FROM tracks")));
        var report = SessionVerifier.Verify(store.Folder, null, TestContext.Current.CancellationToken);
        Assert.Equal(3, report.Verified);
    }

    public void Dispose()
    {
        _pool.Dispose();
        if (_mounted)
        {
            using var umount = Process.Start("umount", ["-l", _folder.Root]);
            umount.WaitForExit();
        }

        _folder.Dispose();
    }

    private static void Fill(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
        var length = 0L;
        foreach (var size in (int[])[1 << 18, 1 << 14, 1 << 12, 1])
        {
            try
            {
                for (; ; length += size)
                {
                    RandomAccess.Write(file, new byte[size], length);
                }
            }
            catch (IOException)
            {
                RandomAccess.SetLength(file, length);
            }
        }
    }

    private async Task MountAsync(string size)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "a small file system in memory is made the Linux way");
        using var mount = Process.Start(new ProcessStartInfo("mount", ["-t", "tmpfs", "-o", $"size={size}", "tmpfs", _folder.Root]) { RedirectStandardError = true })!;
        var error = await mount.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await mount.WaitForExitAsync(TestContext.Current.CancellationToken);
        _mounted = mount.ExitCode == 0;
        Assert.SkipUnless(_mounted, $"a small file system cannot be mounted here, which takes root: {error.Trim()}");
    }
}
