using System.ComponentModel;
using System.Diagnostics;
using LiveLtem.Core;

namespace LiveLtem.App.Development;

/// <summary>Runs a program to its end and keeps what it printed.</summary>
internal static class ChildProcess
{
    /// <summary>The <c>dotnet</c> that runs this program, else the one on the path.</summary>
    /// <remarks>The SDK names itself to its children; the launcher runs the program by <c>dotnet</c>, which is then the process.</remarks>
    public static string Dotnet => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host
        ? host
        : Environment.ProcessPath is { } self && Path.GetFileNameWithoutExtension(self) == "dotnet" ? self : "dotnet";

    /// <summary>Runs a program without a terminal; both of its outputs are read together.</summary>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments, each as it is.</param>
    /// <param name="folder">Its working folder.</param>
    /// <param name="limit">Longest time it may take; it is killed with its children then.</param>
    /// <param name="cancellationToken">Kills it.</param>
    /// <param name="tell">Gets each line of its standard error as it comes; null for nobody.</param>
    /// <param name="lowestPriority">Whether it and its children get only such processor time as nobody else wants.</param>
    /// <returns>Exit code and output; the exit code is null where it was killed for taking too long.</returns>
    /// <exception cref="InputException">There is no such program.</exception>
    public static async Task<(int? ExitCode, string Output)> RunAsync(
        string program, IEnumerable<string> arguments, string folder, TimeSpan limit, CancellationToken cancellationToken, Action<string>? tell = null, bool lowestPriority = false)
    {
        // By nice and not by the started process's own property: that would reach its first thread only.
        var nice = lowestPriority && !OperatingSystem.IsWindows();
        var start = new ProcessStartInfo(nice ? "nice" : program, nice ? ["-n", "19", program, .. arguments] : arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = new Process { StartInfo = start };
        var output = new System.Text.StringBuilder();
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) => ended.TrySetResult();
        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        process.ErrorDataReceived += (_, line) => Told(line.Data);
        try
        {
            process.Start();
            if (lowestPriority && OperatingSystem.IsWindows())
            {
                process.PriorityClass = ProcessPriorityClass.Idle;
            }
        }
        catch (Win32Exception error)
        {
            throw new InputException($"cannot start '{program}': {error.Message}", error);
        }

        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stop.CancelAfter(limit);
        int? exitCode;
        try
        {
            await ended.Task.WaitAsync(stop.Token).ConfigureAwait(false);
            // A grandchild may hold the pipes open (a compiler server does): what is there in a second is all that is waited for.
            await process.WaitForExitAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(1), CancellationToken.None)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            exitCode = process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellationToken.ThrowIfCancellationRequested();
            exitCode = null;
        }

        lock (output)
        {
            return (exitCode, output.ToString());
        }

        void Told(string? line)
        {
            if (line is not null)
            {
                tell?.Invoke(line);
            }
        }

        void Keep(object sender, DataReceivedEventArgs line)
        {
            if (line.Data is not null)
            {
                lock (output)
                {
                    output.Append(line.Data).Append('\n');
                }
            }
        }
    }
}
