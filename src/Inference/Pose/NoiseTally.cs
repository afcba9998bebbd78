namespace LiveLtem.Inference.Pose;

/// <summary>Sums of fit residuals from which the noise is read: variance on the liquid and on the particles, products of neighbours.</summary>
internal sealed class NoiseTally
{
    private const int FarLag = 6;
    private const double Steepest = 6;
    private const double LeastShare = 0.3;
    private readonly double[] _productX = new double[NoiseModel.Lags + 2];
    private readonly double[] _productY = new double[NoiseModel.Lags + 2];
    private readonly long[] _countX = new long[NoiseModel.Lags + 2];
    private readonly long[] _countY = new long[NoiseModel.Lags + 2];
    private double _freeVariance;
    private double _freeCounts;
    private long _free;
    private double _coveredVariance;
    private double _coveredCounts;
    private long _covered;

    /// <summary>Takes one particle's residuals.</summary>
    /// <param name="residual">Weighted residuals, [rows, width].</param>
    /// <param name="weight">Inverse noise that they were weighted with; 0 outside the frame.</param>
    /// <param name="coverage">Coverage by the particle, 0 to 1.</param>
    /// <param name="others">What the neighbours let through.</param>
    /// <param name="model">Contrast of the particle.</param>
    /// <param name="width">Columns.</param>
    /// <param name="level">Background, counts.</param>
    public void Add(
        ReadOnlySpan<float> residual, ReadOnlySpan<float> weight, ReadOnlySpan<float> coverage, ReadOnlySpan<float> others, double model, int width, double level)
    {
        Span<sbyte> kind = residual.Length <= 16384 ? stackalloc sbyte[residual.Length] : new sbyte[residual.Length];
        for (var i = 0; i < residual.Length; i++)
        {
            // What no model accounts for (dirt, a missed neighbour) is not noise either.
            var calm = weight[i] > 0 && Math.Abs(others[i] - 1) < 0.005f && Math.Abs(residual[i]) < 4.5f;
            kind[i] = (sbyte)(!calm ? 0 : coverage[i] < 0.003f ? 1 : coverage[i] > 0.985f ? 2 : 0);
            if (kind[i] == 0)
            {
                continue;
            }

            var raw = residual[i] / weight[i] * level;
            if (kind[i] == 1)
            {
                _freeVariance += raw * raw;
                _freeCounts += level;
                _free++;
            }
            else
            {
                _coveredVariance += raw * raw;
                _coveredCounts += level * (1 - model);
                _covered++;
            }
        }

        for (var k = 0; k < _productX.Length; k++)
        {
            var lag = k <= NoiseModel.Lags ? k : FarLag;
            for (var i = 0; i < residual.Length; i++)
            {
                if (kind[i] == 0)
                {
                    continue;
                }

                if ((i % width) + lag < width && kind[i + lag] != 0)
                {
                    _productX[k] += residual[i] * residual[i + lag];
                    _countX[k]++;
                }

                var below = i + (lag * width);
                if (below < residual.Length && kind[below] != 0)
                {
                    _productY[k] += residual[i] * residual[below];
                    _countY[k]++;
                }
            }
        }
    }

    /// <summary>The noise, or null where too few calm pixels were seen.</summary>
    public NoiseModel? Solve()
    {
        if (_free < 200)
        {
            return null;
        }

        var free = _freeVariance / _free;
        var freeAt = _freeCounts / _free;
        double read = 0, least = 0, perCount = freeAt > 0 ? free / freeAt : 0;
        if (freeAt <= 0)
        {
            (read, perCount) = (free, 0);
        }
        else if (_covered > 200)
        {
            var covered = _coveredVariance / _covered;
            var coveredAt = _coveredCounts / _covered;
            if (Math.Abs(freeAt - coveredAt) > 0.08 * freeAt)
            {
                // Steeper than through the origin where the camera's zero lies above 0 counts.
                perCount = Math.Clamp((free - covered) / (freeAt - coveredAt), 0, Steepest * free / freeAt);
                read = free - (perCount * freeAt);
                least = LeastShare * Math.Min(free, covered);
            }
        }

        // What is still alike six pixels away is uneven liquid, not the camera's noise.
        var structure = Math.Clamp(0.5 * (Far(_productX, _countX) + Far(_productY, _countY)), 0, 0.5);
        return new NoiseModel(
            read * (1 - structure), perCount * (1 - structure), Correlation(_productX, _countX, structure), Correlation(_productY, _countY, structure), least * (1 - structure));
    }

    private static double Far(double[] products, long[] counts) =>
        counts[^1] > 0 && products[0] > 0 ? products[^1] / counts[^1] / (products[0] / counts[0]) : 0;

    // Lags that fall within three standard errors of nothing are nothing: the inverse filter should not follow scatter.
    private static double[] Correlation(double[] products, long[] counts, double structure)
    {
        var result = new double[NoiseModel.Lags + 1];
        result[0] = 1;
        var variance = products[0] / Math.Max(1, counts[0]);
        if (!(variance > 0))
        {
            return result;
        }

        for (var lag = 1; lag < result.Length; lag++)
        {
            var value = counts[lag] > 0 ? ((products[lag] / counts[lag] / variance) - structure) / (1 - structure) : 0;
            var significant = Math.Abs(value) > 3 / Math.Sqrt(Math.Max(1, counts[lag]));
            result[lag] = significant ? Math.Clamp(value, -0.45, 0.8 * result[lag - 1] > 0 ? 0.8 * result[lag - 1] : 0) : 0;
        }

        return result;
    }
}
