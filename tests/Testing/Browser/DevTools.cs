using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace LiveLtem.Testing.Browser;

/// <summary>The DevTools protocol over one WebSocket: commands with their answers, and events by session.</summary>
internal sealed class DevTools : IAsyncDisposable
{
    private static readonly JsonSerializerOptions Plain = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };
    private readonly ClientWebSocket _socket = new();
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonElement>> _asked = new();
    private readonly ConcurrentDictionary<string, Action<string, JsonElement>> _listeners = new();
    private Task _reading = Task.CompletedTask;
    private int _last;

    private DevTools()
    {
    }

    public static async Task<DevTools> ConnectAsync(Uri address, CancellationToken cancellationToken)
    {
        var tools = new DevTools();
        await tools._socket.ConnectAsync(address, cancellationToken).ConfigureAwait(false);
        tools._reading = tools.ReadAllAsync();
        return tools;
    }

    /// <summary>Tells every event of a session, on the reading thread.</summary>
    public void Listen(string session, Action<string, JsonElement> listener) => _listeners[session] = listener;

    public void Forget(string session) => _listeners.TryRemove(session, out _);

    /// <exception cref="InvalidOperationException">The browser refused the command.</exception>
    public async Task<JsonElement> SendAsync(string method, object parameters, string? session, CancellationToken cancellationToken)
    {
        var id = Interlocked.Increment(ref _last);
        var answer = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        _asked[id] = answer;
        var message = JsonSerializer.SerializeToUtf8Bytes(new { id, method, @params = parameters, sessionId = session }, Plain);
        await _sending.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await _socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _sending.Release();
        }

        var reply = await answer.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        return reply.TryGetProperty("error", out var error)
            ? throw new InvalidOperationException($"{method}: {error.GetProperty("message").GetString()}")
            : reply.GetProperty("result");
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _reading.ConfigureAwait(false);
        _socket.Dispose();
        _sending.Dispose();
        _stop.Dispose();
    }

    private async Task ReadAllAsync()
    {
        var buffer = new MemoryStream();
        var part = new byte[1 << 16];
        try
        {
            while (true)
            {
                buffer.SetLength(0);
                ValueWebSocketReceiveResult got;
                do
                {
                    got = await _socket.ReceiveAsync(part.AsMemory(), _stop.Token).ConfigureAwait(false);
                    buffer.Write(part, 0, got.Count);
                }
                while (!got.EndOfMessage);

                if (got.MessageType == WebSocketMessageType.Close)
                {
                    break;
                }

                Take(JsonDocument.Parse(buffer.ToArray()).RootElement);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The test is done with the browser.
        }
        catch (WebSocketException error)
        {
            Fail(error);
        }

        Fail(new InvalidOperationException("the browser is gone"));
    }

    private void Take(JsonElement message)
    {
        if (message.TryGetProperty("id", out var id))
        {
            if (_asked.TryRemove(id.GetInt32(), out var waiting))
            {
                waiting.SetResult(message);
            }
        }
        else if (message.TryGetProperty("sessionId", out var session) && _listeners.TryGetValue(session.GetString()!, out var listener))
        {
            listener(message.GetProperty("method").GetString()!, message.GetProperty("params"));
        }
    }

    private void Fail(Exception error)
    {
        foreach (var waiting in _asked.Values)
        {
            waiting.TrySetException(error);
        }
    }
}
