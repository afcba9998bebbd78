using LiveLtem.Core;

namespace LiveLtem.Session.Log;

/// <summary>Size and pixel type that all frames of one session share.</summary>
internal readonly record struct FrameShape(int Height, int Width, PixelType Type)
{
    /// <summary>Bytes of the pixels of one frame.</summary>
    public long Bytes => (long)Height * Width * Type.BytesPerPixel();

    public static FrameShape Of(Frame frame) => new(frame.Height, frame.Width, frame.Type);

    /// <summary>As shown to people.</summary>
    public override string ToString() => $"{Height} x {Width} {Type.NumpyName()}";
}
