namespace LiveLtem.Session.Report;

/// <summary>One bin of a <see cref="Series"/>.</summary>
/// <param name="X">Mean position.</param>
/// <param name="Mean">Mean value.</param>
/// <param name="Low">Smallest value.</param>
/// <param name="High">Largest value.</param>
internal readonly record struct SeriesBin(double X, double Mean, double Low, double High);

/// <summary>A curve of any length in bounded memory: neighbours are merged whenever the bins run out.</summary>
internal sealed class Series
{
    private const int MostBins = 512;

    private readonly List<Bin> _bins = [];
    private int _perBin = 1;

    /// <summary>Whether nothing was added.</summary>
    public bool IsEmpty => _bins.Count == 0;

    /// <summary>Adds a point; one that is not known leaves the curve as it is.</summary>
    /// <param name="x">Position, not below that of the point before.</param>
    /// <param name="y">Value, or null.</param>
    public void Add(double x, double? y)
    {
        if (y is not { } value || !double.IsFinite(value))
        {
            return;
        }

        if (_bins.Count > 0 && _bins[^1].Count < _perBin)
        {
            _bins[^1] = _bins[^1].With(new Bin(1, x, value, value, value));
            return;
        }

        if (_bins.Count == MostBins)
        {
            for (var i = 0; i < MostBins / 2; i++)
            {
                _bins[i] = _bins[2 * i].With(_bins[(2 * i) + 1]);
            }

            _bins.RemoveRange(MostBins / 2, MostBins / 2);
            _perBin *= 2;
        }

        _bins.Add(new Bin(1, x, value, value, value));
    }

    /// <summary>The curve so far.</summary>
    public IReadOnlyList<SeriesBin> Bins() => [.. _bins.Select(bin => new SeriesBin(bin.SumX / bin.Count, bin.SumY / bin.Count, bin.Low, bin.High))];

    private readonly record struct Bin(int Count, double SumX, double SumY, double Low, double High)
    {
        public Bin With(Bin other) => new(
            Count + other.Count, SumX + other.SumX, SumY + other.SumY, Math.Min(Low, other.Low), Math.Max(High, other.High));
    }
}
