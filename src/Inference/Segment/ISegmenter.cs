using LiveLtem.Core;

namespace LiveLtem.Inference.Segment;

/// <summary>Finds the pieces of a frame that are particles. Thread-safe, and the same for a frame whatever came before it.</summary>
internal interface ISegmenter
{
    /// <summary>Segments one frame.</summary>
    /// <param name="frame">The frame; stays the caller's.</param>
    Segmentation Segment(Frame frame);
}
