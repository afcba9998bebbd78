using System.Globalization;
using System.Text.Json;
using LiveLtem.Broadcast.Wire;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LiveLtem.Broadcast.Web;

/// <summary>The JSON endpoints of the web port.</summary>
internal sealed class ApiEndpoints(IOperator @operator, ISessionCatalog? catalog, Readiness readiness)
{
    /// <summary>Largest body of a request, bytes.</summary>
    public const int LargestBody = 64 << 10;

    /// <summary>Adds them to the routes.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", static context =>
        {
            context.Response.ContentType = "text/plain; charset=utf-8";
            return context.Response.WriteAsync("ok", context.RequestAborted);
        });
        routes.MapGet("/readyz", ReadyAsync);
        routes.MapGet("/api/status", context => JsonReply.SendAsync(context, StatusCodes.Status200OK, (ref writer) => StatusLayout.WriteStatus(ref writer, @operator.Status)));
        routes.MapGet("/api/events", EventsAsync);
        routes.MapGet("/api/sessions", SessionsAsync);
        routes.MapGet("/api/sessions/{id}", SessionAsync);
        routes.MapPost("/api/annotate", AnnotateAsync);
        routes.MapPost("/api/acknowledge", AcknowledgeAsync);
        routes.MapPost("/api/recording", RecordingAsync);
        routes.MapPost("/api/conditions", ConditionsAsync);
        routes.MapPost("/api/model", ModelAsync);
    }

    private Task ReadyAsync(HttpContext context)
    {
        var now = readiness.Now;
        return JsonReply.SendAsync(context, now.Ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, (ref writer) =>
        {
            writer.BeginMap(3);
            writer.Field("ready"u8, now.Ready);
            writer.Field("state"u8, @operator.Status.State);
            writer.Field("reason"u8, now.Reason);
            writer.EndMap();
        });
    }

    private Task EventsAsync(HttpContext context)
    {
        var after = 0L;
        var text = context.Request.Query["after"].ToString();
        if (text.Length > 0 && (!long.TryParse(text, CultureInfo.InvariantCulture, out after) || after < 0))
        {
            throw new InputException("after: must be the number of an event, 0 for all");
        }

        var events = @operator.EventsAfter(after);
        return JsonReply.SendAsync(context, StatusCodes.Status200OK, (ref writer) =>
        {
            writer.BeginArray(events.Count);
            foreach (var happening in events)
            {
                EventLayout.WriteEvent(ref writer, happening);
            }

            writer.EndArray();
        });
    }

    private Task SessionsAsync(HttpContext context)
    {
        var entries = catalog?.List() ?? [];
        return JsonReply.SendAsync(context, StatusCodes.Status200OK, (ref writer) =>
        {
            writer.BeginArray(entries.Count);
            foreach (var entry in entries)
            {
                WriteEntry(ref writer, entry);
            }

            writer.EndArray();
        });
    }

    private Task SessionAsync(HttpContext context)
    {
        if (catalog is null)
        {
            throw new InputException("no sessions are kept here: start with --record DIR");
        }

        var entry = catalog.Find((string)context.Request.RouteValues["id"]!);
        return JsonReply.SendAsync(context, StatusCodes.Status200OK, (ref writer) => WriteEntry(ref writer, entry));
    }

    private async Task AnnotateAsync(HttpContext context)
    {
        var fields = await BodyAsync(context).ConfigureAwait(false);
        fields.AllowOnly("text", "frame", "x", "y", "particle", "author");
        var particle = fields.Whole("particle");
        if (particle is < 0 or > int.MaxValue)
        {
            throw new InputException($"particle: found {particle}; it must be the number of a track");
        }

        var annotation = @operator.Annotate(new AnnotationRequest(
            fields.Text("text") ?? "", fields.Whole("frame"), fields.Number("x"), fields.Number("y"), (int?)particle, fields.Text("author")));
        await SendEventAsync(context, annotation).ConfigureAwait(false);
    }

    private async Task AcknowledgeAsync(HttpContext context)
    {
        var fields = await BodyAsync(context).ConfigureAwait(false);
        fields.AllowOnly("id");
        var alert = @operator.Acknowledge(fields.Whole("id") ?? throw new InputException("id is missing: the number of an alert that stands"));
        await JsonReply.SendAsync(context, StatusCodes.Status200OK, (ref writer) => EventLayout.WriteAlert(ref writer, alert)).ConfigureAwait(false);
    }

    private async Task RecordingAsync(HttpContext context)
    {
        var fields = await BodyAsync(context).ConfigureAwait(false);
        fields.AllowOnly("on");
        var on = fields.Flag("on") ?? throw new InputException("on is missing: true starts the recording, false stops it");
        var recording = on ? @operator.StartRecording() : @operator.StopRecording();
        await JsonReply.SendAsync(context, StatusCodes.Status200OK, (ref writer) => StatusLayout.WriteRecording(ref writer, recording)).ConfigureAwait(false);
    }

    private async Task ConditionsAsync(HttpContext context)
    {
        const string Operator = "operator";
        var fields = await BodyAsync(context).ConfigureAwait(false);
        fields.AllowOnly(
            "pixel_size_nm", "exposure_s", "frame_time_s", "counts_per_electron", "dark_level", "transmission", "dose_per_frame_e_A2", "kv", "prior_dose_e_A2", "note");
        var change = @operator.SetConditions(new ConditionsRequest
        {
            Changed = new Calibration
            {
                PixelSizeNm = Value("pixel_size_nm"),
                FrameTimeS = Value("frame_time_s"),
                ExposureS = Value("exposure_s"),
                CountsPerElectron = Value("counts_per_electron"),
                DarkLevel = Value("dark_level"),
                Transmission = Value("transmission"),
                DosePerFrameEPerA2 = Value("dose_per_frame_e_A2"),
                Kv = Value("kv"),
            },
            PriorDoseEPerA2 = fields.Number("prior_dose_e_A2"),
            Note = fields.Text("note"),
        });
        await SendEventAsync(context, change).ConfigureAwait(false);

        Calibrated? Value(string name) => fields.Number(name) is { } value ? new Calibrated(value, Operator) : null;
    }

    private async Task ModelAsync(HttpContext context)
    {
        var fields = await BodyAsync(context).ConfigureAwait(false);
        fields.AllowOnly("name");
        var name = fields.Text("name") ?? throw new InputException($"name is missing: one of {string.Join(", ", @operator.Status.Models)}");
        var model = await @operator.ChooseModelAsync(name, context.RequestAborted).ConfigureAwait(false);
        await JsonReply.SendAsync(context, StatusCodes.Status200OK, (ref writer) => StatusLayout.WriteModel(ref writer, model)).ConfigureAwait(false);
    }

    private static Task SendEventAsync(HttpContext context, SessionEvent happening) =>
        JsonReply.SendAsync(context, StatusCodes.Status200OK, (ref writer) => EventLayout.WriteEvent(ref writer, happening));

    private static async Task<JsonFields> BodyAsync(HttpContext context)
    {
        if (!context.Request.HasJsonContentType())
        {
            throw new BadHttpRequestException("the body must be JSON: send it with Content-Type: application/json", StatusCodes.Status415UnsupportedMediaType);
        }

        try
        {
            using var document = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted).ConfigureAwait(false);
            return new JsonFields(document.RootElement.Clone(), "the body");
        }
        catch (JsonException error)
        {
            throw new InputException($"the body is not JSON: line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}", error);
        }
    }

    private static void WriteEntry(ref JsonWireWriter writer, SessionEntry entry)
    {
        writer.BeginMap(12);
        writer.Field("id"u8, entry.Id);
        writer.Field("folder"u8, entry.Folder);
        writer.Field("started"u8, entry.Started.UtcDateTime.ToString("O", CultureInfo.InvariantCulture));
        writer.Field("ended"u8, entry.Ended?.UtcDateTime.ToString("O", CultureInfo.InvariantCulture));
        writer.Field("state"u8, entry.State);
        writer.Field("source"u8, entry.Source);
        writer.Field("frames"u8, entry.Frames);
        writer.Field("height"u8, entry.Height);
        writer.Field("width"u8, entry.Width);
        writer.Field("dtype"u8, entry.Dtype);
        writer.Field("tracks"u8, entry.Tracks);
        writer.Field("bytes"u8, entry.Bytes);
        writer.EndMap();
    }
}
