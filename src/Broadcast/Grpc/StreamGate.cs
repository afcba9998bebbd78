using Grpc.Core;
using LiveLtem.Broadcast.Hub;
using LiveLtem.Broadcast.Wire;
using Microsoft.Extensions.Logging;

namespace LiveLtem.Broadcast.Grpc;

/// <summary>Lets a limited number of streams in and ends them when the session does.</summary>
internal sealed class StreamGate(LiveHub hub, ILogger logger, CancellationToken cutOff)
{
    /// <summary>Streams at a time, over all clients.</summary>
    public const int MostStreams = 128;

    private int _open;

    private LiveHub Hub => hub;

    private ILogger Logger => logger;

    /// <summary>Subscribes a call to a topic until the reader is disposed.</summary>
    /// <exception cref="RpcException">There are too many streams.</exception>
    public Reader Enter(Topic topic, ServerCallContext context)
    {
        var name = $"{context.Peer} {topic.Name()}";
        if (Interlocked.Increment(ref _open) > MostStreams)
        {
            Interlocked.Decrement(ref _open);
            logger.ReaderRefused("grpc", name, "too many streams");
            throw new RpcException(new Status(StatusCode.ResourceExhausted, $"there are {MostStreams} streams already: close one"));
        }

        logger.ReaderCame("grpc", name);
        return new Reader(this, topic, name, CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, cutOff));
    }

    /// <summary>One call's end of a topic.</summary>
    public sealed class Reader : IDisposable
    {
        private readonly StreamGate _gate;
        private readonly string _name;
        private readonly AsyncSignal _signal = new();
        private readonly Mailbox _mailbox;
        private readonly CancellationTokenSource _stop;

        public Reader(StreamGate gate, Topic topic, string name, CancellationTokenSource stop)
        {
            _gate = gate;
            _name = name;
            _stop = stop;
            _mailbox = new Mailbox("grpc", () => name, [topic], _signal.Set);
            gate.Hub.Add(_mailbox);
        }

        /// <summary>The client went, or the server cuts it off.</summary>
        public CancellationToken Stop => _stop.Token;

        /// <summary>Messages lost so far.</summary>
        public long Dropped => _mailbox.Dropped;

        /// <summary>The next message, whose lease is the caller's; null once the session has ended or the client went.</summary>
        public async ValueTask<WireMessage?> NextAsync()
        {
            try
            {
                while (!_stop.IsCancellationRequested)
                {
                    var ended = _mailbox.Completed; // asked first: what came before the end is still in there
                    if (_mailbox.TryTake() is { } message)
                    {
                        return message;
                    }

                    if (ended)
                    {
                        return null;
                    }

                    await _signal.WaitAsync(_stop.Token).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                // The client went, which is how such a call ends.
            }

            return null;
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            _gate.Hub.Remove(_mailbox);
            _mailbox.Dispose();
            _stop.Dispose();
            Interlocked.Decrement(ref _gate._open);
            _gate.Logger.ReaderLeft("grpc", _name, _mailbox.Sent, _mailbox.Dropped);
        }
    }
}
