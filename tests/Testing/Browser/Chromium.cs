using System.Diagnostics;
using System.Text;
using Xunit;

namespace LiveLtem.Testing.Browser;

/// <summary>A headless Chromium that belongs to the test run, spoken to over the DevTools protocol.</summary>
/// <remarks>Debian's package <c>chromium</c> is all it takes; WebGL is drawn in software, so that no graphics card is needed either.</remarks>
public sealed class Chromium : IAsyncDisposable
{
    /// <summary>Name of the environment variable that says where the browser is.</summary>
    public const string Variable = "LIVELTEM_CHROMIUM";

    private const string Announcement = "DevTools listening on ";
    private static readonly string[] Candidates = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private readonly Process _process;
    private readonly TempFolder _profile;
    private readonly DevTools _devTools;

    private Chromium(Process process, TempFolder profile, DevTools devTools)
    {
        _process = process;
        _profile = profile;
        _devTools = devTools;
    }

    /// <summary>Where the browser is, or null where this machine has none.</summary>
    public static string? Path => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } set ? set : Candidates.FirstOrDefault(File.Exists);

    /// <summary>Starts the browser. Without one the running test counts as skipped.</summary>
    /// <param name="cancellationToken">Stops the start.</param>
    public static async Task<Chromium> StartAsync(CancellationToken cancellationToken)
    {
        if (Path is not { } path)
        {
            Assert.Skip($"no Chromium: apt-get install chromium, or set {Variable}");
            return null;
        }

        var profile = new TempFolder();
        string[] arguments =
        [
            "--headless=new", "--no-sandbox", "--remote-debugging-port=0", $"--user-data-dir={profile.Root}", "--no-first-run", "--disable-extensions",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--allow-pre-commit-input", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "about:blank",
        ];
        var start = new ProcessStartInfo(path) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start) ?? throw new InvalidOperationException($"{path} did not start");
        try
        {
            var address = await AnnouncedAsync(process, cancellationToken).ConfigureAwait(false);
            return new Chromium(process, profile, await DevTools.ConnectAsync(address, cancellationToken).ConfigureAwait(false));
        }
        catch
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            process.Dispose();
            profile.Dispose();
            throw;
        }
    }

    /// <summary>Opens a page of its own: nothing is shared with the others.</summary>
    /// <param name="width">Of the page, px.</param>
    /// <param name="height">Of the page, px.</param>
    /// <param name="cancellationToken">Ends every wait of the page.</param>
    public Task<BrowserPage> OpenAsync(int width, int height, CancellationToken cancellationToken) =>
        BrowserPage.OpenAsync(_devTools, width, height, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _devTools.DisposeAsync().ConfigureAwait(false);
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync().ConfigureAwait(false);
        _process.Dispose();
        _profile.Dispose();
    }

    // The pipes are read to the end of the browser's life: it would stop at a full one.
    private static Task<Uri> AnnouncedAsync(Process process, CancellationToken cancellationToken)
    {
        var said = new StringBuilder();
        var announced = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is null)
            {
                announced.TrySetException(new InvalidOperationException($"Chromium ended before it could be spoken to:\n{said}"));
            }
            else if (line.Data.StartsWith(Announcement, StringComparison.Ordinal))
            {
                announced.TrySetResult(new Uri(line.Data[Announcement.Length..].Trim()));
            }
            else if (!announced.Task.IsCompleted)
            {
                said.AppendLine(line.Data);
            }
        };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return announced.Task.WaitAsync(cancellationToken);
    }
}
