using System.Collections.Frozen;
using System.IO.Hashing;
using System.Reflection;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace LiveLtem.Broadcast.Web;

/// <summary>The viewer as it was built into this assembly.</summary>
internal static class ViewerFiles
{
    private const string Prefix = "viewer/";
    private const string Index = "index.html";
    private static readonly FrozenDictionary<string, Entry> Entries = Load();

    // What a checkout without a built viewer shows.
    private const string Placeholder =
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>LiveLTEM</title><body><h1>LiveLTEM</h1>"
        + "<p>The session is running, but this program was built without its viewer (src/Broadcast/Web/viewer/dist).</p>"
        + "<p>Figures: <a href=\"api/status\">api/status</a>, <a href=\"api/events\">api/events</a>, <a href=\"readyz\">readyz</a>.</p></body></html>";

    /// <summary>Sends the file of the request's path; / is the page itself.</summary>
    /// <returns>False where there is no such file; nothing was sent then.</returns>
    public static async Task<bool> TrySendAsync(HttpContext context)
    {
        var path = context.Request.Path.Value is { Length: > 1 } named ? named[1..] : Index;
        if (!Entries.TryGetValue(path, out var entry))
        {
            return false;
        }

        var response = context.Response;
        response.Headers.ETag = entry.ETag;
        response.Headers.CacheControl = "no-cache"; // ask each time: a new version must never run beside an old one
        if (context.Request.Headers.IfNoneMatch.Contains(entry.ETag))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return true;
        }

        response.ContentType = entry.ContentType;
        response.ContentLength = entry.Bytes.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(entry.Bytes, context.RequestAborted).ConfigureAwait(false);
        }

        return true;
    }

    private static FrozenDictionary<string, Entry> Load()
    {
        var assembly = Assembly.GetExecutingAssembly();
        var entries = new Dictionary<string, Entry>(StringComparer.Ordinal);
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            entries[name[Prefix.Length..]] = Entry.Of(name, bytes);
        }

        entries.TryAdd(Index, Entry.Of(Index, Encoding.UTF8.GetBytes(Placeholder)));
        return entries.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private sealed record Entry(byte[] Bytes, string ContentType, string ETag)
    {
        public static Entry Of(string name, byte[] bytes) => new(bytes, TypeOf(name), $"\"{XxHash64.HashToUInt64(bytes):x16}\"");

        private static string TypeOf(string name) => Path.GetExtension(name) switch
        {
            ".html" => "text/html; charset=utf-8",
            ".js" or ".mjs" => "text/javascript; charset=utf-8",
            ".css" => "text/css; charset=utf-8",
            ".json" or ".map" => "application/json; charset=utf-8",
            ".svg" => "image/svg+xml",
            ".png" => "image/png",
            ".ico" => "image/x-icon",
            ".woff2" => "font/woff2",
            ".wasm" => "application/wasm",
            ".txt" => "text/plain; charset=utf-8",
            _ => "application/octet-stream",
        };
    }
}
