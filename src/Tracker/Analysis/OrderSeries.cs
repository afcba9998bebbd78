namespace LiveLtem.Tracker.Analysis;

/// <summary>A figure measured once a frame: its mean, and its error with the likeness of successive frames allowed for.</summary>
/// <remarks>Successive values with correlation r are worth (1 - r)/(1 + r) independent ones each (first-order autoregression).</remarks>
internal sealed class OrderSeries
{
    private double _sum;
    private double _squares;
    private double _products;
    private double _last = double.NaN;
    private double _weights;

    /// <summary>Frames.</summary>
    public long Count { get; private set; }

    /// <summary>The mean; NaN without any.</summary>
    public double Mean => _sum / Count;

    /// <summary>Particles a frame on average.</summary>
    public double Particles => _weights / Count;

    /// <summary>1-sigma error of the mean; null where there are too few frames to tell.</summary>
    public double? Err => Count > 2 ? Math.Sqrt(Variance / Independent) : null;

    /// <summary>Independent values that it is worth.</summary>
    public double Independent
    {
        get
        {
            if (Count < 3 || !(Variance > 0))
            {
                return Count;
            }

            var likeness = Math.Clamp(((_products / (Count - 1)) - (Mean * Mean)) / Variance, 0, 0.999);
            return Math.Max(1, Count * (1 - likeness) / (1 + likeness));
        }
    }

    private double Variance => Math.Max(0, (_squares / Count) - (Mean * Mean)) * Count / Math.Max(1, Count - 1);

    /// <summary>Takes the value of one frame.</summary>
    public void Add(double value, int particles)
    {
        if (!double.IsNaN(_last))
        {
            _products += _last * value;
        }

        _last = value;
        _sum += value;
        _squares += value * value;
        _weights += particles;
        Count++;
    }
}
