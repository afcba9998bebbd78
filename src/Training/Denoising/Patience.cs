namespace LiveLtem.Training.Denoising;

/// <summary>Ends a training that brings nothing: on a recording that holds no picture, the next frames are explained no better however long it learns.</summary>
/// <param name="before">Gain of each held-out sample by the network that it started from.</param>
internal sealed class Patience(IReadOnlyList<double> before)
{
    /// <summary>Steps that any training is given.</summary>
    public const int FewestSteps = 100;

    // Of the same samples before and after, so that the noise of the samples themselves is no part of the error.
    private const double Doubt = 2;

    /// <summary>Why it ended; null while it has not.</summary>
    public string? Reason { get; private set; }

    /// <summary>Looks at a training.</summary>
    /// <param name="step">Steps done.</param>
    /// <param name="gains">Gain of each held-out sample, in the order in which they were judged before.</param>
    public bool IsOver(long step, IReadOnlyList<double> gains)
    {
        var (change, err) = MeanOf([.. gains.Zip(before, (now, then) => now - then)]);
        if (step >= FewestSteps && !(change > Doubt * err))
        {
            Reason = FormattableString.Invariant($"held-out frames gain nothing ({100 * change:F2} +- {100 * err:F2} % of the linear filter's squared error)");
        }

        return Reason is not null;
    }

    /// <summary>Mean of some figures and its 1-sigma error.</summary>
    public static (double Mean, double Err) MeanOf(IReadOnlyList<double> figures)
    {
        var mean = figures.Average();
        return (mean, Math.Sqrt(figures.Sum(figure => (figure - mean) * (figure - mean)) / Math.Max(1, figures.Count - 1) / figures.Count));
    }
}
