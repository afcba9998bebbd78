using LiveLtem.Core.Analysis;

namespace LiveLtem.Tracker.Analysis;

/// <summary>One kind of rate over the particles: its median.</summary>
/// <param name="name">Name of the figure.</param>
/// <param name="unit">Its unit.</param>
/// <param name="why">Said where there is none.</param>
internal sealed class EtchRate(string name, string unit, string why)
{
    private readonly List<(double Value, double Err)> _rates = [];

    /// <summary>Name of the figure.</summary>
    public string Name => name;

    /// <summary>Particles.</summary>
    public int Count => _rates.Count;

    /// <summary>Median; NaN without a particle.</summary>
    public double Value => _rates.Count == 0 ? double.NaN : Median(_rates.Select(rate => rate.Value));

    /// <summary>Median error of one particle's rate; null without one.</summary>
    public double? Floor => _rates.Count == 0 ? null : Median(_rates.Select(rate => rate.Err));

    /// <summary>1-sigma error of the median; null without a particle.</summary>
    public double? Err
    {
        get
        {
            if (_rates.Count == 0)
            {
                return null;
            }

            // A spread is known to 1.16/sqrt(n): one that is not larger than the lines' own errors by more is theirs.
            var (value, floor, n) = (Value, Median(_rates.Select(rate => rate.Err)), _rates.Count);
            var spread = 1.4826 * Median(_rates.Select(rate => Math.Abs(rate.Value - value)));
            return Math.Sqrt(Math.PI / 2 / (n + (Math.PI / 2) - 1)) * (spread > floor * (1 + (1.16 / Math.Sqrt(n))) ? spread : floor);
        }
    }

    /// <summary>Adds a particle's; one that is not known is left out.</summary>
    public void Add(double value, double err)
    {
        if (double.IsFinite(value) && double.IsFinite(err))
        {
            _rates.Add((value, err));
        }
    }

    /// <summary>The figure.</summary>
    public AnalysisFigure Figure() => AnalysisFigures.Of(name, unit, Value, Err, Count, why, Floor);

    /// <summary>The middle one, or the mean of the two in the middle.</summary>
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
