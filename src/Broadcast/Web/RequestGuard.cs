using System.Net;
using LiveLtem.Core;
using Microsoft.AspNetCore.Http;

namespace LiveLtem.Broadcast.Web;

/// <summary>Lets only this machine's own pages and programs in: a web page from elsewhere that runs in the operator's browser must not reach the session.</summary>
/// <remarks>The Host header must be loopback, which stops DNS rebinding; an Origin, where there is one, must be the server's own.</remarks>
internal static class RequestGuard
{
    private const string ContentSecurityPolicy =
        "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; connect-src 'self'; "
        + "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Why the request is refused, or null where it may pass.</summary>
    public static string? Refusal(HttpRequest request)
    {
        if (!IsLoopback(request.Host))
        {
            return $"the host {Plain(request.Host.Value)} is not this machine: use http://127.0.0.1 or http://localhost with the port";
        }

        foreach (var origin in request.Headers.Origin)
        {
            if (!Uri.TryCreate(origin, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")
                || !IsSame(request.Host, uri))
            {
                return $"the page {Plain(origin)} is not the viewer of this session";
            }
        }

        return null;
    }

    /// <summary>Refuses with 403, or goes on with the headers that every answer carries.</summary>
    public static async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (Refusal(context.Request) is { } refusal)
        {
            await JsonReply.ErrorAsync(context, StatusCodes.Status403Forbidden, refusal).ConfigureAwait(false);
            return;
        }

        await next(context).ConfigureAwait(false);
    }

    private static bool IsLoopback(HostString host) =>
        string.Equals(host.Host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    // A browser leaves the scheme's own port out of the origin, and of the Host header too.
    private static bool IsSame(HostString host, Uri origin) =>
        string.Equals(host.Host, origin.Host, StringComparison.OrdinalIgnoreCase) && origin.Port == (host.Port ?? (origin.Scheme == "https" ? 443 : 80));

    private static string Plain(string? text)
    {
        const int Longest = 80;
        var plain = new string([.. (text ?? "").Select(c => char.IsControl(c) ? '?' : c)]);
        return plain.Length == 0 ? "(none)" : plain.Length <= Longest ? plain : plain[..Longest] + "…";
    }
}
