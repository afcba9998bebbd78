using System.Text.Encodings.Web;
using System.Text.Json;
using LiveLtem.Broadcast.Wire;
using Microsoft.AspNetCore.Http;

namespace LiveLtem.Broadcast.Web;

/// <summary>Writes the part of a JSON answer.</summary>
internal delegate void JsonWriter(ref JsonWireWriter writer);

/// <summary>Answers in JSON, by the same layouts as the sockets.</summary>
internal static class JsonReply
{
    // Answers are never part of a page (their type says so, and it may not be sniffed), so text stays readable.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static async Task SendAsync(HttpContext context, int status, JsonWriter write)
    {
        using var buffer = new PooledBuffer();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            var writer = new JsonWireWriter(json);
            write(ref writer);
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = buffer.Length;
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.Body.WriteAsync(buffer.Memory, context.RequestAborted).ConfigureAwait(false);
    }

    /// <summary><c>{"error": "one clear line"}</c>.</summary>
    public static Task ErrorAsync(HttpContext context, int status, string problem) =>
        SendAsync(context, status, (ref writer) =>
        {
            writer.BeginMap(1);
            writer.Field("error"u8, problem.ReplaceLineEndings(" "));
            writer.EndMap();
        });
}
