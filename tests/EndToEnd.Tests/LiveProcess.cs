using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace LiveLtem.EndToEnd.Tests;

/// <summary>A live session as a process of its own, talked to through its ports and signals only.</summary>
internal sealed partial class LiveProcess : IAsyncDisposable
{
    private static readonly string[] FreePorts = ["--web-port", "0", "--grpc-port", "0", "--zmq-port", "0"];
    private readonly Process _process;
    private readonly HttpClient _http = new();
    private readonly TaskCompletionSource<Uri> _web = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<JsonElement> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<string> _output = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly Task _reading;

    private LiveProcess(string[] arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "liveltem.dll");
        _process = Process.Start(new ProcessStartInfo("dotnet", [program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })
            ?? throw new InvalidOperationException("the program did not start");
        _reading = Task.WhenAll(ReadAsync(_process.StandardOutput, OnOutput), ReadAsync(_process.StandardError, OnError));
        _ = _reading.ContinueWith(
            _ =>
            {
                _web.TrySetException(new InvalidOperationException($"it ended before it listened: {Said}"));
                _ready.TrySetException(new InvalidOperationException($"it ended before it was ready: {Said}"));
            },
            TaskScheduler.Default);
    }

    /// <summary>Everything it wrote.</summary>
    public string Said => string.Join('\n', [.. _output, .. _errors]);

    /// <summary>What it wrote to stdout.</summary>
    public IReadOnlyList<string> Output => [.. _output];

    /// <summary>Starts a session on free ports.</summary>
    public static LiveProcess Start(params string[] arguments) => new([.. arguments, .. FreePorts]);

    /// <summary>Starts the program as it is.</summary>
    public static LiveProcess StartPlain(params string[] arguments) => new(arguments);

    /// <summary>The viewer's address, as soon as it listens.</summary>
    public Task<Uri> WebAsync() => _web.Task.WaitAsync(TestContext.Current.CancellationToken);

    /// <summary>The line that it writes when it is ready.</summary>
    public Task<JsonElement> ReadyAsync() => _ready.Task.WaitAsync(TestContext.Current.CancellationToken);

    public async Task<JsonElement> GetAsync(string path) =>
        await _http.GetFromJsonAsync<JsonElement>(new Uri(await WebAsync(), path), TestContext.Current.CancellationToken);

    public async Task<HttpStatusCode> StatusOfAsync(string path)
    {
        using var reply = await _http.GetAsync(new Uri(await WebAsync(), path), TestContext.Current.CancellationToken);
        return reply.StatusCode;
    }

    public async Task<(HttpStatusCode Code, JsonElement Body)> PostAsync(string path, object body)
    {
        using var reply = await _http.PostAsJsonAsync(new Uri(await WebAsync(), path), body, TestContext.Current.CancellationToken);
        return (reply.StatusCode, await reply.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken));
    }

    /// <summary>Waits until the status says so.</summary>
    public async Task<JsonElement> UntilAsync(Func<JsonElement, bool> condition)
    {
        while (true)
        {
            var status = await GetAsync("api/status");
            if (condition(status))
            {
                return status;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Sends it a signal.</summary>
    public async Task SignalAsync(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Waits for its end.</summary>
    public async Task<int> EndAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        await _reading.WaitAsync(TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _reading;
        _process.Dispose();
        _http.Dispose();
    }

    private static async Task ReadAsync(StreamReader reader, Action<string> take)
    {
        while (await reader.ReadLineAsync(CancellationToken.None) is { } line)
        {
            take(line);
        }
    }

    private void OnOutput(string line)
    {
        _output.Enqueue(line);
        if (line.StartsWith("{\"ready\":true", StringComparison.Ordinal))
        {
            _ready.TrySetResult(JsonDocument.Parse(line).RootElement.Clone());
        }
    }

    private void OnError(string line)
    {
        _errors.Enqueue(line);
        if (Viewer().Match(line) is { Success: true } found)
        {
            _web.TrySetResult(new Uri(found.Groups[1].Value));
        }
    }

    [GeneratedRegex(@"viewer at (http://\S+)")]
    private static partial Regex Viewer();
}
