namespace LiveLtem.Dose.Signals;

/// <summary>The beam in one frame against the beam as it was.</summary>
/// <param name="Level">1 as usual, 0 without a beam, 3 with three times the electrons; null before it is known what is usual.</param>
/// <param name="Blanked">Whether nothing but the dark level is left.</param>
internal readonly record struct BeamReading(double? Level, bool Blanked);

/// <summary>Follows the strength of the beam by the counts of the picture's blocks.</summary>
/// <remarks>The median of the blocks' ratios to their own usual counts: a beam that changes, changes all of them; particles, bubbles and drift change some.
/// Where the dark level is not known a blanked beam is told by what goes with the electrons: the noise of single pixels and the picture's structure.</remarks>
internal sealed class BeamMeter(double? darkLevel, double blankedBelow)
{
    private const int LearningFrames = 5;

    // The usual follows by this part a frame: what comes slowly, over hundreds of frames, is no step.
    private const double Follow = 1.0 / 64;
    private const double QuietWithin = 0.1;
    private readonly List<double[]> _first = [];
    private readonly List<(double Noise, double Structure)> _firstSpreads = [];
    private double[]? _usual;
    private double[] _ratios = [];
    private double _usualNoise;
    private double _usualStructure;

    /// <summary>Counts without a beam; 0 where nobody knows them.</summary>
    public double Dark => darkLevel ?? 0;

    /// <summary>Forgets what is usual: conditions changed.</summary>
    public void Reset()
    {
        _usual = null;
        _first.Clear();
        _firstSpreads.Clear();
    }

    /// <summary>Takes the level that the beam has now for the usual one.</summary>
    /// <param name="level">As it was read.</param>
    public void Accept(double level)
    {
        if (_usual is null || level <= 0)
        {
            return;
        }

        for (var i = 0; i < _usual.Length; i++)
        {
            _usual[i] *= level;
        }

        (_usualNoise, _usualStructure) = (_usualNoise * level, _usualStructure * level);
    }

    /// <summary>Reads one frame.</summary>
    /// <param name="blocks">Mean counts of the blocks.</param>
    /// <param name="picture">The frame made small.</param>
    /// <param name="trusted">False where the counts say nothing of the beam: saturated or sent again.</param>
    public BeamReading Read(ReadOnlySpan<double> blocks, SmallPicture picture, bool trusted)
    {
        var structure = Math.Sqrt(Math.Max(0, (picture.Spread * picture.Spread) - (picture.NoiseVariance / (picture.Bin * picture.Bin))));
        if (_usual is null)
        {
            return Learn(blocks, picture, structure, trusted);
        }

        var count = 0;
        for (var i = 0; i < blocks.Length; i++)
        {
            if (_usual[i] > 0)
            {
                _ratios[count++] = (blocks[i] - Dark) / _usual[i];
            }
        }

        if (count == 0)
        {
            return new BeamReading(null, false);
        }

        var level = Math.Max(0, Robust.Median(_ratios.AsSpan(0, count)));
        var blanked = level <= blankedBelow || (darkLevel is null && LooksBlanked(level, picture, structure));
        if (trusted && !blanked && Math.Abs(level - 1) < QuietWithin)
        {
            for (var i = 0; i < blocks.Length; i++)
            {
                _usual[i] += Follow * (blocks[i] - Dark - _usual[i]);
            }

            _usualNoise += Follow * (picture.NoiseVariance - _usualNoise);
            _usualStructure += Follow * (structure - _usualStructure);
        }

        return new BeamReading(blanked ? 0 : level, blanked);
    }

    private BeamReading Learn(ReadOnlySpan<double> blocks, SmallPicture picture, double structure, bool trusted)
    {
        // A recording may begin with the beam off: what is left is far less than the noise of a single pixel.
        var signal = picture.Mean - Dark;
        if ((darkLevel is not null && signal < 0.05 * Math.Sqrt(picture.NoiseVariance)) || picture.NoiseVariance <= 0)
        {
            return new BeamReading(null, darkLevel is not null || picture.Mean == 0);
        }

        if (trusted)
        {
            _first.Add(blocks.ToArray());
            _firstSpreads.Add((picture.NoiseVariance, structure));
        }

        if (_first.Count == LearningFrames)
        {
            _usual = new double[blocks.Length];
            _ratios = new double[blocks.Length];
            Span<double> values = stackalloc double[LearningFrames];
            for (var i = 0; i < _usual.Length; i++)
            {
                for (var k = 0; k < LearningFrames; k++)
                {
                    values[k] = _first[k][i] - Dark;
                }

                _usual[i] = Robust.Median(values);
            }

            _usualNoise = Robust.Median([.. _firstSpreads.Select(s => s.Noise)]);
            _usualStructure = Robust.Median([.. _firstSpreads.Select(s => s.Structure)]);
            _first.Clear();
        }

        return new BeamReading(null, false);
    }

    // Noise and structure go with the electrons; the camera's own noise and pattern stay.
    private bool LooksBlanked(double level, SmallPicture picture, double structure)
    {
        if (level >= 0.97 || _usualNoise <= 0)
        {
            return false;
        }

        var noise = picture.NoiseVariance / _usualNoise;
        var shape = _usualStructure > 0 ? structure / _usualStructure : 1;
        return (noise < 0.15 && shape < 0.5) || (noise < 0.6 && shape < 0.15);
    }
}
