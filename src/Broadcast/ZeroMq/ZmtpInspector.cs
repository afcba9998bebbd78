using System.Buffers;
using System.Buffers.Binary;
using LiveLtem.Broadcast.Wire;
using LiveLtem.Core;

namespace LiveLtem.Broadcast.ZeroMq;

/// <summary>Reads what a subscriber sends (ZMTP 3.x, rfc.zeromq.org/spec/23) and lets pass only what a subscriber may say.</summary>
/// <remarks>NetMQ ends the whole process where a peer sends it certain malformed commands, so no byte reaches it unread: the greeting passes as it is
/// checked, everything after it one whole frame at a time. Subscriptions to nothing we publish are not passed on. One instance a connection.</remarks>
internal sealed class ZmtpInspector(string peer)
{
    /// <summary>Bytes of the signature, which a ZeroMQ peer sends at once, before it has heard anything.</summary>
    public const int SignatureLength = 10;

    private const int GreetingLength = 64;
    private const int VersionAt = 10;
    private const int MechanismAt = 12;
    private const int MechanismLength = 20;
    private const int LargestBody = 1024;
    private const int LongHeader = 9;
    private const byte More = 1, Long = 2, Command = 4;

    private readonly byte[] _frame = new byte[LongHeader + LargestBody];
    private long _taken;
    private int _greeted;
    private int _held;

    /// <summary>The peer has introduced itself as a subscriber.</summary>
    public bool IsReady { get; private set; }

    /// <summary>Takes what came and writes what may pass.</summary>
    /// <exception cref="FrameFormatException">It is not what a subscriber says: hang up.</exception>
    public void Take(ReadOnlySpan<byte> bytes, IBufferWriter<byte> passed)
    {
        foreach (var value in bytes)
        {
            if (_greeted < GreetingLength)
            {
                CheckGreeting(value);
                passed.Write([value]);
            }
            else
            {
                _frame[_held++] = value;
                if (FrameLength() is { } length && _held == length)
                {
                    if (MayPass(_frame.AsSpan(0, length)))
                    {
                        passed.Write(_frame.AsSpan(0, length));
                    }

                    _held = 0;
                }
            }

            _taken++;
        }
    }

    private static ReadOnlySpan<byte> Mechanism => "NULL"u8;

    private void CheckGreeting(byte value)
    {
        var at = _greeted++;
        var right = at switch
        {
            0 => value == 0xff,
            SignatureLength - 1 => value == 0x7f,
            VersionAt => value >= 3,
            >= MechanismAt and < MechanismAt + MechanismLength => value == (at - MechanismAt < Mechanism.Length ? Mechanism[at - MechanismAt] : 0),
            _ => true,
        };
        if (!right)
        {
            throw Wrong("greeting", "not that of a ZeroMQ 4 peer without security");
        }
    }

    // Length of the frame that is being held, once its header says so.
    private int? FrameLength()
    {
        var flags = _frame[0];
        if ((flags & ~(More | Long | Command)) != 0 || (flags & More) != 0)
        {
            throw Wrong("flags", $"found {flags}; subscriptions are single frames");
        }

        if ((flags & Long) == 0)
        {
            return _held < 2 ? null : 2 + _frame[1];
        }

        if (_held < LongHeader)
        {
            return null;
        }

        var length = BinaryPrimitives.ReadUInt64BigEndian(_frame.AsSpan(1));
        return length <= LargestBody ? LongHeader + (int)length : throw Wrong("length", $"found {length}; a subscriber sends at most {LargestBody} bytes");
    }

    private bool MayPass(ReadOnlySpan<byte> frame)
    {
        var body = frame[((frame[0] & Long) != 0 ? LongHeader : 2)..];
        if ((frame[0] & Command) == 0)
        {
            return IsReady ? IsOurSubscription(body) : throw Wrong("message", "came before READY");
        }

        if (body.Length == 0 || body[0] == 0 || body[0] >= body.Length)
        {
            throw Wrong("command", "has no name");
        }

        var name = body.Slice(1, body[0]);
        var content = body[(1 + body[0])..];
        if (!IsReady)
        {
            CheckReady(name, content);
            IsReady = true;
            return true;
        }

        const int TimeToLive = 2, LongestContext = 16;
        if ((name.SequenceEqual("PING"u8) && content.Length is >= TimeToLive and <= TimeToLive + LongestContext)
            || (name.SequenceEqual("PONG"u8) && content.Length <= LongestContext))
        {
            return true;
        }

        throw Wrong("command", "only PING and PONG may follow READY");
    }

    private bool IsOurSubscription(ReadOnlySpan<byte> body)
    {
        if (body.Length == 0 || body[0] > 1)
        {
            throw Wrong("message", "found something else than a subscription");
        }

        foreach (var topic in Enum.GetValues<Topic>())
        {
            if (topic.Utf8().StartsWith(body[1..]))
            {
                return true;
            }
        }

        return false;
    }

    // Metadata: name (length in 1 byte), value (length in 4), and so on to the end.
    private void CheckReady(ReadOnlySpan<byte> command, ReadOnlySpan<byte> content)
    {
        var subscribes = false;
        while (command.SequenceEqual("READY"u8) && content.Length > 0)
        {
            var valueAt = 1 + content[0] + sizeof(uint);
            if (content[0] == 0 || valueAt > content.Length)
            {
                throw Wrong("READY", "its metadata end too early");
            }

            var length = BinaryPrimitives.ReadUInt32BigEndian(content[(1 + content[0])..]);
            if (length > content.Length - valueAt)
            {
                throw Wrong("READY", "its metadata end too early");
            }

            var value = content.Slice(valueAt, (int)length);
            if (content.Slice(1, content[0]).SequenceEqual("Socket-Type"u8))
            {
                subscribes = value.SequenceEqual("SUB"u8) || value.SequenceEqual("XSUB"u8);
            }

            content = content[(valueAt + (int)length)..];
        }

        if (!subscribes)
        {
            throw Wrong("READY", "this port is for subscribers: connect a SUB socket");
        }
    }

    private FrameFormatException Wrong(string field, string problem) => new(peer, problem, _taken, field);
}
