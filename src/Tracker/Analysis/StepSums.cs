namespace LiveLtem.Tracker.Analysis;

/// <summary>The covariance estimator of diffusion along one coordinate: squares of steps and products of successive ones, in groups.</summary>
/// <remarks>D = &lt;d_n^2&gt;/(2 dt) + &lt;d_n d_{n+1}&gt;/dt and sigma^2 = R &lt;d_n^2&gt; + (2R - 1) &lt;d_n d_{n+1}&gt; with R = t_e/(6 dt) for a
/// shutter that is open for t_e: unbiased by localisation error and motion blur (Vestergaard, Blainey and Flyvbjerg 2014,
/// doi:10.1103/PhysRevE.89.022726).</remarks>
internal sealed class StepSums
{
    private readonly double[] _squares = new double[Jackknife.Groups];
    private readonly double[] _steps = new double[Jackknife.Groups];
    private readonly double[] _products = new double[Jackknife.Groups];
    private readonly double[] _pairs = new double[Jackknife.Groups];
    private readonly double[] _noise = new double[Jackknife.Groups];

    /// <summary>Steps.</summary>
    public double Count => _steps.Sum();

    /// <summary>Adds a step and, where the one before it is known, their product.</summary>
    /// <param name="group">Of the particle, or of the time.</param>
    /// <param name="step">Displacement along the coordinate.</param>
    /// <param name="before">The displacement before it; NaN where there is none.</param>
    /// <param name="factor">What squares have to be multiplied by.</param>
    /// <param name="noise">Stated variance of the measurement error; NaN where there is none.</param>
    public void Add(int group, double step, double before, double factor, double noise)
    {
        _squares[group] += factor * step * step;
        _steps[group]++;
        _noise[group] += noise;
        if (!double.IsNaN(before))
        {
            _products[group] += factor * step * before;
            _pairs[group]++;
        }
    }

    public bool Has(int group) => _steps[group] > 0;

    /// <summary>D times the frame time: the diffusion coefficient in square units a frame; NaN without two steps in a row.</summary>
    public double DPerFrame(int without = -1) => (Mean(_squares, _steps, without) / 2) + Mean(_products, _pairs, without);

    /// <summary>Variance of the localisation error of one coordinate; negative by chance where it is small.</summary>
    /// <param name="blur">R = t_e/(6 dt).</param>
    /// <param name="without">A group to leave out, or -1.</param>
    public double Noise(double blur, int without = -1) =>
        (blur * Mean(_squares, _steps, without)) + (((2 * blur) - 1) * Mean(_products, _pairs, without));

    /// <summary>Mean of the variances that the fits stated; NaN where one did not.</summary>
    public double StatedNoise => Mean(_noise, _steps, -1);

    private static double Mean(double[] sums, double[] counts, int without)
    {
        double sum = 0, count = 0;
        for (var g = 0; g < Jackknife.Groups; g++)
        {
            sum += g == without ? 0 : sums[g];
            count += g == without ? 0 : counts[g];
        }

        return sum / count;
    }
}
