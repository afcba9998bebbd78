using System.Diagnostics;
using System.Globalization;
using LiveLtem.Core;

namespace LiveLtem.Session.Tests.Log;

/// <summary>A process of its own that records a session, and what it said so far.</summary>
internal sealed class RecorderRun : IDisposable
{
    private readonly Process _process;

    private RecorderRun(string root, int height, int width, PixelType type, long frames)
    {
        _process = Process.Start(new ProcessStartInfo(
            "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "LiveLtem.SessionRecorder.dll"), root, $"{height}", $"{width}", $"{type}", $"{frames}"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
    }

    /// <summary>The folder it records to.</summary>
    public string Folder { get; private set; } = "";

    /// <summary>Number of the last frame whose write had returned; -1 before the first.</summary>
    public long LastFrame { get; private set; } = -1;

    /// <summary>Number of the last event whose write had returned.</summary>
    public long LastEvent { get; private set; }

    /// <summary>Starts a recording.</summary>
    public static RecorderRun Start(string root, int height, int width, PixelType type, long frames = long.MaxValue) => new(root, height, width, type, frames);

    /// <summary>Waits until it has said that a frame is written.</summary>
    public async Task WaitForAsync(long frame, CancellationToken cancellationToken)
    {
        while (LastFrame < frame && await _process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
        {
            Take(line);
        }
    }

    /// <summary>Ends it as the system does with kill -9, and takes what it had said by then.</summary>
    public async Task KillAsync(CancellationToken cancellationToken)
    {
        _process.Kill();
        var left = await _process.StandardOutput.ReadToEndAsync(cancellationToken);
        await _process.WaitForExitAsync(cancellationToken);

        // The last line may be half of one.
        foreach (var line in left.Split('\n')[..^1])
        {
            Take(line);
        }
    }

    /// <summary>Lets it close the session.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync(cancellationToken);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private void Take(string line)
    {
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        var (word, rest) = space < 0 ? (line, "") : (line[..space], line[(space + 1)..]);
        switch (word)
        {
            case "session":
                Folder = rest;
                break;
            case "frame":
                LastFrame = long.Parse(rest, CultureInfo.InvariantCulture);
                break;
            case "event":
                LastEvent = long.Parse(rest, CultureInfo.InvariantCulture);
                break;
            default:
                break;
        }
    }
}
