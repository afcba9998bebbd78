using System.Numerics.Tensors;
using LiveLtem.Core;

namespace LiveLtem.Dose.Signals;

/// <summary>A frame made small: means over squares of pixels, and how noisy single pixels are.</summary>
/// <remarks>All that is looked for in every received frame (shift, focus, bright regions) is larger than a few pixels, so that it is looked for here. Not thread-safe.</remarks>
internal sealed class SmallPicture
{
    /// <summary>Shortest side of a frame that can be looked at, px.</summary>
    public const int SmallestSide = 64;

    // Beyond this side of the frame the square that is transformed is twice as large.
    private const int LargeSide = 1024;
    private const int NoiseEvery = 4;
    private readonly float[] _row;
    private readonly float[] _sum;

    private SmallPicture(int height, int width)
    {
        var side = Math.Min(height, width);
        Square = side >= LargeSide ? 256 : side >= 128 ? 128 : 64;
        Bin = side / Square;
        Height = height / Bin;
        Width = width / Bin;
        Pixels = new float[Height * Width];
        _row = new float[width];
        _sum = new float[width];
    }

    /// <summary>Pixels of the frame along a side of a small pixel.</summary>
    public int Bin { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>Side of the square in the middle that is transformed.</summary>
    public int Square { get; }

    /// <summary>Mean counts, row-major [height, width]; of what is not a number the mean of the frame.</summary>
    public float[] Pixels { get; }

    /// <summary>Mean of the small pixels.</summary>
    public double Mean { get; private set; }

    /// <summary>Spread (rms) of the small pixels about their mean.</summary>
    public double Spread { get; private set; }

    /// <summary>Variance of a single pixel's noise, counts², from the differences of neighbours.</summary>
    public double NoiseVariance { get; private set; }

    /// <summary>A picture for frames of one size, or null where they are too small to be looked at.</summary>
    public static SmallPicture? For(int height, int width) => Math.Min(height, width) < SmallestSide ? null : new SmallPicture(height, width);

    /// <summary>Takes a frame of the size that the picture was made for.</summary>
    public void Take(Frame frame)
    {
        var bytes = frame.Bytes;
        var stride = frame.Width * frame.Type.BytesPerPixel();
        var (squares, differences) = (0.0, 0L);
        for (var y = 0; y < Height; y++)
        {
            _sum.AsSpan().Clear();
            for (var part = 0; part < Bin; part++)
            {
                var line = (y * Bin) + part;
                PixelConverter.ToFloat(bytes.Slice(line * stride, stride), frame.Type, _row);
                TensorPrimitives.Add(_sum, _row, _sum);
                if (line % NoiseEvery == 0)
                {
                    // Twice over: what lies between three neighbours, so that a slope does not count as noise.
                    for (var x = 1; x + 1 < _row.Length; x += 2)
                    {
                        var bend = _row[x] - (0.5 * (_row[x - 1] + _row[x + 1]));
                        squares += double.IsFinite(bend) ? bend * bend : 0;
                    }

                    differences += (_row.Length - 1) / 2;
                }
            }

            Collect(y);
        }

        // A bend of independent pixels has 1.5 times the variance of one.
        NoiseVariance = differences == 0 ? 0 : squares / differences / 1.5;
        Mend();
    }

    private void Collect(int y)
    {
        var target = Pixels.AsSpan(y * Width, Width);
        var scale = 1f / (Bin * Bin);
        for (var x = 0; x < target.Length; x++)
        {
            var sum = 0f;
            for (var i = x * Bin; i < (x + 1) * Bin; i++)
            {
                sum += _sum[i];
            }

            target[x] = sum * scale;
        }
    }

    private void Mend()
    {
        var mean = Average();
        if (!double.IsFinite(mean))
        {
            var (sum, count) = (0.0, 0);
            foreach (var value in Pixels)
            {
                if (float.IsFinite(value))
                {
                    (sum, count) = (sum + value, count + 1);
                }
            }

            mean = count == 0 ? 0 : sum / count;
            for (var i = 0; i < Pixels.Length; i++)
            {
                Pixels[i] = float.IsFinite(Pixels[i]) ? Pixels[i] : (float)mean;
            }

            mean = Average();
        }

        Mean = mean;
        var squares = 0.0;
        foreach (var value in Pixels)
        {
            squares += (value - mean) * (value - mean);
        }

        Spread = Math.Sqrt(squares / Pixels.Length);
    }

    private double Average() => TensorPrimitives.Sum<float>(Pixels) / (double)Pixels.Length;
}
