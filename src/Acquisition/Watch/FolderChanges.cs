namespace LiveLtem.Acquisition.Watch;

/// <summary>Waits until something changes in a folder, at most for the poll interval: network shares do not always tell.</summary>
internal sealed class FolderChanges : IDisposable
{
    private readonly SemaphoreSlim _changed = new(0, 1);
    private readonly FileSystemWatcher? _watcher;

    public FolderChanges(string folder)
    {
        try
        {
            _watcher = new FileSystemWatcher(folder);
            _watcher.Created += (_, _) => Signal();
            _watcher.Renamed += (_, _) => Signal();
            _watcher.EnableRaisingEvents = true;
        }
        catch (IOException)
        {
            // The system has no watches left: polling alone does it.
            _watcher?.Dispose();
            _watcher = null;
        }
    }

    /// <summary>Waits for a change or the end of the interval.</summary>
    public async Task WaitAsync(TimeSpan interval, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(_changed.WaitAsync(either.Token), Task.Delay(interval, clock, either.Token));
        await either.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    public void Dispose()
    {
        _watcher?.Dispose();
        _changed.Dispose();
    }

    private void Signal()
    {
        try
        {
            if (_changed.CurrentCount == 0)
            {
                _changed.Release();
            }
        }
        catch (Exception error) when (error is SemaphoreFullException or ObjectDisposedException)
        {
            // Two events at once, or one after the end: the folder is looked at anyway.
        }
    }
}
