using System.Buffers;
using System.Net.WebSockets;
using System.Text;
using MessagePack;

namespace LiveLtem.Broadcast.Tests;

/// <summary>A viewer without a screen.</summary>
internal sealed class LiveClient : IDisposable
{
    public ClientWebSocket Socket { get; } = new();

    public static async Task<LiveClient> ConnectAsync(Running running)
    {
        var client = new LiveClient();
        await client.Socket.ConnectAsync(new UriBuilder(running.Server.WebUrl) { Scheme = "ws", Path = "/live" }.Uri, TestContext.Current.CancellationToken);
        return client;
    }

    public Task SayAsync(string json) =>
        Socket.SendAsync(Encoding.UTF8.GetBytes(json), WebSocketMessageType.Text, true, TestContext.Current.CancellationToken);

    /// <summary>The next message, or null once the server has said good-bye.</summary>
    public async Task<LiveMessage?> ReadAsync()
    {
        var bytes = new ArrayBufferWriter<byte>();
        ValueWebSocketReceiveResult part;
        do
        {
            part = await Socket.ReceiveAsync(bytes.GetMemory(65536), TestContext.Current.CancellationToken);
            bytes.Advance(part.Count);
        }
        while (!part.EndOfMessage);
        return part.MessageType == WebSocketMessageType.Close ? null : LiveMessage.Parse(bytes.WrittenMemory);
    }

    public async Task<LiveMessage> ReadAsync(string topic)
    {
        while (true)
        {
            var message = await ReadAsync() ?? throw new InvalidOperationException($"closed before {topic} came: {Socket.CloseStatusDescription}");
            if (message.Topic == topic)
            {
                return message;
            }
        }
    }

    public void Dispose() => Socket.Dispose();
}

/// <summary>A message taken apart by MessagePack's own general reader, not by ours.</summary>
internal sealed record LiveMessage(string Topic, IDictionary<object, object?> Header, object? Payload)
{
    public long Seq => Convert.ToInt64(Header["seq"]);

    public IDictionary<object, object?> Map => (IDictionary<object, object?>)Payload!;

    public static LiveMessage Parse(ReadOnlyMemory<byte> bytes)
    {
        var parts = (object?[])Any(bytes)!;
        return new LiveMessage((string)parts[0]!, (IDictionary<object, object?>)parts[1]!, parts[2]);
    }

    public static object? Any(ReadOnlyMemory<byte> bytes) =>
        MessagePackSerializer.Deserialize<object?>(bytes, MessagePackSerializerOptions.Standard.WithResolver(MessagePack.Resolvers.PrimitiveObjectResolver.Instance));
}
