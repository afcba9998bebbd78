using System.Net;
using LiveLtem.Core;

namespace LiveLtem.Acquisition.Cameras.ZeroMq;

/// <summary>How frames come over ZeroMQ.</summary>
public enum ZeroMqPattern
{
    /// <summary>From a PUSH socket: nothing is lost, a full reader holds the sender back.</summary>
    Pull,

    /// <summary>From a PUB socket, which leaves out what the reader does not keep up with.</summary>
    Sub,
}

/// <summary>An address like <c>zmq://127.0.0.1:5555?pattern=sub</c>, taken apart.</summary>
public sealed record ZeroMqAddress
{
    /// <summary>What stands before the colon.</summary>
    public const string Scheme = "zmq";

    private const string Example = "zmq://127.0.0.1:5555, with ?pattern=sub for a PUB socket or ?bind=1 to listen here";

    /// <summary>As the user wrote it.</summary>
    public required string Text { get; init; }

    /// <summary>Name or address of the machine, IPv6 without its brackets.</summary>
    public required string Host { get; init; }

    /// <summary>Port, 1 to 65535.</summary>
    public required int Port { get; init; }

    /// <summary>Which kind of socket is at the other end.</summary>
    public ZeroMqPattern Pattern { get; init; }

    /// <summary>True to listen for senders, false to connect to one.</summary>
    public bool Bind { get; init; }

    /// <summary>Takes an address apart.</summary>
    /// <param name="text">With its <c>zmq:</c>.</param>
    /// <exception cref="InputException">A part is missing or not known; the sentence says what would do.</exception>
    public static ZeroMqAddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Host.Length == 0 || uri.AbsolutePath is not ("/" or "")
            || uri.UserInfo.Length > 0 || uri.Fragment.Length > 0)
        {
            throw new InputException($"{text}: not an address of ZeroMQ; write it like {Example}");
        }

        if (uri.Port is < 1 or > 65535)
        {
            throw new InputException($"{text}: the port is missing; write it like {Example}");
        }

        var parsed = new ZeroMqAddress { Text = text, Host = uri.Host.Trim('[', ']'), Port = uri.Port };
        foreach (var part in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            parsed = part switch
            {
                "pattern=pull" => parsed with { Pattern = ZeroMqPattern.Pull },
                "pattern=sub" => parsed with { Pattern = ZeroMqPattern.Sub },
                "bind=1" => parsed with { Bind = true },
                "bind=0" => parsed with { Bind = false },
                _ => throw new InputException($"{text}: '{part}' is not understood; there are: pattern=pull, pattern=sub, bind=1"),
            };
        }

        return parsed.Bind ? parsed.WhereItMayListen() : parsed;
    }

    private ZeroMqAddress WhereItMayListen()
    {
        if (Pattern == ZeroMqPattern.Sub)
        {
            throw new InputException($"{Text}: bind=1 goes with pattern=pull only; a subscriber connects");
        }

        var host = Host == "localhost" ? IPAddress.Loopback.ToString() : Host;
        return IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address)
            ? this with { Host = host }
            : throw new InputException($"{Text}: listening is for loopback only (127.0.0.1): whoever reaches the port could send frames");
    }
}
