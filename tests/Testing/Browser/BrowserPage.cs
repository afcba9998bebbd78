using System.Collections.Concurrent;
using System.Text.Json;

namespace LiveLtem.Testing.Browser;

/// <summary>One page of a <see cref="Chromium"/>, used as a person would: by keys, mouse and eyes.</summary>
public sealed class BrowserPage : IAsyncDisposable
{
    private readonly DevTools _devTools;
    private readonly string _target;
    private readonly string _session;
    private readonly CancellationToken _cancellationToken;
    private readonly ConcurrentQueue<string> _complaints = new();
    private readonly ConcurrentQueue<string> _requests = new();
    private volatile TaskCompletionSource _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private BrowserPage(DevTools devTools, string target, string session, CancellationToken cancellationToken)
    {
        _devTools = devTools;
        _target = target;
        _session = session;
        _cancellationToken = cancellationToken;
    }

    /// <summary>Every error and warning in the console, and every exception that nobody caught.</summary>
    public IReadOnlyCollection<string> Complaints => _complaints;

    /// <summary>Every address that the page asked for, WebSockets included.</summary>
    public IReadOnlyCollection<string> Requests => _requests;

    internal static async Task<BrowserPage> OpenAsync(DevTools devTools, int width, int height, CancellationToken cancellationToken)
    {
        var context = await devTools.SendAsync("Target.createBrowserContext", new { disposeOnDetach = true }, null, cancellationToken).ConfigureAwait(false);
        var created = await devTools.SendAsync(
            "Target.createTarget", new { url = "about:blank", browserContextId = context.GetProperty("browserContextId").GetString() }, null, cancellationToken).ConfigureAwait(false);
        var target = created.GetProperty("targetId").GetString()!;
        var attached = await devTools.SendAsync("Target.attachToTarget", new { targetId = target, flatten = true }, null, cancellationToken).ConfigureAwait(false);
        var page = new BrowserPage(devTools, target, attached.GetProperty("sessionId").GetString()!, cancellationToken);
        devTools.Listen(page._session, page.OnEvent);
        foreach (var domain in (string[])["Page", "Runtime", "Log", "Network"])
        {
            await page.SendAsync($"{domain}.enable", new { }).ConfigureAwait(false);
        }

        await page.ResizeAsync(width, height).ConfigureAwait(false);
        return page;
    }

    /// <summary>Gives the page another size.</summary>
    public Task ResizeAsync(int width, int height) =>
        SendAsync("Emulation.setDeviceMetricsOverride", new { width, height, deviceScaleFactor = 1, mobile = false });

    /// <summary>Goes to an address and waits until it is loaded.</summary>
    public async Task GoToAsync(Uri address)
    {
        ArgumentNullException.ThrowIfNull(address);
        _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var result = await SendAsync("Page.navigate", new { url = address.ToString() }).ConfigureAwait(false);
        if (result.TryGetProperty("errorText", out var error))
        {
            throw new InvalidOperationException($"{address}: {error.GetString()}");
        }

        await _loaded.Task.WaitAsync(_cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The value of a JavaScript expression; promises are waited for.</summary>
    /// <exception cref="InvalidOperationException">It threw.</exception>
    public async Task<T> EvaluateAsync<T>(string expression)
    {
        var result = await SendAsync("Runtime.evaluate", new { expression, returnByValue = true, awaitPromise = true }).ConfigureAwait(false);
        if (result.TryGetProperty("exceptionDetails", out var details))
        {
            throw new InvalidOperationException($"{expression}: {details}");
        }

        return result.GetProperty("result").TryGetProperty("value", out var value) ? value.Deserialize<T>()! : default!;
    }

    /// <summary>Waits until a JavaScript expression is true, looking again at every picture that the page draws.</summary>
    /// <exception cref="TimeoutException">It did not become true within 20 s.</exception>
    public async Task UntilAsync(string condition)
    {
        if (!await IsSoonAsync(condition, 20_000).ConfigureAwait(false))
        {
            var text = await EvaluateAsync<string>("document.body.innerText").ConfigureAwait(false);
            throw new TimeoutException($"never true: {condition}\nconsole: {string.Join("; ", _complaints)}\n{text}");
        }
    }

    /// <summary>Waits until the page has drawn two pictures: whatever was asked for before is on the screen.</summary>
    public Task TwoPicturesAsync() =>
        EvaluateAsync<bool>("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))");

    /// <summary>Text of the element with that id.</summary>
    public Task<string> TextAsync(string id) => EvaluateAsync<string>($"document.getElementById('{id}').textContent");

    /// <summary>Presses and releases a key, named as in <c>KeyboardEvent.key</c>; a capital letter is pressed with Shift.</summary>
    public async Task PressAsync(string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        const int Shift = 8;
        var text = key.Length == 1 ? key : key == "Enter" ? "\r" : null;
        var modifiers = key.Length == 1 && char.IsAsciiLetterUpper(key[0]) ? Shift : 0;
        await SendAsync("Input.dispatchKeyEvent", new { type = text is null ? "rawKeyDown" : "keyDown", key, text, modifiers, windowsVirtualKeyCode = CodeOf(key) }).ConfigureAwait(false);
        await SendAsync("Input.dispatchKeyEvent", new { type = "keyUp", key, modifiers, windowsVirtualKeyCode = CodeOf(key) }).ConfigureAwait(false);
    }

    /// <summary>Types into what has the focus.</summary>
    public Task TypeAsync(string text) => SendAsync("Input.insertText", new { text });

    /// <summary>Moves the mouse there, px of the page.</summary>
    public Task PointAsync(double x, double y) => MouseAsync("mouseMoved", x, y, 0);

    /// <summary>Moves the pointer there and jiggles it, as a hand does, until a JavaScript expression is true: a browser may drop single moves before a page has painted.</summary>
    /// <exception cref="TimeoutException">It did not become true within half a minute.</exception>
    public async Task PointUntilAsync(double x, double y, string condition)
    {
        const int Tries = 20;
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            await PointAsync(x, y).ConfigureAwait(false);
            if (await IsSoonAsync(condition, 500).ConfigureAwait(false))
            {
                return;
            }

            await PointAsync(x + 1, y).ConfigureAwait(false);
        }

        await PointAsync(x, y).ConfigureAwait(false);
        await UntilAsync(condition).ConfigureAwait(false);
    }

    /// <summary>Clicks there.</summary>
    public async Task ClickAsync(double x, double y)
    {
        await PointAsync(x, y).ConfigureAwait(false);
        await MouseAsync("mousePressed", x, y, 1).ConfigureAwait(false);
        await MouseAsync("mouseReleased", x, y, 1).ConfigureAwait(false);
    }

    /// <summary>Clicks in the middle of what a CSS selector finds.</summary>
    public async Task ClickAsync(string selector)
    {
        var at = await EvaluateAsync<double[]>(
            $"(() => {{ const e = document.querySelector('{selector}'); e.scrollIntoView({{block: 'nearest'}}); const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; }})()").ConfigureAwait(false);
        await ClickAsync(at[0], at[1]).ConfigureAwait(false);
    }

    /// <summary>Presses at one place, moves to another and lets go.</summary>
    public async Task DragAsync(double fromX, double fromY, double toX, double toY)
    {
        await PointAsync(fromX, fromY).ConfigureAwait(false);
        await MouseAsync("mousePressed", fromX, fromY, 1).ConfigureAwait(false);
        await MouseAsync("mouseMoved", (fromX + toX) / 2, (fromY + toY) / 2, 1).ConfigureAwait(false);
        await MouseAsync("mouseMoved", toX, toY, 1).ConfigureAwait(false);
        await MouseAsync("mouseReleased", toX, toY, 1).ConfigureAwait(false);
    }

    /// <summary>What a person sees, as PNG.</summary>
    public async Task<byte[]> ScreenshotAsync()
    {
        await TwoPicturesAsync().ConfigureAwait(false);
        var result = await SendAsync("Page.captureScreenshot", new { format = "png" }).ConfigureAwait(false);
        return result.GetProperty("data").GetBytesFromBase64();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _devTools.Forget(_session);
        await _devTools.SendAsync("Target.closeTarget", new { targetId = _target }, null, CancellationToken.None).ConfigureAwait(false);
    }

    private static int CodeOf(string key) => key switch
    {
        "ArrowLeft" => 37,
        "ArrowRight" => 39,
        "End" => 35,
        "Home" => 36,
        "Escape" => 27,
        "Enter" => 13,
        _ => char.ToUpperInvariant(key[0]),
    };

    private Task<bool> IsSoonAsync(string condition, int patienceMs) => EvaluateAsync<bool>(
        $$"""
        new Promise((done) => {
          const began = performance.now();
          const look = () => ({{condition}}) ? done(true) : performance.now() - began > {{patienceMs}} ? done(false) : setTimeout(look, 15);
          look();
        })
        """);

    private async Task MouseAsync(string type, double x, double y, int buttons) => await SendAsync(
        "Input.dispatchMouseEvent",
        new { type, x, y, button = buttons == 0 ? "none" : "left", buttons = type == "mouseReleased" ? 0 : buttons, clickCount = buttons }).ConfigureAwait(false);

    private Task<JsonElement> SendAsync(string method, object parameters) => _devTools.SendAsync(method, parameters, _session, _cancellationToken);

    private void OnEvent(string method, JsonElement data)
    {
        switch (method)
        {
            case "Page.loadEventFired":
                _loaded.TrySetResult();
                break;
            case "Runtime.consoleAPICalled" when data.GetProperty("type").GetString() is "error" or "warning" or "assert":
                _complaints.Enqueue(data.GetProperty("args").ToString());
                break;
            case "Runtime.exceptionThrown":
                _complaints.Enqueue(data.GetProperty("exceptionDetails").ToString());
                break;
            case "Log.entryAdded" when data.GetProperty("entry").GetProperty("level").GetString() is "error" or "warning":
                _complaints.Enqueue(data.GetProperty("entry").GetProperty("text").ToString());
                break;
            case "Network.requestWillBeSent":
                _requests.Enqueue(data.GetProperty("request").GetProperty("url").GetString()!);
                break;
            case "Network.webSocketCreated":
                _requests.Enqueue(data.GetProperty("url").GetString()!);
                break;
        }
    }
}
