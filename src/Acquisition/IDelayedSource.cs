namespace LiveLtem.Acquisition;

/// <summary>A source that cannot say what it is before something arrived.</summary>
public interface IDelayedSource
{
    /// <summary>Waits until <see cref="LiveLtem.Core.IFrameSource.Info"/> is known.</summary>
    Task WaitUntilKnownAsync(CancellationToken cancellationToken);
}
