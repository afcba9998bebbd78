using OpenCvSharp;

namespace LiveLtem.Inference.Segment;

/// <summary>What segmentation found in one frame.</summary>
internal sealed class Segmentation : IDisposable
{
    /// <summary>Liquid without particles, counts.</summary>
    public required BackgroundMap Background { get; init; }

    /// <summary>Connected components, [rows, columns] at working resolution: 0 free, else the component's label; null where <see cref="IsSeparated"/>.</summary>
    public Mat? Labels { get; init; }

    /// <summary>True where every piece is one particle already, its measures those of the whole particle, hidden parts included.</summary>
    public bool IsSeparated => Labels is null;

    /// <summary>Frame pixels to a working pixel.</summary>
    public required int Bin { get; init; }

    /// <summary>True where particles are darker than the liquid.</summary>
    public required bool Dark { get; init; }

    /// <summary>The pieces, in reading order of their components.</summary>
    public required IReadOnlyList<Blob> Blobs { get; init; }

    /// <summary>Label of the component under a pixel of the frame, 0 where there is none.</summary>
    public int ComponentAt(double x, double y)
    {
        if (Labels is null)
        {
            return 0;
        }

        var column = (int)Math.Floor((x + 0.5) / Bin);
        var row = (int)Math.Floor((y + 0.5) / Bin);
        return row < 0 || column < 0 || row >= Labels.Rows || column >= Labels.Cols ? 0 : Labels.At<int>(row, column);
    }

    /// <summary>Frees the label image.</summary>
    public void Dispose() => Labels?.Dispose();
}
