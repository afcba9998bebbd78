using System.Diagnostics;

namespace LiveLtem.App.Tests;

/// <summary>The launcher against a stand-in for the SDK that notes what it was asked to do.</summary>
public sealed class LauncherTests : IDisposable
{
    private const string FakeDotnet =
        """
        #!/usr/bin/env bash
        root=$(dirname "$(dirname "$0")")
        case $1 in
          --list-sdks) cat "$root/sdks" ;;
          build)
            echo built >>"$root/builds"
            echo "this is said on stdout by the build"
            if [ -f "$root/broken" ]; then echo "src/App/Program.cs(1,1): error CS0001: it is broken"; exit 1; fi
            mkdir -p "$2/bin/Release/net10.0"
            echo program >"$2/bin/Release/net10.0/liveltem.dll" ;;
          *) shift; printf '%s\n' "$PWD" "$@"; exit 7 ;;
        esac
        """;

    private readonly TempFolder _folder = new();
    private readonly string _checkout;

    public LauncherTests()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the launcher for Windows is another one");
        _checkout = _folder.File("a check out");
        Directory.CreateDirectory(Path.Combine(_checkout, "src", "App"));
        Directory.CreateDirectory(Path.Combine(_checkout, "src", "Core"));
        Directory.CreateDirectory(Path.Combine(_checkout, "hardware-sim"));
        File.WriteAllText(Path.Combine(_checkout, "src", "Core", "Frame.cs"), "class Frame;");
        File.Copy(Path.Combine(Repository.Root, "liveltem"), Launcher);
        Directory.CreateDirectory(_folder.File("sdk"));
        File.WriteAllText(_folder.File("sdk/dotnet"), FakeDotnet.ReplaceLineEndings("\n"));
        File.WriteAllText(_folder.File("sdks"), "9.0.100 [/x]\n10.0.401 [/x]\n");
        foreach (var script in new[] { Launcher, _folder.File("sdk/dotnet") })
        {
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }
    }

    private string Launcher => Path.Combine(_checkout, "liveltem");

    private int Builds => File.Exists(_folder.File("builds")) ? File.ReadAllLines(_folder.File("builds")).Length : 0;

    [Fact]
    public async Task Arguments_folder_and_exit_code_pass_through_a_symlink_and_spaces()
    {
        var link = _folder.File("ltem link");
        File.CreateSymbolicLink(link, "a check out/liveltem");
        var call = await RunAsync(link, "analyze", "my movie.mrc", "a\"b", "*", "");
        Assert.Equal(7, call.ExitCode);
        Assert.Equal([_folder.Root, "analyze", "my movie.mrc", "a\"b", "*", ""], call.Output[..^1].Split('\n'));
        Assert.Contains("liveltem: building", call.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_builds_only_when_something_changed()
    {
        await RunAsync(Launcher);
        var second = await RunAsync(Launcher);
        Assert.Equal(1, Builds);
        Assert.Equal("", second.Error);

        await File.AppendAllTextAsync(Path.Combine(_checkout, "src", "Core", "Frame.cs"), "// changed", TestContext.Current.CancellationToken);
        await RunAsync(Launcher);
        Assert.Equal(2, Builds);

        File.Delete(Path.Combine(_checkout, "src", "Core", "Frame.cs"));
        await RunAsync(Launcher);
        Assert.Equal(3, Builds);
    }

    [Fact]
    public async Task A_file_put_back_with_an_old_date_counts_as_changed()
    {
        await RunAsync(Launcher);
        var source = Path.Combine(_checkout, "src", "Core", "Frame.cs");
        await File.WriteAllTextAsync(source, "class Old;", TestContext.Current.CancellationToken);
        File.SetLastWriteTimeUtc(source, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        await RunAsync(Launcher);
        Assert.Equal(2, Builds);
    }

    [Fact]
    public async Task Calls_at_the_same_time_build_once()
    {
        var calls = await Task.WhenAll(RunAsync(Launcher), RunAsync(Launcher), RunAsync(Launcher));
        Assert.All(calls, call => Assert.Equal(7, call.ExitCode));
        Assert.Equal(1, Builds);
    }

    [Fact]
    public async Task A_failed_build_shows_its_errors_and_is_tried_again()
    {
        await File.WriteAllTextAsync(_folder.File("broken"), "", TestContext.Current.CancellationToken);
        var broken = await RunAsync(Launcher);
        Assert.Equal(1, broken.ExitCode);
        Assert.Equal("", broken.Output);
        Assert.Contains("error CS0001: it is broken", broken.Error, StringComparison.Ordinal);
        File.Delete(_folder.File("broken"));
        Assert.Equal(7, (await RunAsync(Launcher)).ExitCode);
    }

    [Fact]
    public async Task A_checkout_that_cannot_be_written_to_is_run_as_it_was_built()
    {
        // A file where a folder is needed stands in the way of root too.
        var place = Path.Combine(_checkout, ".liveltem");
        await File.WriteAllTextAsync(place, "", TestContext.Current.CancellationToken);
        var unbuilt = await RunAsync(Launcher);
        Assert.Equal((1, ""), (unbuilt.ExitCode, unbuilt.Output));
        Assert.Equal($"liveltem: {_checkout} is not built yet and cannot be written to: build it as its owner, or in a checkout of your own\n", unbuilt.Error);

        File.Delete(place);
        await RunAsync(Launcher);
        Directory.Delete(place, recursive: true);
        await File.WriteAllTextAsync(place, "", TestContext.Current.CancellationToken);
        await File.AppendAllTextAsync(Path.Combine(_checkout, "src", "Core", "Frame.cs"), "// changed", TestContext.Current.CancellationToken);
        var built = await RunAsync(Launcher, "info");
        Assert.Equal((7, 1), (built.ExitCode, Builds));
        Assert.Equal($"liveltem: {_checkout} was changed since it was built and cannot be written to here: running what was built\n", built.Error);
    }

    [Fact]
    public async Task An_older_sdk_is_named_in_one_line()
    {
        await File.WriteAllTextAsync(_folder.File("sdks"), "8.0.100 [/x]\n", TestContext.Current.CancellationToken);
        var call = await RunAsync(Launcher);
        Assert.Equal(1, call.ExitCode);
        Assert.Equal("", call.Output);
        Assert.Contains("needs the .NET 10 SDK", call.Error.TrimEnd().Split('\n').Single(), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private async Task<(int ExitCode, string Output, string Error)> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = _folder.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_ROOT"] = _folder.File("sdk");
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        // What a machine without GTK is told has its own place: here only the rest matters.
        var said = string.Concat((await error).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => !line.Contains("OpenCV", StringComparison.Ordinal)).Select(line => line + "\n"));
        return (process.ExitCode, await output, said);
    }
}
