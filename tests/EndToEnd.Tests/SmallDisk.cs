using System.Diagnostics;

namespace LiveLtem.EndToEnd.Tests;

/// <summary>A small file system in memory, mounted over a folder.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private readonly string _folder;

    private SmallDisk(string folder) => _folder = folder;

    private string Ballast => Path.Combine(_folder, "ballast");

    /// <summary>Mounts it; the running test counts as skipped where that is not allowed.</summary>
    public static async Task<SmallDisk> MountAsync(string folder, string size)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "a small file system in memory is made the Linux way");
        var (code, why) = await RunAsync("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", folder);
        Assert.SkipUnless(code == 0, $"may not mount a small file system: {why}");
        return new SmallDisk(folder);
    }

    /// <summary>Fills it up.</summary>
    /// <param name="leave">Bytes that stay free.</param>
    public void Fill(long leave)
    {
        using var file = File.OpenHandle(Ballast, FileMode.Create, FileAccess.Write);
        var chunk = new byte[1 << 18];
        for (long at = 0; new DriveInfo(_folder).AvailableFreeSpace > leave + chunk.Length; at += chunk.Length)
        {
            RandomAccess.Write(file, chunk, at);
        }
    }

    /// <summary>Makes room again.</summary>
    public void Free() => File.Delete(Ballast);

    public async ValueTask DisposeAsync() => await RunAsync("umount", "-l", _folder);

    private static async Task<(int Code, string Error)> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, error.Trim());
    }
}
