using System.Globalization;
using LiveLtem.Broadcast;
using LiveLtem.Core;
using LiveLtem.Testing.Browser;
using Microsoft.Extensions.Logging.Abstractions;

namespace LiveLtem.Viewer.Tests;

/// <summary>A real server with a scripted session, and the viewer looking at it.</summary>
internal sealed class Watched : IAsyncDisposable
{
    private readonly FramePool _pool = new();
    private readonly bool _mayComplain;

    private Watched(ScriptedOperator @operator, BroadcastServer server, BrowserPage page, bool mayComplain)
    {
        Operator = @operator;
        Server = server;
        Page = page;
        Origin = server.WebUrl;
        _mayComplain = mayComplain;
    }

    public ScriptedOperator Operator { get; private set; }

    public BroadcastServer Server { get; private set; }

    public BrowserPage Page { get; }

    public Uri Origin { get; }

    /// <param name="browser">Where the page is opened.</param>
    /// <param name="mayComplain">Whether the console may hold errors: a browser says itself that a server is gone.</param>
    public static async Task<Watched> StartAsync(BrowserFixture browser, bool mayComplain = false)
    {
        var page = await browser.OpenAsync(1100, 760);
        var @operator = new ScriptedOperator("first");
        var watched = new Watched(@operator, await ServeAsync(@operator, 0), page, mayComplain);
        await page.GoToAsync(watched.Origin);
        await page.UntilAsync("document.getElementById('link').textContent.includes('connected') && document.getElementById('session').textContent === 'first'");
        return watched;
    }

    /// <summary>Publishes a frame and, unless told otherwise, what was found in it; returns once it is on the screen.</summary>
    public async Task ShowAsync(Scene scene, long number, bool analysed = true)
    {
        Publish(scene, number, analysed);
        await Page.UntilAsync($"document.getElementById('frame-number').textContent === '{number}'");
        // What follows from a frame, such as its limits and its histogram, is drawn one picture later than its number.
        await Page.TwoPicturesAsync();
        if (analysed)
        {
            await Page.UntilAsync("document.getElementById('overlay-age').dataset.behind === '0'");
        }
    }

    /// <summary>Publishes a frame without its noise, again until the page's wish for it has reached the server; returns once it is on the screen.</summary>
    public Task ShowDenoisedAsync(Scene scene, long number) => ShowAsync(scene, number, Server.Publisher.OnDenoised);

    /// <summary>Publishes a frame as received, again until the page's wish for it has reached the server; returns once it is on the screen.</summary>
    public Task ShowRawAsync(Scene scene, long number) => ShowAsync(scene, number, Server.Publisher.OnPreview);

    public void Publish(Scene scene, long number, bool analysed = true)
    {
        using var frame = scene.Frame(_pool, number);
        Server.Publisher.OnPreview(frame);
        Server.Publisher.OnRow(scene.Row(number));
        if (analysed)
        {
            Server.Publisher.OnReport(scene.Report(number));
        }
    }

    /// <summary>Ends the server as a crash would look to the page.</summary>
    public ValueTask StopServerAsync() => Server.DisposeAsync();

    /// <summary>Starts another server with another session on the same port.</summary>
    public async Task StartServerAgainAsync(string session)
    {
        Operator = new ScriptedOperator(session);
        Server = await ServeAsync(Operator, Origin.Port);
    }

    /// <summary>Sets the limits of the contrast by its two fields.</summary>
    public Task SetLimitsAsync(double low, double high) => Page.EvaluateAsync<bool>(string.Create(
        CultureInfo.InvariantCulture,
        $"(() => {{ for (const [id, v] of [['high', {high}], ['low', {low}]]) {{ document.getElementById(id).value = String(v); }} document.getElementById('low').dispatchEvent(new Event('change')); return true; }})()"));

    /// <summary>Where the middle of an image pixel is drawn, px of the page, while the whole image is fitted to the stage.</summary>
    public async Task<(double X, double Y, double Scale)> OnScreenAsync(Scene scene, double x, double y)
    {
        var box = await Page.EvaluateAsync<double[]>("(() => { const b = document.getElementById('stage').getBoundingClientRect(); return [b.x, b.y, b.width, b.height]; })()");
        var scale = Math.Min(box[2], box[3]) / scene.Side;
        var middle = (scene.Side - 1) / 2.0;
        return (box[0] + (box[2] / 2) + ((x - middle) * scale), box[1] + (box[3] / 2) + ((y - middle) * scale), scale);
    }

    /// <summary>A picture of the page once it has drawn what it was asked for: two looks in a row are alike.</summary>
    public async Task<Picture> LookAsync()
    {
        const int MostLooks = 20;
        var before = Array.Empty<byte>();
        for (var look = 0; ; look++)
        {
            await Page.TwoPicturesAsync();
            var now = await Page.ScreenshotAsync();
            if (look == MostLooks || now.AsSpan().SequenceEqual(before))
            {
                return Picture.Decode(now);
            }

            before = now;
        }
    }

    public async ValueTask DisposeAsync()
    {
        var complaints = Page.Complaints;
        var strangers = Page.Requests.Where(request => !request.StartsWith("blob:", StringComparison.Ordinal) && new Uri(request).Authority != Origin.Authority).ToList();
        await Page.DisposeAsync();
        await Server.DisposeAsync();
        Assert.Empty(strangers);
        if (!_mayComplain)
        {
            Assert.Empty(complaints);
        }

        Assert.Equal(0, _pool.Outstanding);
        _pool.Dispose();
    }

    private async Task ShowAsync(Scene scene, long number, Action<Frame> publish)
    {
        using var frame = scene.Frame(_pool, number);
        do
        {
            publish(frame);
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
        while (!await Page.EvaluateAsync<bool>($"document.getElementById('frame-number').textContent === '{number}'"));
    }

    private static async Task<BroadcastServer> ServeAsync(ScriptedOperator @operator, int port)
    {
        var server = await BroadcastServer.StartAsync(
            new BroadcastOptions { WebPort = port, GrpcPort = 0, ZmqPort = 0 }, @operator, null, NullLoggerFactory.Instance, TestContext.Current.CancellationToken);
        @operator.Publisher = server.Publisher;
        server.SetReady(true);
        return server;
    }
}
