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

/// <summary>Many pairs together, by group and length, for the relative Lindemann parameter.</summary>
internal sealed class PairSums
{
    private const int LengthClasses = 48;
    private readonly double[,] _squares = new double[Jackknife.Groups, LengthClasses];
    private readonly double[,] _counts = new double[Jackknife.Groups, LengthClasses];
    private readonly double[] _noise = new double[Jackknife.Groups];
    private readonly double[] _lengths = new double[Jackknife.Groups];

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

    public void Add(PairTrace pair, int group)
    {
        if (pair.Count < 4)
        {
            return;
        }

        var length = Math.Min(LengthClasses - 1, (int)Math.Round(2 * Math.Log2(pair.Count)));
        _squares[group, length] += pair.Squares;
        _counts[group, length] += pair.Count;
        _noise[group] += pair.NoiseSum;
        _lengths[group] += pair.Length * pair.Count;
        Pairs++;
    }

    public bool Has(int group) => _lengths[group] > 0;

    /// <summary>The parameter, with the mean of correlated frames and the measurement error allowed for as for single particles.</summary>
    /// <param name="memory">Frames after which a displacement is forgotten; 0 where frames are taken as independent.</param>
    /// <param name="axisNoise">Variance of the measurement error of one coordinate, where it is not stated point by point.</param>
    /// <param name="without">A group to leave out, or -1.</param>
    public double Gamma(double memory, double axisNoise, int without)
    {
        double squares = 0, count = 0, noise = 0, length = 0;
        for (var g = 0; g < Jackknife.Groups; g++)
        {
            if (g == without)
            {
                continue;
            }

            noise += _noise[g];
            length += _lengths[g];
            for (var c = 0; c < LengthClasses; c++)
            {
                if (_counts[g, c] == 0)
                {
                    continue;
                }

                var frames = Math.Pow(2, c / 2.0);
                squares += _squares[g, c] / (memory > 0 ? VibrationFit.Expected(Math.Exp(-1 / memory), 0, frames) : 1 - (1 / frames));
                count += _counts[g, c];
            }
        }

        var spacing = length / count;
        var taken = double.IsFinite(noise) ? noise / count : 4 * (axisNoise >= 0 ? axisNoise : 0);
        return Math.Max(0, (squares / count) - taken) / (2 * spacing * spacing);
    }
}
