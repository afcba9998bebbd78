using System.CommandLine;
using System.CommandLine.Parsing;
using LiveLtem.Broadcast;
using LiveLtem.Core;

namespace LiveLtem.App.Hosting.Live;

/// <summary>Where a live session is published and kept.</summary>
/// <param name="Broadcast">Address and ports.</param>
/// <param name="Record">Folder of sessions, or null to keep nothing.</param>
/// <param name="Json">Whether the end is told as one JSON object.</param>
internal sealed record LiveSettings(BroadcastOptions Broadcast, string? Record, bool Json);

/// <summary>The options that <c>run</c>, <c>replay</c> and <c>demo</c> share.</summary>
internal sealed class LiveOptions
{
    private readonly Option<int> _web = Port("--web-port", "Port of the web viewer; 0 is any free one.", 8080);
    private readonly Option<int> _grpc = Port("--grpc-port", "Port of gRPC.", 8081);
    private readonly Option<int> _zmq = Port("--zmq-port", "Port of the ZeroMQ publisher.", 5556);
    private readonly Option<string> _bind = new("--bind")
    {
        Description = "Address to listen on. Only loopback in this version.",
        DefaultValueFactory = _ => "127.0.0.1",
        HelpName = "ADDRESS",
    };

    private readonly Option<string?> _record = new("--record") { Description = "Folder in which the session gets a folder of its own.", HelpName = "DIR" };
    private readonly Option<bool> _noRecord = new("--no-record") { Description = "Keep nothing." };
    private readonly Option<bool> _json = new("--json") { Description = "Tell the end of the session as one JSON object." };

    /// <summary>Adds the options to a verb.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_web, _grpc, _zmq, _bind, _record, _noRecord, _json])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>What was asked for.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="folder">Where sessions are kept where nothing is said; null to keep nothing then.</param>
    /// <exception cref="InputException">The options contradict each other.</exception>
    public LiveSettings Read(ParseResult parsed, string? folder)
    {
        var record = parsed.GetValue(_record);
        if (record is not null && parsed.GetValue(_noRecord))
        {
            throw new InputException("--record and --no-record contradict each other: give one of them");
        }

        if (record is { Length: 0 })
        {
            throw new InputException("--record: give a folder");
        }

        return new LiveSettings(
            new BroadcastOptions
            {
                Bind = parsed.GetValue(_bind)!,
                WebPort = parsed.GetValue(_web),
                GrpcPort = parsed.GetValue(_grpc),
                ZmqPort = parsed.GetValue(_zmq),
            },
            parsed.GetValue(_noRecord) ? null : record ?? folder,
            parsed.GetValue(_json));
    }

    private static Option<int> Port(string name, string description, int port)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => port, HelpName = "PORT" };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 0 or > 65535)
            {
                result.AddError($"{name}: give a port from 0 (any free one) to 65535");
            }
        });
        return option;
    }
}
