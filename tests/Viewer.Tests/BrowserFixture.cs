using LiveLtem.Testing.Browser;
using LiveLtem.Viewer.Tests;

[assembly: AssemblyFixture(typeof(BrowserFixture))]

// One page at a time: software drawing of several at once takes the processor from all of them.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

namespace LiveLtem.Viewer.Tests;

/// <summary>One browser for all tests of this project: it takes seconds to start.</summary>
public sealed class BrowserFixture : IAsyncLifetime
{
    private Chromium? _chromium;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        if (Chromium.Path is not null)
        {
            _chromium = await Chromium.StartAsync(TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Opens a page; without a browser the running test counts as skipped.</summary>
    public Task<BrowserPage> OpenAsync(int width, int height)
    {
        if (_chromium is null)
        {
            Assert.Skip($"no Chromium: apt-get install chromium, or set {Chromium.Variable}");
        }

        return _chromium.OpenAsync(width, height, TestContext.Current.CancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_chromium is not null)
        {
            await _chromium.DisposeAsync();
        }
    }
}
