using System.Text;
using LiveLtem.Core;
using NetMQ;
using NetMQ.Sockets;

namespace LiveLtem.Acquisition.Tests.Cameras;

/// <summary>A program that sends frames, sound ones and others.</summary>
internal sealed class ZeroMqSender : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly NetMQSocket _socket;

    private ZeroMqSender(NetMQSocket socket, int port)
    {
        _socket = socket;
        Port = port;
    }

    public int Port { get; }

    public string Address => $"zmq://127.0.0.1:{Port}";

    /// <summary>Listens as a PUSH socket.</summary>
    public static ZeroMqSender Bind(int port = 0) => Bind(new PushSocket(), port);

    /// <summary>Listens as a PUB socket that says when somebody subscribed.</summary>
    public static ZeroMqSender BindPublisher() => Bind(new XPublisherSocket(), 0);

    /// <summary>Connects as a PUSH socket.</summary>
    public static ZeroMqSender Connect(int port)
    {
        var socket = new PushSocket();
        socket.Options.Linger = TimeSpan.Zero;
        socket.Connect($"tcp://127.0.0.1:{port}");
        return new ZeroMqSender(socket, port);
    }

    /// <summary>Listens on a port that another sender is just leaving.</summary>
    public static async Task<ZeroMqSender> BindAgainAsync(int port)
    {
        while (true)
        {
            try
            {
                return Bind(port);
            }
            catch (NetMQException error) when (error.ErrorCode == ErrorCode.AddressAlreadyInUse)
            {
                await Task.Delay(20, TestContext.Current.CancellationToken);
            }
        }
    }

    /// <summary>Pixels that tell which frame and which pixel they are.</summary>
    public static byte[] Pixels(long frame, int height, int width, PixelType type)
    {
        var pixels = new byte[height * width * type.BytesPerPixel()];
        for (var i = 0; i < pixels.Length; i++)
        {
            // Of floats the high byte is fixed, so that each is a number.
            pixels[i] = type == PixelType.Float32 && i % 4 == 3 ? (byte)0x42 : (byte)((frame * 31) + (i * 7));
        }

        return pixels;
    }

    public static string Header(long frame, int height = 4, int width = 5, PixelType type = PixelType.UInt16, string more = "") =>
        $$"""{"v":1,"frame":{{frame}},"dtype":"{{type.NumpyName()}}","shape":[{{height}},{{width}}]{{more}}}""";

    public void WaitForSubscriber() => Assert.True(_socket.TryReceiveFrameBytes(Patience, out _), "nobody subscribed");

    public void Frame(long frame, int height = 4, int width = 5, PixelType type = PixelType.UInt16, string more = "") =>
        Send(Encoding.UTF8.GetBytes(Header(frame, height, width, type, more)), Pixels(frame, height, width, type));

    public void Frames(long first, int count)
    {
        for (var frame = first; frame < first + count; frame++)
        {
            Frame(frame);
        }
    }

    public void End(long frames) => Send(Encoding.UTF8.GetBytes($$"""{"v":1,"end":true,"frames":{{frames}}}"""), []);

    /// <summary>Sends any message; waits for a reader.</summary>
    public void Send(params byte[][] parts)
    {
        for (var i = 0; i < parts.Length; i++)
        {
            var message = new Msg();
            message.InitPool(parts[i].Length);
            parts[i].CopyTo(message.Slice());
            Assert.True(_socket.TrySend(ref message, Patience, more: i < parts.Length - 1), "nobody reads");
        }
    }

    public void Dispose() => _socket.Dispose();

    private static ZeroMqSender Bind(NetMQSocket socket, int port)
    {
        socket.Options.Linger = TimeSpan.Zero;
        try
        {
            socket.Bind($"tcp://127.0.0.1:{port}");
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var endpoint = socket.Options.LastEndpoint!;
        return new ZeroMqSender(socket, int.Parse(endpoint[(endpoint.LastIndexOf(':') + 1)..]));
    }
}
