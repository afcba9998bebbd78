namespace LiveLtem.Core.Pipeline;

/// <summary>Anything that travels along an edge: it belongs to one camera frame and owns what <see cref="IDisposable.Dispose"/> gives back.</summary>
/// <remarks>Disposing twice is harmless. Writing an item to an edge hands it over; the writer does not touch it after.</remarks>
public interface IFrameItem : IDisposable
{
    /// <summary>Number and times of the frame it belongs to.</summary>
    FrameHeader Header { get; }
}
