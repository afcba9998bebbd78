using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using LiveLtem.App.Development;
using LiveLtem.Core;
using OpenCvSharp;

namespace LiveLtem.App.Diagnosis;

/// <summary>Looks at what works on this machine.</summary>
/// <param name="folder">Where recordings and results would be written.</param>
internal sealed class Doctor(string folder)
{
    private const double GiB = 1L << 30;
    private const double MiB = 1 << 20;
    private const int TestBytes = 64 << 20;
    private const double FrameBytes = 1024 * 1024 * 2;
    private static readonly TimeSpan SdkLimit = TimeSpan.FromSeconds(20);

    /// <summary>Looks at everything, one finding after the other.</summary>
    public async Task<IReadOnlyList<Finding>> ExamineAsync(CancellationToken cancellationToken) =>
    [
        Runtime(),
        await SdkAsync(cancellationToken).ConfigureAwait(false),
        Vision(),
        Video(),
        Processor(),
        Memory(),
        Disk(),
        Samples(),
    ];

    private static Finding Runtime() => new(
        ".NET runtime", FindingState.Ok, $"{Environment.Version} on {RuntimeInformation.OSDescription.Trim()}, {RuntimeInformation.RuntimeIdentifier}");

    private static async Task<Finding> SdkAsync(CancellationToken cancellationToken)
    {
        const string Name = ".NET SDK";
        const string Advice = "only building and testing need it: https://dotnet.microsoft.com/download/dotnet/10.0";
        try
        {
            var (exitCode, output) = await ChildProcess.RunAsync(ChildProcess.Dotnet, ["--list-sdks"], Path.GetTempPath(), SdkLimit, cancellationToken).ConfigureAwait(false);
            var sdk = output.Split('\n').LastOrDefault(line => line.StartsWith("10.", StringComparison.Ordinal));
            return exitCode == 0 && sdk is not null
                ? new Finding(Name, FindingState.Ok, sdk.Split(' ')[0])
                : new Finding(Name, FindingState.Warning, "no version 10", Advice);
        }
        catch (InputException error)
        {
            return new Finding(Name, FindingState.Warning, error.Message, Advice);
        }
    }

    private static Finding Vision()
    {
        const string Name = "OpenCV";
        try
        {
            using var image = new Mat(8, 8, MatType.CV_8UC1, Scalar.All(1));
            return Cv2.CountNonZero(image) == 64
                ? new Finding(Name, FindingState.Ok, Cv2.GetVersionString() ?? "loads")
                : new Finding(Name, FindingState.Fault, "loads but counts wrongly", "reinstall the program: its native library is damaged");
        }
        catch (Exception error) when (error is TypeInitializationException or DllNotFoundException or EntryPointNotFoundException or OpenCvSharpException)
        {
            var advice = OperatingSystem.IsLinux()
                ? "its native library needs GTK 3: sudo apt-get install -y --no-install-recommends libgtk-3-0"
                : "only Linux on x64 is proven; see Directory.Build.targets for the natives of other systems";
            return new Finding(Name, FindingState.Fault, $"does not load ({(error.InnerException ?? error).GetType().Name})", advice);
        }
    }

    private static Finding Video()
    {
        const string Name = "MP4 writing";
        var scratch = Directory.CreateTempSubdirectory("liveltem-doctor-");
        try
        {
            using var video = new VideoWriter(Path.Combine(scratch.FullName, "probe.mp4"), FourCC.FromString("mp4v"), 20, new Size(64, 64));
            return video.IsOpened()
                ? new Finding(Name, FindingState.Ok, "MPEG-4")
                : new Finding(Name, FindingState.Warning, "no writer opens", "--write-overlay is not available here");
        }
        catch (Exception error) when (error is TypeInitializationException or DllNotFoundException or EntryPointNotFoundException or OpenCvSharpException)
        {
            return new Finding(Name, FindingState.Warning, "needs OpenCV", "see OpenCV");
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    private static Finding Processor()
    {
        var vectors = Vector512.IsHardwareAccelerated ? "512-bit vectors" : Vector256.IsHardwareAccelerated ? "256-bit vectors" : "128-bit vectors";
        var found = $"{Environment.ProcessorCount} cores, {RuntimeInformation.ProcessArchitecture}, {vectors}";
        return Environment.ProcessorCount >= 2
            ? new Finding("Processor", FindingState.Ok, found)
            : new Finding("Processor", FindingState.Warning, found, "two cores or more keep acquisition and analysis out of each other's way");
    }

    private static Finding Memory()
    {
        var available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var found = $"{N(available / GiB)} GiB for this process";
        return available >= 2 * GiB
            ? new Finding("Memory", FindingState.Ok, found)
            : new Finding("Memory", FindingState.Warning, found, "large frames (2048 x 2048 and up) want 2 GiB or more");
    }

    private static Finding Samples()
    {
        var place = Environment.GetEnvironmentVariable("LIVELTEM_SAMPLES") is { Length: > 0 } set
            ? set
            : Checkout.TryFind() is { } root ? Path.Combine(root, "..", "shared", "samples") : null;
        return place is not null && Directory.Exists(place)
            ? new Finding("Sample recordings", FindingState.Ok, Path.GetFullPath(place))
            : new Finding("Sample recordings", FindingState.Ok, "none; tests that need them are skipped (LIVELTEM_SAMPLES says where they are)");
    }

    private static string N(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);

    private Finding Disk()
    {
        const string Name = "Disk";
        var path = Path.Combine(folder, $".liveltem-doctor-{Guid.NewGuid():N}");
        try
        {
            // A place that nobody can write to has no room either, and that is not what is to be told of it.
            using (new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose))
            {
            }

            var free = new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace;
            if (free < 2.0 * TestBytes)
            {
                return new Finding(Name, FindingState.Fault, $"{N(free / MiB)} MiB free in {folder}", "make room, or work in another folder");
            }

            var rate = WriteRate(path);
            var found = $"{N(free / GiB)} GiB free in {folder}, writes {N(rate / MiB)} MiB/s: {N(rate / FrameBytes)} frames/s of 1024 x 1024 at 16 bit";
            return rate >= 25 * FrameBytes
                ? new Finding(Name, FindingState.Ok, found)
                : new Finding(Name, FindingState.Warning, found, "too slow to record a 25 frames/s camera of that size; record to a faster disk");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return new Finding(Name, FindingState.Fault, $"cannot write to {folder}: {(Directory.Exists(folder) ? IoReason.Of(error) : File.Exists(folder) ? "it is a file" : "there is no such folder")}", "work in a folder that is yours, or name one: liveltem doctor --dir DIR");
        }
    }

    // Random bytes, since some disks are fast on zeros only; the time includes the disk's own answer.
    private static double WriteRate(string path)
    {
        var block = new byte[1 << 20];
        Random.Shared.NextBytes(block);
        var started = Stopwatch.GetTimestamp();
        using (var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose))
        {
            for (var written = 0; written < TestBytes; written += block.Length)
            {
                file.Write(block);
            }

            file.Flush(flushToDisk: true);
        }

        return TestBytes / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
