namespace LiveLtem.Acquisition.Correction;

/// <summary>Pixels of a camera that do not measure, and the neighbours that stand in for each.</summary>
public sealed class HotPixelMap
{
    private readonly int[] _pixels;
    private readonly int[][] _neighbours;

    /// <summary>Creates a map.</summary>
    /// <param name="height">Rows of the frames it is for.</param>
    /// <param name="width">Columns.</param>
    /// <param name="pixels">Indices row * width + column, in any order.</param>
    public HotPixelMap(int height, int width, IEnumerable<int> pixels)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        Height = height;
        Width = width;
        _pixels = [.. pixels.Distinct().Order()];
        if (_pixels.Length > 0 && (_pixels[0] < 0 || _pixels[^1] >= (long)height * width))
        {
            throw new ArgumentOutOfRangeException(nameof(pixels), "a hot pixel is outside of the frame");
        }

        var hot = _pixels.ToHashSet();
        _neighbours = [.. _pixels.Select(p => Around(p, hot))];
    }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>How many there are.</summary>
    public int Count => _pixels.Length;

    /// <summary>Indices row * width + column, rising.</summary>
    public IReadOnlyList<int> Pixels => _pixels;

    /// <summary>An empty map.</summary>
    public static HotPixelMap None(int height, int width) => new(height, width, []);

    /// <summary>Replaces every hot pixel by the median of its good neighbours, in place.</summary>
    /// <param name="image">[height, width].</param>
    internal void Replace<T>(Span<T> image)
        where T : unmanaged, IComparable<T>
    {
        Span<T> values = stackalloc T[24];
        for (var i = 0; i < _pixels.Length; i++)
        {
            var around = _neighbours[i];
            if (around.Length == 0)
            {
                continue;
            }

            for (var n = 0; n < around.Length; n++)
            {
                values[n] = image[around[n]];
            }

            var sorted = values[..around.Length];
            sorted.Sort();
            image[_pixels[i]] = sorted[(around.Length - 1) / 2];
        }
    }

    /// <summary>Good pixels of the 3 x 3 around one, or of the 5 x 5 where those are bad too.</summary>
    private int[] Around(int pixel, HashSet<int> hot)
    {
        for (var reach = 1; reach <= 2; reach++)
        {
            var (row, column) = (pixel / Width, pixel % Width);
            var good = new List<int>();
            for (var y = Math.Max(0, row - reach); y <= Math.Min(Height - 1, row + reach); y++)
            {
                for (var x = Math.Max(0, column - reach); x <= Math.Min(Width - 1, column + reach); x++)
                {
                    if (!hot.Contains((y * Width) + x))
                    {
                        good.Add((y * Width) + x);
                    }
                }
            }

            if (good.Count > 0)
            {
                return [.. good];
            }
        }

        return [];
    }
}
