using Grpc.Core;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using Proto = LiveLtem.Broadcast.Protos;

namespace LiveLtem.Broadcast.Grpc;

/// <summary>The kept sessions, page by page.</summary>
internal sealed class SessionsService(SessionsService.Shelf shelf) : Proto.Sessions.SessionsBase
{
    private const int DefaultRows = 1000;
    private const int MostRows = 10_000;
    private const int DefaultPoints = 5000;
    private const int MostPoints = 20_000;
    private const int EventsAPage = 200;

    /// <summary>Holds the catalog, which may be none.</summary>
    public sealed record Shelf(ISessionCatalog? Catalog);

    /// <inheritdoc/>
    public override Task<Proto.ListResponse> List(Proto.ListRequest request, ServerCallContext context) =>
        Task.FromResult(new Proto.ListResponse { Sessions = { (shelf.Catalog?.List() ?? []).Select(ProtoMap.Of) } });

    /// <inheritdoc/>
    public override Task<Proto.GetResponse> Get(Proto.GetRequest request, ServerCallContext context) =>
        Task.FromResult(new Proto.GetResponse { Session = ProtoMap.Of(Find(request.Id, out _)) });

    /// <inheritdoc/>
    public override Task<Proto.ReadFramesResponse> ReadFrames(Proto.ReadFramesRequest request, ServerCallContext context)
    {
        Find(request.Id, out var catalog);
        var limit = Limit(request.Limit, DefaultRows, MostRows);
        var rows = catalog.Frames(request.Id, request.FromFrame, limit);
        var page = new Proto.ReadFramesResponse { Rows = { rows.Select(ProtoMap.Of) } };
        if (rows.Count == limit)
        {
            page.NextFrame = rows[^1].Frame + 1;
        }

        return Task.FromResult(page);
    }

    /// <inheritdoc/>
    public override Task<Proto.ReadTracksResponse> ReadTracks(Proto.ReadTracksRequest request, ServerCallContext context)
    {
        Find(request.Id, out var catalog);
        var points = Points(catalog, request.Id, request.FromFrame, Limit(request.Limit, DefaultPoints, MostPoints));
        var page = new Proto.ReadTracksResponse { Points = { points.Select(ProtoMap.Of) } };
        if (points.Count > 0 && catalog.Tracks(request.Id, points[^1].Frame + 1, 1).Count > 0)
        {
            page.NextFrame = points[^1].Frame + 1;
        }

        return Task.FromResult(page);
    }

    /// <inheritdoc/>
    public override Task<Proto.ReadEventsResponse> ReadEvents(Proto.ReadEventsRequest request, ServerCallContext context)
    {
        Find(request.Id, out var catalog);
        var events = catalog.Events(request.Id, request.AfterEventId);
        var page = new Proto.ReadEventsResponse { Events = { events.Take(EventsAPage).Select(ProtoMap.Of) } };
        if (events.Count > EventsAPage)
        {
            page.NextAfterEventId = events[EventsAPage - 1].Id;
        }

        return Task.FromResult(page);
    }

    // The catalog cuts a frame in two only where that one alone has more points than asked for: then ask for more.
    private static IReadOnlyList<TrackPoint> Points(ISessionCatalog catalog, string id, long from, int most)
    {
        while (true)
        {
            var points = catalog.Tracks(id, from, most);
            if (points.Count < most || points[0].Frame != points[^1].Frame)
            {
                return points;
            }

            most = checked(2 * most);
        }
    }

    private static int Limit(int asked, int usual, int most) => asked switch
    {
        0 => usual,
        < 0 => throw new InputException($"limit: found {asked}; 1 to {most}, 0 for {usual}"),
        _ => asked <= most ? asked : throw new InputException($"limit: found {asked}; at most {most} a page"),
    };

    private SessionEntry Find(string id, out ISessionCatalog catalog)
    {
        catalog = shelf.Catalog ?? throw new RpcException(new Status(StatusCode.NotFound, "no sessions are kept here: start with --record DIR"));
        try
        {
            return catalog.Find(id);
        }
        catch (InputException error)
        {
            throw new RpcException(new Status(StatusCode.NotFound, error.Message));
        }
    }
}
