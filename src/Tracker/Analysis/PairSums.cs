namespace LiveLtem.Tracker.Analysis;

/// <summary>The relative motion of two neighbours about their mean separation (Welford 1962).</summary>
internal sealed class PairTrace
{
    private double _meanX;
    private double _meanY;

    public int Count { get; private set; }

    /// <summary>Sum of squared deviations over both axes.</summary>
    public double Squares { get; private set; }

    /// <summary>Sum of the variances of the measurement error over both particles and axes.</summary>
    public double NoiseSum { get; private set; }

    /// <summary>Mean separation.</summary>
    public double Length => Math.Sqrt((_meanX * _meanX) + (_meanY * _meanY));

    /// <summary>Frame of the newest separation.</summary>
    public long LastFrame { get; private set; }

    public void Add(long frame, double x, double y, double noise)
    {
        Count++;
        LastFrame = frame;
        NoiseSum += noise;
        var (dx, dy) = (x - _meanX, y - _meanY);
        _meanX += dx / Count;
        _meanY += dy / Count;
        Squares += (dx * (x - _meanX)) + (dy * (y - _meanY));
    }
}

/// <summary>Many pairs together, by length, for the relative Lindemann parameter.</summary>
/// <remarks>A particle is in as many pairs as it has neighbours: who is left out takes all of them along, or the errors would count each particle's
/// vibration as if it were measured as many times. So besides the sums of all pairs those of the pairs that touch each group are kept.</remarks>
internal sealed class PairSums
{
    private const int LengthClasses = 48;

    // The place of the sums of all pairs, behind those of the groups.
    private const int All = Jackknife.Groups;
    private readonly double[,] _squares = new double[All + 1, LengthClasses];
    private readonly double[,] _counts = new double[All + 1, LengthClasses];
    private readonly double[] _noise = new double[All + 1];
    private readonly double[] _lengths = new double[All + 1];

    /// <summary>Pairs added.</summary>
    public int Pairs { get; private set; }

    public PairSums Copy()
    {
        var copy = new PairSums { Pairs = Pairs };
        Array.Copy(_squares, copy._squares, _squares.Length);
        Array.Copy(_counts, copy._counts, _counts.Length);
        Array.Copy(_noise, copy._noise, _noise.Length);
        Array.Copy(_lengths, copy._lengths, _lengths.Length);
        return copy;
    }

    /// <summary>Adds a pair; one too short to know its mean is passed over.</summary>
    /// <param name="pair">The pair.</param>
    /// <param name="first">Group of the one particle.</param>
    /// <param name="second">Group of the other.</param>
    public void Add(PairTrace pair, int first, int second)
    {
        if (pair.Count < 4)
        {
            return;
        }

        AddTo(All, pair);
        AddTo(first, pair);
        if (second != first)
        {
            AddTo(second, pair);
        }

        Pairs++;
    }

    public bool Has(int group) => _lengths[group] > 0;

    /// <summary>The parameter, with the mean of correlated frames and the measurement error allowed for as for single particles.</summary>
    /// <param name="memory">Frames after which a displacement is forgotten; 0 where frames are taken as independent.</param>
    /// <param name="axisNoise">Variance of the measurement error of one coordinate, where it is not stated point by point.</param>
    /// <param name="without">A group to leave out, with all pairs that it is in, or -1.</param>
    public double Gamma(double memory, double axisNoise, int without)
    {
        double squares = 0, count = 0;
        for (var c = 0; c < LengthClasses; c++)
        {
            var pairs = _counts[All, c] - (without < 0 ? 0 : _counts[without, c]);
            if (pairs > 0)
            {
                var frames = Math.Pow(2, c / 2.0);
                var sum = _squares[All, c] - (without < 0 ? 0 : _squares[without, c]);
                squares += sum / (memory > 0 ? VibrationFit.Expected(Math.Exp(-1 / memory), 0, frames) : 1 - (1 / frames));
                count += pairs;
            }
        }

        var noise = _noise[All] - (without < 0 ? 0 : _noise[without]);
        var spacing = (_lengths[All] - (without < 0 ? 0 : _lengths[without])) / count;
        var taken = double.IsFinite(noise) ? noise / count : 4 * (axisNoise >= 0 ? axisNoise : 0);
        return Math.Max(0, (squares / count) - taken) / (2 * spacing * spacing);
    }

    private void AddTo(int place, PairTrace pair)
    {
        var length = Math.Min(LengthClasses - 1, (int)Math.Round(2 * Math.Log2(pair.Count)));
        _squares[place, length] += pair.Squares;
        _counts[place, length] += pair.Count;
        _noise[place] += pair.NoiseSum;
        _lengths[place] += pair.Length * pair.Count;
    }
}
