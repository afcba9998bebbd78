using System.Numerics;

namespace LiveLtem.HardwareSim.Rendering;

/// <summary>Separable Gaussian blur of a plane, the border repeated outwards.</summary>
public sealed class GaussianBlur
{
    private readonly float[] _half;
    private float[] _scratch = [];
    private float[] _padded = [];

    /// <summary>Creates the blur.</summary>
    /// <param name="sigmaPx">Standard deviation, px, >= 0; below 0.1 nothing is done.</param>
    public GaussianBlur(double sigmaPx)
    {
        SigmaPx = sigmaPx;
        _half = Kernel(sigmaPx);
    }

    /// <summary>Standard deviation, px.</summary>
    public double SigmaPx { get; }

    /// <summary>Half of the normalised kernel: the centre, then outwards to 4 sigma.</summary>
    /// <remarks>Each tap is the Gaussian at that pixel; the width of the sampled kernel is then SigmaPx also where the sigma is small.</remarks>
    public static float[] Kernel(double sigmaPx)
    {
        if (sigmaPx < 0.1)
        {
            return [1];
        }

        var reach = Math.Max(2, (int)Math.Ceiling(4 * sigmaPx));
        // Under half a pixel a sampled Gaussian is narrower than it says: widen until its second moment is right.
        var inner = sigmaPx;
        for (var step = 0; step < 40; step++)
        {
            var (sum, second) = Moments(inner, reach);
            inner *= Math.Sqrt(sigmaPx * sigmaPx / (second / sum));
        }

        var (total, _) = Moments(inner, reach);
        var half = new float[reach + 1];
        for (var i = 0; i <= reach; i++)
        {
            half[i] = (float)(Math.Exp(-0.5 * i * i / (inner * inner)) / total);
        }

        return half;
    }

    /// <summary>Blurs a plane in place.</summary>
    /// <param name="plane">Row-major [height, width].</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    public void Apply(Span<float> plane, int height, int width)
    {
        if (_half.Length == 1)
        {
            return;
        }

        var reach = _half.Length - 1;
        if (_scratch.Length < height * width)
        {
            _scratch = new float[height * width];
        }

        if (_padded.Length < width + (2 * reach))
        {
            _padded = new float[width + (2 * reach)];
        }

        for (var y = 0; y < height; y++)
        {
            var row = plane.Slice(y * width, width);
            row.CopyTo(_padded.AsSpan(reach));
            _padded.AsSpan(0, reach).Fill(row[0]);
            _padded.AsSpan(reach + width, reach).Fill(row[^1]);
            Row(_padded, _scratch.AsSpan(y * width, width), reach);
        }

        for (var y = 0; y < height; y++)
        {
            Column(y, plane.Slice(y * width, width), height, width, reach);
        }
    }

    private static (double Sum, double Second) Moments(double sigma, int reach)
    {
        var sum = 1.0;
        var second = 0.0;
        for (var i = 1; i <= reach; i++)
        {
            var w = 2 * Math.Exp(-0.5 * i * i / (sigma * sigma));
            sum += w;
            second += w * i * i;
        }

        return (sum, second);
    }

    private void Row(ReadOnlySpan<float> padded, Span<float> result, int reach)
    {
        var x = 0;
        for (; x <= result.Length - Vector<float>.Count; x += Vector<float>.Count)
        {
            var sum = new Vector<float>(padded[(x + reach)..]) * _half[0];
            for (var i = 1; i <= reach; i++)
            {
                sum += (new Vector<float>(padded[(x + reach - i)..]) + new Vector<float>(padded[(x + reach + i)..])) * _half[i];
            }

            sum.CopyTo(result[x..]);
        }

        for (; x < result.Length; x++)
        {
            var sum = padded[x + reach] * _half[0];
            for (var i = 1; i <= reach; i++)
            {
                sum += (padded[x + reach - i] + padded[x + reach + i]) * _half[i];
            }

            result[x] = sum;
        }
    }

    private void Column(int y, Span<float> result, int height, int width, int reach)
    {
        var x = 0;
        for (; x <= width - Vector<float>.Count; x += Vector<float>.Count)
        {
            var sum = new Vector<float>(_scratch, (y * width) + x) * _half[0];
            for (var i = 1; i <= reach; i++)
            {
                var above = Math.Max(0, y - i);
                var below = Math.Min(height - 1, y + i);
                sum += (new Vector<float>(_scratch, (above * width) + x) + new Vector<float>(_scratch, (below * width) + x)) * _half[i];
            }

            sum.CopyTo(result[x..]);
        }

        for (; x < width; x++)
        {
            var sum = _scratch[(y * width) + x] * _half[0];
            for (var i = 1; i <= reach; i++)
            {
                sum += (_scratch[(Math.Max(0, y - i) * width) + x] + _scratch[(Math.Min(height - 1, y + i) * width) + x]) * _half[i];
            }

            result[x] = sum;
        }
    }
}
