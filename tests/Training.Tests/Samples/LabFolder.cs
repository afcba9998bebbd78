using OpenCvSharp;

namespace LiveLtem.Training.Tests.Samples;

/// <summary>A lab's folder of labelled frames, drawn for a test and removed after it.</summary>
internal sealed class LabFolder : IDisposable
{
    public LabFolder()
    {
        Root = Directory.CreateTempSubdirectory("liveltem-labelled").FullName;
        Directory.CreateDirectory(Path.Combine(Root, "images"));
        Directory.CreateDirectory(Path.Combine(Root, "masks"));
    }

    public string Root { get; }

    public string ImagePath(string name) => Path.Combine(Root, "images", name);

    public string MaskPath(string name) => Path.Combine(Root, "masks", name);

    /// <summary>Dark squares of one size on a bright ground, two of them face to face.</summary>
    public static (int X, int Y)[] Squares(int side) => [(2 * side, 2 * side), (3 * side, 2 * side), (5 * side, 3 * side), (2 * side, 5 * side), (6 * side, 6 * side)];

    /// <summary>A frame of 8 x 8 sides.</summary>
    public void WriteImage(string name, int side, int depth = 8)
    {
        var size = 8 * side;
        using var image = new Mat(size, size, depth == 16 ? MatType.CV_16UC1 : MatType.CV_8UC1, new Scalar(depth == 16 ? 40_000 : 180));
        foreach (var (x, y) in Squares(side))
        {
            image.Rectangle(new Rect(x, y, side, side), new Scalar(depth == 16 ? 12_000 : 60), -1);
        }

        Assert.True(Cv2.ImWrite(ImagePath(name), image));
    }

    /// <summary>Its mask: each square's value, or one value for all of them.</summary>
    public void WriteMask(string name, int side, Func<int, Scalar> value, MatType? type = null)
    {
        using var mask = new Mat(8 * side, 8 * side, type ?? MatType.CV_8UC1, Scalar.Black);
        var k = 0;
        foreach (var (x, y) in Squares(side))
        {
            mask.Rectangle(new Rect(x, y, side, side), value(++k), -1);
        }

        Assert.True(Cv2.ImWrite(MaskPath(name), mask));
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
