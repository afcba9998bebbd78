using LiveLtem.Core.Mrc;

namespace LiveLtem.Session.Log;

/// <summary>Where the frames of a stack lie in its file: each takes the same room, so a position says where.</summary>
/// <param name="FileName"><c>frames.mrc</c> or <c>frames.tif</c>.</param>
/// <param name="Shape">What each frame is.</param>
/// <param name="DataOffset">Where the first frame's pixels begin.</param>
/// <param name="Stride">Bytes from the pixels of one frame to those of the next.</param>
internal sealed record StackLayout(string FileName, FrameShape Shape, long DataOffset, long Stride)
{
    /// <summary>The layout that frames of a shape are kept in.</summary>
    public static StackLayout For(FrameShape shape) => MrcStackHeader.Supports(shape.Type)
        ? new StackLayout(SessionFiles.Mrc, shape, MrcStackHeader.Bytes, shape.Bytes)
        : new StackLayout(SessionFiles.Tiff, shape, TiffStack.DataOffset, TiffStack.Padded(shape.Bytes) + TiffStack.DirectoryBytes);

    /// <summary>Where the pixels of the frame at a position begin.</summary>
    public long OffsetOf(long position) => DataOffset + (position * Stride);

    /// <summary>Length of a file of so many frames.</summary>
    public long EndOf(long frames) => OffsetOf(frames);

    /// <summary>Frames whose pixels are whole in a file of that length.</summary>
    public long WholeFrames(long length) => Math.Max(0, length - DataOffset + Stride - Shape.Bytes) / Stride;
}
