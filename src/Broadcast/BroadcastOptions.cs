using System.Net;
using LiveLtem.Core;

namespace LiveLtem.Broadcast;

/// <summary>Where a session can be listened to. Port 0 is any free one.</summary>
public sealed record BroadcastOptions
{
    /// <summary>Address to listen on; a loopback address in this version.</summary>
    public string Bind { get; init; } = "127.0.0.1";

    /// <summary>Port of the viewer, its WebSocket, the JSON endpoints and gRPC-web.</summary>
    public int WebPort { get; init; } = 8080;

    /// <summary>Port of gRPC, HTTP/2 without TLS.</summary>
    public int GrpcPort { get; init; } = 8081;

    /// <summary>Port of the ZeroMQ publisher.</summary>
    public int ZmqPort { get; init; } = 5556;

    /// <summary>The address as a number.</summary>
    /// <exception cref="InputException">It is not a loopback address, or a port is out of range or named twice.</exception>
    public IPAddress Check()
    {
        var address = Bind == "localhost" ? IPAddress.Loopback : IPAddress.TryParse(Bind, out var parsed) ? parsed : null;
        if (address is null || !IPAddress.IsLoopback(address))
        {
            throw new InputException(
                $"refuses to listen on {Bind}: tokens and TLS are not in this version, so only this machine may connect; use 127.0.0.1, and an SSH tunnel from elsewhere");
        }

        (string Option, int Port)[] ports = [("--web-port", WebPort), ("--grpc-port", GrpcPort), ("--zmq-port", ZmqPort)];
        foreach (var (option, port) in ports)
        {
            if (port is < 0 or > IPEndPoint.MaxPort)
            {
                throw new InputException($"{option} {port}: a port is a number from 0 (any free one) to {IPEndPoint.MaxPort}");
            }
        }

        if (ports.Where(port => port.Port != 0).GroupBy(port => port.Port).FirstOrDefault(same => same.Count() > 1) is { } twice)
        {
            throw new InputException($"port {twice.Key} is asked for twice: {string.Join(" and ", twice.Select(port => port.Option))} need ports of their own");
        }

        return address;
    }
}
