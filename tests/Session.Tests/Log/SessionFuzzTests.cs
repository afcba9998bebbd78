using CsCheck;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Session.Log;

namespace LiveLtem.Session.Tests.Log;

/// <summary>Whatever happens to the files of a session, one clear line comes of it and never a crash, and whole frames stay.</summary>
public sealed class SessionFuzzTests : IDisposable
{
    private static readonly string[] Names = ["session.json", "frames.mrc", "frames.idx", "session.db"];

    private readonly TempFolder _folder = new();

    private static readonly Gen<Action<string>> Damage = Gen.Select(
        Gen.Int[0, Names.Length - 1],
        Gen.Int[0, 4],
        Gen.Double[0, 1],
        Gen.Byte.Array[1, 200],
        (file, kind, place, bytes) => (Action<string>)(folder => Apply(Path.Combine(folder, Names[file]), kind, place, bytes)));

    [Fact]
    public async Task Damaged_files_never_crash_a_reader_or_a_repair()
    {
        var original = await Recorded.ClosedAsync(_folder.Root);
        var count = 0;
        Damage.Array[1, 4].Sample(
            damages =>
            {
                var folder = Path.Combine(_folder.Root, $"{Interlocked.Increment(ref count)}");
                Copy(original, folder);
                foreach (var damage in damages)
                {
                    damage(folder);
                }

                var pixels = new FileInfo(Path.Combine(folder, "frames.mrc"));
                var before = pixels.Exists ? File.ReadAllBytes(pixels.FullName) : [];
                Use(folder);
                Allow(() => SessionRecovery.Repair(folder));
                if (pixels.Exists)
                {
                    // The header may change and half a frame may go; no whole frame does.
                    const int FrameBytes = Recorded.Height * Recorded.Width * 2;
                    var after = File.ReadAllBytes(pixels.FullName);
                    var whole = 1024 + (Math.Max(0, before.Length - 1024) / FrameBytes * FrameBytes);
                    Assert.True(after.Length >= Math.Min(before.Length, whole), $"{before.Length - after.Length} bytes of pixels went");
                    Assert.True(before.Length <= 1024 || after.AsSpan(1024).SequenceEqual(before.AsSpan(1024, after.Length - 1024)), "pixels were changed");
                }

                Use(folder);
                Directory.Delete(folder, recursive: true);
            },
            iter: 300,
            threads: 2);
    }

    public void Dispose() => _folder.Dispose();

    private static void Use(string folder)
    {
        Allow(() => SessionVerifier.Verify(folder, null, CancellationToken.None));
        var catalog = new SessionCatalog(Path.GetDirectoryName(folder)!);
        Allow(() => catalog.Find(Path.GetFileName(folder)));
        Allow(() => catalog.Events(Path.GetFileName(folder), 0));
        Allow(() => catalog.Tracks(Path.GetFileName(folder), 0, 100));
        Allow(() => catalog.Frames(Path.GetFileName(folder), 0, 100));
        Allow(() => SessionOverview.Read(folder));
    }

    private static void Allow(Action use)
    {
        try
        {
            use();
        }
        catch (InputException error)
        {
            Assert.DoesNotContain('\n', error.Message);
        }
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }

    private static void Apply(string path, int kind, double place, byte[] bytes)
    {
        if (!File.Exists(path))
        {
            return;
        }

        if (kind == 4)
        {
            File.Delete(path);
            return;
        }

        using var file = File.Open(path, FileMode.Open);
        var at = (long)(place * file.Length);
        switch (kind)
        {
            case 0: // somewhere else stands something else
                file.Position = at;
                file.Write(bytes);
                break;
            case 1: // at the head, where the meaning is
                file.Position = Math.Min(at, 200);
                file.Write(bytes.AsSpan(0, Math.Min(bytes.Length, 8)));
                break;
            case 2:
                file.SetLength(at);
                break;
            default:
                file.Seek(0, SeekOrigin.End);
                file.Write(bytes);
                break;
        }
    }
}
