using System.Globalization;
using LiveLtem.Core;

namespace LiveLtem.Acquisition.Selection;

/// <summary>A rectangle of the frame, px.</summary>
/// <param name="X">First column.</param>
/// <param name="Y">First row.</param>
/// <param name="Width">Columns, > 0.</param>
/// <param name="Height">Rows, > 0.</param>
public sealed record RegionOfInterest(int X, int Y, int Width, int Height)
{
    /// <summary>Reads <c>X,Y,W,H</c>.</summary>
    /// <exception cref="InputException">It is not four whole numbers that make a rectangle.</exception>
    public static RegionOfInterest Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split(',');
        var numbers = new int[4];
        var good = parts.Length == 4;
        for (var i = 0; good && i < 4; i++)
        {
            good = int.TryParse(parts[i].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i]);
        }

        return good && numbers[2] > 0 && numbers[3] > 0
            ? new RegionOfInterest(numbers[0], numbers[1], numbers[2], numbers[3])
            : throw new InputException($"--roi {text}: give X,Y,W,H in px, for example 100,50,512,512");
    }

    /// <summary>True where the whole rectangle lies in a frame of that size.</summary>
    public bool IsInside(int height, int width) => (long)X + Width <= width && (long)Y + Height <= height;
}
