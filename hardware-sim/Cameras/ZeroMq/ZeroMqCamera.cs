using System.Net;
using System.Threading.Channels;
using LiveLtem.Core;
using NetMQ;
using NetMQ.Sockets;

namespace LiveLtem.HardwareSim.Cameras.ZeroMq;

/// <summary>A camera that pushes its frames over ZeroMQ to one reader, on loopback.</summary>
/// <remarks>It takes nothing before a reader is there. A reader that does not keep up holds it back, and the time is counted. Frames leave as their
/// source gives them: the pace is the source's.</remarks>
public sealed class ZeroMqCamera : IDisposable
{
    private const int HighWaterMark = 4;

    // How long a stop may be unheard while the reader takes nothing.
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastMessagesLimit = TimeSpan.FromSeconds(30);
    private readonly PushSocket _socket = new();
    private readonly ZeroMqHeaders _headers = new();
    private readonly CameraFaults _faults;
    private readonly TimeProvider _time;
    private TimeSpan _heldBack;
    private long _taken;
    private long _sent;
    private long _corrupted;
    private long _firstAt;
    private long _lastAt;

    /// <summary>Listens.</summary>
    /// <param name="port">0 for any free one.</param>
    /// <param name="faults">What goes wrong.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="InputException">The port is taken, or a fault cannot be meant.</exception>
    public ZeroMqCamera(int port, CameraFaults faults, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(faults);
        ArgumentNullException.ThrowIfNull(time);
        faults.Validate();
        _faults = faults;
        _time = time;
        ZeroMqBuffers.Install();
        _socket.Options.SendHighWatermark = HighWaterMark;
        _socket.Options.Linger = LastMessagesLimit;
        try
        {
            _socket.Bind($"tcp://{IPAddress.Loopback}:{port}");
        }
        catch (NetMQException error)
        {
            Dispose();
            throw new InputException(
                error.ErrorCode == ErrorCode.AddressAlreadyInUse ? $"--port {port} is in use; 0 takes any free one" : $"--port {port}: {error.ErrorCode}", error);
        }

        Port = int.Parse(_socket.Options.LastEndpoint!.AsSpan(_socket.Options.LastEndpoint!.LastIndexOf(':') + 1));
    }

    /// <summary>The port it listens on.</summary>
    public int Port { get; }

    /// <summary>What <c>run --source</c> takes.</summary>
    public string Address => $"zmq://{IPAddress.Loopback}:{Port}";

    /// <summary>Waits for a reader, then sends every frame of a source and the end of the series.</summary>
    /// <param name="source">Gives frames at their pace; stays the caller's.</param>
    /// <param name="frames">How many at most; null for all.</param>
    /// <param name="length">How long from the moment a reader is there; null for as long as the source lasts.</param>
    /// <param name="cancellationToken">Ends the series early; its end is told to a reader that takes it in time.</param>
    public async Task<CameraReport> SendAsync(IFrameSource source, long? frames, TimeSpan? length, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        using var pool = new FramePool();
        try
        {
            await Task.Run(() => WaitForReader(cancellationToken), cancellationToken).ConfigureAwait(false);
            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            if (length is { } time)
            {
                end.CancelAfter(time);
            }

            await SendFramesAsync(source, pool, frames, end, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopped by the user: what went out is told below.
        }

        using var patience = new CancellationTokenSource(StopLimit, _time);
        TrySend(_headers.EndOfSeries(_taken), [], cancellationToken.IsCancellationRequested ? patience.Token : cancellationToken);
        return new CameraReport(_taken, _sent, _corrupted, _heldBack, _time.GetElapsedTime(_firstAt, _lastAt));
    }

    /// <summary>Closes the port; what was sent still goes out, for which the process has to live on or <see cref="Flush"/> be called.</summary>
    public void Dispose()
    {
        _socket.Dispose();
        _headers.Dispose();
    }

    /// <summary>Waits until everything that was sent is on its way. For the end of the process: every socket in it must be disposed by then.</summary>
    public static void Flush() => NetMQConfig.Cleanup(block: true);

    // A source that breaks must end the reading of its frames, and is heard when it is awaited.
    private static async Task RunAsync(IFrameSource source, FramePool pool, ChannelWriter<Frame> output, CancellationToken stop)
    {
        try
        {
            await source.RunAsync(pool, output, stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Enough frames were taken.
        }
        finally
        {
            output.Complete();
        }
    }

    private void WaitForReader(CancellationToken cancellationToken)
    {
        while (!_socket.Poll(PollEvents.PollOut, Slice).HasFlag(PollEvents.PollOut))
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    // The one token ends the series after a whole frame, the other gives up a frame that the reader does not take.
    private async Task SendFramesAsync(IFrameSource source, FramePool pool, long? frames, CancellationTokenSource end, CancellationToken cancellationToken)
    {
        var channel = Channel.CreateBounded<Frame>(1);
        var running = RunAsync(source, pool, channel.Writer, end.Token);
        try
        {
            await foreach (var frame in channel.Reader.ReadAllAsync(end.Token).ConfigureAwait(false))
            {
                using (frame)
                {
                    await TakeAsync(frame, source.Info, cancellationToken).ConfigureAwait(false);
                }

                if (_taken == frames)
                {
                    break;
                }
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // The time is over.
        }
        finally
        {
            await end.CancelAsync().ConfigureAwait(false);
            await foreach (var left in channel.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
            {
                left.Dispose();
            }

            await running.ConfigureAwait(false);
        }
    }

    private async Task TakeAsync(Frame frame, SourceInfo info, CancellationToken cancellationToken)
    {
        var number = _taken + 1;
        if (_faults.Delays(number))
        {
            await Task.Delay(_faults.Delay, _time, cancellationToken).ConfigureAwait(false);
        }

        if (!_faults.Drops(number))
        {
            Send(frame, info, number, cancellationToken);
        }

        _taken = number;
        _lastAt = _time.GetTimestamp();
        if (number == 1)
        {
            _firstAt = _lastAt;
        }
    }

    private void Send(Frame frame, SourceInfo info, long number, CancellationToken cancellationToken)
    {
        var header = _headers.Frame(frame.Header, info);
        if (_faults.Corrupts(number))
        {
            _corrupted++;
            if (_corrupted % 2 == 1)
            {
                SendWhole(header, frame.Bytes[..(frame.Bytes.Length / 2)], cancellationToken);
            }
            else
            {
                SendWhole(header[..(header.Length / 2)], frame.Bytes, cancellationToken);
            }

            return;
        }

        SendWhole(header, frame.Bytes, cancellationToken);
        _sent++;
        if (_faults.Repeats(number))
        {
            SendWhole(header, frame.Bytes, cancellationToken);
        }
    }

    private void SendWhole(ReadOnlySpan<byte> header, ReadOnlySpan<byte> pixels, CancellationToken cancellationToken)
    {
        if (!TrySend(header, pixels, cancellationToken))
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Sends a message, however long the reader needs; false where it was stopped before.</summary>
    private bool TrySend(ReadOnlySpan<byte> header, ReadOnlySpan<byte> pixels, CancellationToken cancellationToken)
    {
        var first = new Msg();
        first.InitPool(header.Length);
        header.CopyTo(first.Slice());
        if (!_socket.TrySend(ref first, TimeSpan.Zero, more: true))
        {
            var since = _time.GetTimestamp();
            bool sent;
            do
            {
                sent = !cancellationToken.IsCancellationRequested && _socket.TrySend(ref first, Slice, more: true);
            }
            while (!sent && !cancellationToken.IsCancellationRequested);
            _heldBack += _time.GetElapsedTime(since);
            if (!sent)
            {
                first.Close();
                return false;
            }
        }

        // The socket takes the rest of a message that it began to take.
        var second = new Msg();
        second.InitPool(pixels.Length);
        pixels.CopyTo(second.Slice());
        _socket.Send(ref second, more: false);
        return true;
    }
}
