using LiveLtem.Core.Live;

namespace LiveLtem.Inference;

/// <summary>Another way of segmenting, made ready beside a running session; dispose it where it is not taken after all.</summary>
public sealed class PreparedModel : IDisposable
{
    private DetectionPath? _path;

    internal PreparedModel(DetectionPath path)
    {
        _path = path;
        Model = ParticleDetector.Facts(path);
    }

    /// <summary>What it is.</summary>
    public ModelInUse Model { get; }

    /// <summary>Frees it, unless the detector has taken it.</summary>
    public void Dispose() => Interlocked.Exchange(ref _path, null)?.Release();

    internal DetectionPath Take() => Interlocked.Exchange(ref _path, null) ?? throw new ObjectDisposedException(nameof(PreparedModel));
}
