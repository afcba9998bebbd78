using System.Diagnostics;
using LiveLtem.Core;
using LiveLtem.Session.Log;
using LiveLtem.SessionRecorder;

namespace LiveLtem.Session.Tests.Log;

/// <summary>A recording process that is killed in the middle, and programs of others that read along.</summary>
public sealed class KillTests : IDisposable
{
    private const int Kills = 20;
    private const string Python = "/usr/bin/python3";

    // The header by hand, as any reader of MRC does it; then the sum of every frame that the header counts.
    private const string ReadMrc =
        """
        import sys, numpy
        head = numpy.fromfile(sys.argv[1], dtype='<i4', count=56)
        nx, ny, nz, mode, nsymbt = int(head[0]), int(head[1]), int(head[2]), int(head[3]), int(head[23])
        dtype = {0: 'u1' if head[38] == 1146047817 and not head[39] & 1 else 'i1', 1: '<i2', 2: '<f4', 6: '<u2'}[mode]
        frames = numpy.memmap(sys.argv[1], dtype=dtype, mode='r', offset=1024 + nsymbt, shape=(nz, ny, nx))
        print(nz, ny, nx, frames.dtype.str, *(int(f.astype('i8').sum()) for f in frames))
        """;

    private readonly TempFolder _folder = new();

    [Fact]
    public async Task Every_frame_and_event_whose_write_had_returned_survives_a_kill()
    {
        var stop = TestContext.Current.CancellationToken;
        var random = new Random(20260304);
        for (var kill = 0; kill < Kills; kill++)
        {
            // Every fourth one goes to a BigTIFF, whose pages are linked.
            var type = kill % 4 == 3 ? PixelType.UInt32 : PixelType.UInt8;
            using var recorder = RecorderRun.Start(_folder.Root, 512, 512, type);
            await recorder.WaitForAsync(random.Next(1, 150), stop);
            await recorder.KillAsync(stop);
            var (folder, lastFrame, lastEvent) = (recorder.Folder, recorder.LastFrame, recorder.LastEvent);

            Assert.Equal("interrupted", SessionCatalog.Entry(folder).State);
            var done = SessionRecovery.Repair(folder);
            var report = SessionVerifier.Verify(folder, null, stop);

            Assert.True(report.IsWhole, $"kill {kill}: {string.Join("; ", report.Problems)}");
            Assert.Equal(report.Kept, report.Verified);

            // All that were acknowledged, and at most the one whose write was under way.
            Assert.InRange(report.Verified, lastFrame + 1, lastFrame + 2);
            Assert.Contains(done, line => line.Contains($"it holds {report.Kept} frames of {report.Received} received", StringComparison.Ordinal));
            using (var frames = SessionFrames.Open(folder, ManifestFile.Read(folder).Shape))
            {
                Assert.Equal(Enumerable.Range(0, (int)report.Kept).Select(number => (long)number), frames.Kept().Select(record => record.Number));
                var pixels = new byte[512 * 512 * type.BytesPerPixel()];
                Assert.True(frames.TryReadPixels(lastFrame, pixels));
                Assert.Equal(RecordedMovie.Pixels(lastFrame, 512, 512, type), pixels);
            }

            var events = new SessionCatalog(_folder.Root).Events(Path.GetFileName(folder), 0);
            Assert.InRange(events.Count, lastEvent, lastEvent + 1);
            Assert.Empty(SessionRecovery.Repair(folder));
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData(PixelType.UInt8, "|u1")]
    [InlineData(PixelType.Int8, "|i1")]
    [InlineData(PixelType.Int16, "<i2")]
    [InlineData(PixelType.UInt16, "<u2")]
    public async Task Python_reads_the_frames_while_they_come_and_after_a_kill(PixelType type, string dtype)
    {
        await DemandPythonAsync("numpy");
        var stop = TestContext.Current.CancellationToken;
        using var recorder = RecorderRun.Start(_folder.Root, 48, 64, type, 40);
        await recorder.WaitForAsync(10, stop);
        var file = Path.Combine(recorder.Folder, "frames.mrc");
        var growing = await PythonAsync(ReadMrc, file);
        await recorder.WaitForAsync(39, stop);
        await recorder.KillAsync(stop);

        Check(growing, 11);
        Check(await PythonAsync(ReadMrc, file), 40);

        void Check(string said, int least)
        {
            var words = said.Split(' ');
            var frames = int.Parse(words[0], System.Globalization.CultureInfo.InvariantCulture);
            Assert.InRange(frames, least, 40);
            Assert.Equal(["48", "64", dtype], words[1..4]);
            Assert.Equal(Enumerable.Range(0, frames).Select(number => Sum(number, type)), words[4..].Select(long.Parse));
        }
    }

    [Fact]
    public async Task Tifffile_reads_32_bit_counts_while_they_come()
    {
        await DemandPythonAsync("tifffile");
        using var pool = new FramePool();
        await using var store = SessionStore.Create(_folder.Root, RecordedMovie.Description, Recorded.Plain);
        Recorded.Append(store, pool, 0, 3, PixelType.UInt32);
        const string Script =
            """
            import sys, tifffile
            with tifffile.TiffFile(sys.argv[1]) as f:
                a = f.asarray()
                r = f.pages[0].tags['XResolution'].value
                print(f.is_bigtiff, len(f.pages), a.shape, a.dtype, [int(p.astype('i8').sum()) for p in a], round(1e7 * r[1] / r[0], 6))
            """;

        var sums = string.Join(", ", Enumerable.Range(0, 3).Select(number => Sum(number, PixelType.UInt32, Recorded.Height, Recorded.Width)));
        Assert.Equal($"True 3 (3, 12, 20) uint32 [{sums}] 0.25", await PythonAsync(Script, Path.Combine(store.Folder, "frames.tif")));
    }

    public void Dispose() => _folder.Dispose();

    private static long Sum(long number, PixelType type, int height = 48, int width = 64)
    {
        var bytes = RecordedMovie.Pixels(number, height, width, type);
        return type switch
        {
            PixelType.UInt8 => bytes.Sum(value => (long)value),
            PixelType.Int8 => bytes.Sum(value => (long)(sbyte)value),
            PixelType.Int16 => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, short>(bytes).ToArray().Sum(value => (long)value),
            PixelType.UInt16 => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ushort>(bytes).ToArray().Sum(value => (long)value),
            _ => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, uint>(bytes).ToArray().Sum(value => (long)value),
        };
    }

    private static async Task DemandPythonAsync(string module)
    {
        var there = File.Exists(Python);
        if (there)
        {
            using var process = Process.Start(new ProcessStartInfo(Python, ["-c", $"import {module}"]) { RedirectStandardError = true })!;
            await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            there = process.ExitCode == 0;
        }

        Assert.SkipUnless(there, $"python3-{module} is not installed");
    }

    private static async Task<string> PythonAsync(string script, string file)
    {
        using var process = Process.Start(new ProcessStartInfo(Python, ["-c", script, file]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, await error);
        return output.Trim();
    }
}
