namespace LiveLtem.Dose.Signals;

/// <summary>A small picture in blocks: their means, and what is brightest in each.</summary>
internal sealed class BlockMaps
{
    private const int Side = 4;

    // The mean of the brightest quarter: what lies between particles, where they leave anything free.
    private const int Brightest = Side * Side / 4;
    private readonly SmallPicture _picture;

    /// <summary>Prepares for one picture.</summary>
    public BlockMaps(SmallPicture picture)
    {
        _picture = picture;
        Height = picture.Height / Side;
        Width = picture.Width / Side;
        Means = new double[Height * Width];
        Tops = new double[Height * Width];
    }

    /// <summary>Rows of blocks.</summary>
    public int Height { get; }

    /// <summary>Columns of blocks.</summary>
    public int Width { get; }

    /// <summary>Pixels of the frame along a block's side.</summary>
    public int BlockPx => Side * _picture.Bin;

    /// <summary>Mean counts, row-major.</summary>
    public double[] Means { get; }

    /// <summary>Mean counts of the brightest quarter of each block.</summary>
    public double[] Tops { get; }

    /// <summary>Takes the picture as it is now.</summary>
    /// <param name="darkest">True where what is darkest is asked for instead: of bright particles.</param>
    public void Take(bool darkest)
    {
        Span<float> values = stackalloc float[Side * Side];
        for (var by = 0; by < Height; by++)
        {
            for (var bx = 0; bx < Width; bx++)
            {
                for (var y = 0; y < Side; y++)
                {
                    _picture.Pixels.AsSpan((((by * Side) + y) * _picture.Width) + (bx * Side), Side).CopyTo(values[(y * Side)..]);
                }

                var sum = 0f;
                foreach (var value in values)
                {
                    sum += value;
                }

                values.Sort();
                var part = darkest ? values[..Brightest] : values[^Brightest..];
                var top = 0f;
                foreach (var value in part)
                {
                    top += value;
                }

                Means[(by * Width) + bx] = sum / values.Length;
                Tops[(by * Width) + bx] = top / Brightest;
            }
        }
    }
}
