namespace LiveLtem.Inference.Pose;

/// <summary>How the pixels of a recording scatter: variance by brightness, and correlation between neighbours.</summary>
/// <remarks>Counted electrons give a variance that grows with the mean (gain times one plus the excess noise), readout a constant; the
/// detector's point spread correlates neighbours after counting. The correlation is taken as separable, which a Gaussian spread is.</remarks>
internal sealed class NoiseModel
{
    /// <summary>Largest lag of the correlation that is kept, px.</summary>
    public const int Lags = 3;

    private const double SpectrumFloor = 0.15;

    /// <summary>Creates the model.</summary>
    /// <param name="readVariance">Variance at zero counts, counts^2; negative where the camera's zero lies higher than 0 counts.</param>
    /// <param name="variancePerCount">Variance for each count of brightness, counts.</param>
    /// <param name="correlationX">Correlation along rows at lags 0 to <see cref="Lags"/>; the first is 1.</param>
    /// <param name="correlationY">Correlation along columns, likewise.</param>
    /// <param name="leastVariance">No pixel has less, counts^2.</param>
    public NoiseModel(double readVariance, double variancePerCount, double[] correlationX, double[] correlationY, double leastVariance = 1e-6)
    {
        ReadVariance = readVariance;
        LeastVariance = Math.Max(1e-6, leastVariance);
        VariancePerCount = Math.Max(0, variancePerCount);
        CorrelationX = correlationX;
        CorrelationY = correlationY;
        InverseX = Invert(correlationX);
        InverseY = Invert(correlationY);
        Excess = Sum(correlationX) * Sum(correlationY);
    }

    /// <summary>Variance at zero counts, counts^2, by the straight line through those of liquid and particles: negative where the camera's zero lies higher.</summary>
    public double ReadVariance { get; }

    /// <summary>No pixel has less, counts^2.</summary>
    public double LeastVariance { get; }

    /// <summary>Variance for each count of brightness.</summary>
    public double VariancePerCount { get; }

    /// <summary>Correlation along rows by lag.</summary>
    public double[] CorrelationX { get; }

    /// <summary>Correlation along columns by lag.</summary>
    public double[] CorrelationY { get; }

    /// <summary>Taps 0 to <see cref="Lags"/> of the symmetric filter that applies the inverse correlation along rows.</summary>
    public float[] InverseX { get; }

    /// <summary>Taps of the inverse correlation along columns.</summary>
    public float[] InverseY { get; }

    /// <summary>Variance of a wide average relative to independent pixels, >= 1 for a blurring detector.</summary>
    public double Excess { get; }

    /// <summary>Variance of a pixel of that brightness, counts^2; never zero.</summary>
    public double Variance(double counts) => Math.Max(LeastVariance, ReadVariance + (VariancePerCount * Math.Max(0, counts)));

    /// <summary>The same noise with its variance scaled.</summary>
    public NoiseModel Scaled(double factor) => new(ReadVariance * factor, VariancePerCount * factor, CorrelationX, CorrelationY, LeastVariance * factor);

    private static double Sum(double[] correlation)
    {
        var sum = correlation[0];
        for (var k = 1; k < correlation.Length; k++)
        {
            sum += 2 * correlation[k];
        }

        return Math.Max(0.3, sum);
    }

    private static float[] Invert(double[] correlation)
    {
        // The inverse filter has the inverse of the power spectrum; the floor keeps a deep MTF from being amplified without end.
        const int samples = 64;
        var taps = new float[Lags + 1];
        for (var j = 0; j < samples; j++)
        {
            var w = Math.PI * (j + 0.5) / samples;
            var power = correlation[0];
            for (var k = 1; k < correlation.Length; k++)
            {
                power += 2 * correlation[k] * Math.Cos(w * k);
            }

            var inverse = 1 / Math.Max(power, SpectrumFloor);
            for (var k = 0; k <= Lags; k++)
            {
                taps[k] += (float)(inverse * Math.Cos(w * k) / samples);
            }
        }

        // Cut off after a few taps the filter may turn negative somewhere, and no covariance does. Fejer's taper of a positive spectrum is positive.
        for (var j = 0; j < samples; j++)
        {
            var w = Math.PI * (j + 0.5) / samples;
            double response = taps[0];
            for (var k = 1; k <= Lags; k++)
            {
                response += 2 * taps[k] * Math.Cos(w * k);
            }

            if (response < 0.1)
            {
                for (var k = 1; k <= Lags; k++)
                {
                    taps[k] *= 1 - (k / (Lags + 1f));
                }

                break;
            }
        }

        return taps;
    }
}
