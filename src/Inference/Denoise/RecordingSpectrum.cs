namespace LiveLtem.Inference.Denoise;

/// <summary>Noise and motion of a recording, as the card of a denoiser that was adapted to it keeps them.</summary>
public sealed record RecordingSpectrum
{
    /// <summary>Usual mean counts of its frames; 0 where they lie about zero.</summary>
    public required double Level { get; init; }

    /// <summary>Variance of the noise a coefficient, counts², by ring.</summary>
    public required IReadOnlyList<double> Noise { get; init; }

    /// <summary>Variance of each part of the picture a coefficient, counts², [ring][part].</summary>
    public required IReadOnlyList<IReadOnlyList<double>> Power { get; init; }

    /// <summary>Variance a coefficient of the camera's fixed pattern, counts².</summary>
    public required double Pattern { get; init; }

    /// <summary>Whether it can be meant: every ring is there, nothing is negative or not a number.</summary>
    public bool IsWhole => Good(Level) && Good(Pattern) && Noise.Count == FrequencyBins.Count && Noise.All(Good)
        && Power.Count == FrequencyBins.Count && Power.All(parts => parts.Count == MotionSpectrum.Parts && parts.All(Good));

    /// <summary>Writes one down.</summary>
    /// <param name="spectrum">What was learnt.</param>
    /// <param name="level">Usual mean counts of the frames it was learnt from.</param>
    /// <param name="unit">Counts of one unit of the pictures that it was learnt from.</param>
    public static RecordingSpectrum Of(MotionSpectrum spectrum, double level, double unit)
    {
        ArgumentNullException.ThrowIfNull(spectrum);
        var scale = unit * unit;
        return new RecordingSpectrum
        {
            Level = level,
            Noise = [.. spectrum.Noise.Select(noise => Short(scale * noise))],
            Power = [.. spectrum.Power.Select(parts => (IReadOnlyList<double>)[.. parts.Select(power => Short(scale * power))])],
            Pattern = Short(scale * spectrum.Pattern),
        };
    }

    /// <summary>The spectrum of pictures whose usual level is another one, as it is where the beam changed since.</summary>
    /// <param name="level">Usual mean counts there; 0 where they lie about zero.</param>
    public MotionSpectrum At(double level)
    {
        var scale = Level > 0 && level > 0 ? level / Level * (level / Level) : 1;
        var spectrum = new MotionSpectrum { Pattern = scale * Pattern };
        for (var bin = 0; bin < FrequencyBins.Count; bin++)
        {
            spectrum.Noise[bin] = scale * Noise[bin];
            for (var part = 0; part < MotionSpectrum.Parts; part++)
            {
                spectrum.Power[bin][part] = scale * Power[bin][part];
            }
        }

        return spectrum;
    }

    // Far more digits than are known, and short enough for a card that people may read.
    private static double Short(double value) => double.IsFinite(value) && value != 0 ? double.Parse(value.ToString("G6", System.Globalization.CultureInfo.InvariantCulture), System.Globalization.CultureInfo.InvariantCulture) : value;

    private static bool Good(double value) => double.IsFinite(value) && value >= 0;
}
