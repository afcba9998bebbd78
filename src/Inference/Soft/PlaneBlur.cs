using System.Numerics.Tensors;

namespace LiveLtem.Inference.Soft;

/// <summary>Gaussian blur of planes. Beyond the edges lies what the edge shows, or nothing. Keeps its buffers; not thread-safe.</summary>
internal sealed class PlaneBlur
{
    private readonly float[] _kernel;
    private readonly bool _repeats;
    private float[] _line = [];
    private float[] _between = [];

    /// <param name="sigma">px of the plane; nothing is blurred below 0.2.</param>
    /// <param name="repeats">True for edges repeated outwards, false for zeros beyond them.</param>
    public PlaneBlur(double sigma, bool repeats = true)
    {
        _repeats = repeats;
        var reach = sigma < 0.2 ? 0 : (int)Math.Ceiling(3 * sigma);
        _kernel = new float[(2 * reach) + 1];
        for (var i = -reach; i <= reach; i++)
        {
            _kernel[i + reach] = (float)(reach == 0 ? 1 : Math.Exp(-0.5 * i * i / (sigma * sigma)));
        }

        TensorPrimitives.Divide(_kernel, TensorPrimitives.Sum<float>(_kernel), _kernel);
    }

    /// <summary>Noise of blurred white noise along an axis with zeros beyond its ends, over that far from them.</summary>
    /// <param name="length">Pixels of the axis.</param>
    public float[] NoiseAlong(int length)
    {
        var reach = _kernel.Length / 2;
        var whole = TensorPrimitives.SumOfSquares<float>(_kernel);
        var noise = new float[length];
        for (var x = 0; x < length; x++)
        {
            var sum = 0f;
            for (var k = Math.Max(-reach, -x); k <= Math.Min(reach, length - 1 - x); k++)
            {
                sum += _kernel[k + reach] * _kernel[k + reach];
            }

            noise[x] = MathF.Sqrt(sum / whole);
        }

        return noise;
    }

    /// <summary>Blurs row-major pixels.</summary>
    /// <param name="source">[rows, columns].</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="into">As many; may be the source itself.</param>
    public void Apply(ReadOnlySpan<float> source, int rows, int columns, Span<float> into)
    {
        var reach = _kernel.Length / 2;
        if (reach == 0)
        {
            source.CopyTo(into);
            return;
        }

        if (_line.Length < columns + (2 * reach))
        {
            _line = new float[columns + (2 * reach)];
        }

        if (_between.Length < rows * columns)
        {
            _between = new float[rows * columns];
        }

        for (var y = 0; y < rows; y++)
        {
            var row = source.Slice(y * columns, columns);
            var line = _line.AsSpan(0, columns + (2 * reach));
            line[..reach].Fill(_repeats ? row[0] : 0);
            row.CopyTo(line[reach..]);
            line[(reach + columns)..].Fill(_repeats ? row[^1] : 0);
            var sum = _between.AsSpan(y * columns, columns);
            TensorPrimitives.Multiply(line.Slice(reach, columns), _kernel[reach], sum);
            for (var k = 0; k < reach; k++)
            {
                TensorPrimitives.MultiplyAdd(line.Slice(k, columns), _kernel[k], sum, sum);
                TensorPrimitives.MultiplyAdd(line.Slice((2 * reach) - k, columns), _kernel[k], sum, sum);
            }
        }

        for (var y = 0; y < rows; y++)
        {
            var sum = into.Slice(y * columns, columns);
            TensorPrimitives.Multiply(Between(y), _kernel[reach], sum);
            for (var k = 1; k <= reach; k++)
            {
                if (_repeats || y >= k)
                {
                    TensorPrimitives.MultiplyAdd(Between(Math.Max(0, y - k)), _kernel[reach - k], sum, sum);
                }

                if (_repeats || y + k < rows)
                {
                    TensorPrimitives.MultiplyAdd(Between(Math.Min(rows - 1, y + k)), _kernel[reach - k], sum, sum);
                }
            }
        }

        ReadOnlySpan<float> Between(int y) => _between.AsSpan(y * columns, columns);
    }
}
