using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using LiveLtem.Acquisition;
using LiveLtem.App.Tests.Verbs;
using LiveLtem.Core;

namespace LiveLtem.App.Tests.Cameras;

/// <summary>Camera and session as processes of their own.</summary>
public sealed partial class CameraSessionTests : IDisposable
{
    private const string Python = "/usr/bin/python3";
    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_frame_that_a_camera_sends_is_recorded_and_verified()
    {
        const int Frames = 150;
        using var camera = Start("camera-sim", "zmq", "--scene", "crystal", "--size", "128", "--fps", "60", "--frames", $"{Frames}", "--port", "0", "--prerender", "20");
        var ready = JsonElement.Parse(await camera.StandardOutput.ReadLineAsync(Token) ?? "null");
        var root = _folder.File("sessions");
        var (exitCode, output, error) = await ProgramRun.RunAsync(
            "run", "--source", ready.GetProperty("endpoint").GetString()!, "--record", root, "--web-port", "0", "--grpc-port", "0", "--zmq-port", "0", "--json");
        var sent = JsonElement.Parse(await camera.StandardOutput.ReadLineAsync(Token) ?? "null");
        await camera.WaitForExitAsync(Token);

        Assert.True(exitCode == 0, error);
        Assert.Equal(0, camera.ExitCode);
        Assert.Equal((Frames, Frames), (sent.GetProperty("taken").GetInt32(), sent.GetProperty("sent").GetInt32()));
        var ended = JsonElement.Parse(output.TrimEnd().Split('\n')[^1]);
        Assert.Equal((Frames, 0, Frames), (ended.GetProperty("received").GetInt32(), ended.GetProperty("lost").GetInt32(), ended.GetProperty("recorded").GetInt32()));
        var session = Assert.Single(Directory.GetDirectories(root));
        var verified = await ProgramRun.RunAsync("sessions", "verify", session);
        Assert.True(verified.ExitCode == 0, verified.Output + verified.Error);
        Assert.Contains($"{Frames} verified", verified.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_camera_that_nobody_reads_ends_well_when_it_is_stopped()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGTERM");
        using var camera = Start("camera-sim", "zmq", "--scene", "free", "--size", "64", "--port", "0", "--prerender", "2");
        await camera.StandardOutput.ReadLineAsync(Token);
        using (var kill = Process.Start("kill", ["-TERM", $"{camera.Id}"]))
        {
            await kill.WaitForExitAsync(Token);
        }

        var ended = JsonElement.Parse(await camera.StandardOutput.ReadLineAsync(Token) ?? "null");
        await camera.WaitForExitAsync(Token);
        Assert.Equal(0, ended.GetProperty("sent").GetInt32());
        Assert.Equal(0, camera.ExitCode);
    }

    [Theory]
    [InlineData("--scene or --file", "zmq")]
    [InlineData("--fps 0", "zmq", "--scene", "crystal", "--fps", "0")]
    [InlineData("--drop-every 0", "zmq", "--scene", "crystal", "--size", "64", "--prerender", "1", "--port", "0", "--drop-every", "0")]
    [InlineData("nothere.mrc", "zmq", "--file", "nothere.mrc")]
    public async Task What_cannot_be_meant_is_one_line_and_exit_code_2(string told, params string[] arguments)
    {
        var (exitCode, output, error) = await ProgramRun.RunAsync(["camera-sim", .. arguments]);

        Assert.Equal((2, string.Empty), (exitCode, output));
        Assert.Contains(told, error.TrimEnd().Split('\n')[^1], StringComparison.Ordinal);
    }

    /// <summary>The example that docs/cameras.md shows, as it stands there but for the port.</summary>
    [Fact(Timeout = 120_000)]
    public async Task The_Python_example_of_the_docs_is_read()
    {
        Assert.SkipUnless(File.Exists(Python) && await RunsAsync("import zmq"), "python3-zmq is not installed");
        Assert.SkipUnless(await RunsAsync("import numpy"), "python3-numpy is not installed");
        var text = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs/cameras.md"), Token);
        var port = FreePort();
        var example = PythonBlock().Match(text).Groups["code"].Value.Replace("5555", $"{port}", StringComparison.Ordinal);
        using var sender = Process.Start(Python, ["-c", example]);
        await using var source = await AcquisitionServices.CreateFrameSources().OpenAsync($"zmq://127.0.0.1:{port}", null, Token);
        using var pool = new FramePool();
        var channel = System.Threading.Channels.Channel.CreateUnbounded<Frame>();
        await source.RunAsync(pool, channel.Writer, Token);
        await sender.WaitForExitAsync(Token);

        Assert.Equal(0, sender.ExitCode);
        Assert.Equal((512, 512, PixelType.UInt16, 0.9), (source.Info.Height, source.Info.Width, source.Info.Type, source.Info.Calibration.PixelSizeNm?.Value));
        for (var number = 0; number < 100; number++)
        {
            Assert.True(channel.Reader.TryRead(out var frame), $"frame {number} is missing");
            using (frame)
            {
                Assert.Equal(number, frame.Number);
                Assert.Equal(number * 0.04, frame.Header.SourceTimeS!.Value, 9);
                Assert.InRange(frame.Pixels<ushort>().ToArray().Average(counts => counts), 99, 101);
            }
        }

        Assert.False(channel.Reader.TryRead(out _));
        Assert.Equal(0, pool.Outstanding);
    }

    private static Process Start(params string[] arguments) => Process.Start(
        new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "liveltem.dll"), .. arguments]) { RedirectStandardOutput = true })
        ?? throw new InvalidOperationException("the program did not start");

    private static async Task<bool> RunsAsync(string code)
    {
        using var process = Process.Start(new ProcessStartInfo(Python, ["-c", code]) { RedirectStandardError = true })!;
        await process.WaitForExitAsync(Token);
        return process.ExitCode == 0;
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    [GeneratedRegex("```python\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex PythonBlock();
}
