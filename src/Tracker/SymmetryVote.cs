using LiveLtem.Core;

namespace LiveLtem.Tracker;

/// <summary>Sums the evidence for each symmetry over a track's first frames.</summary>
/// <remarks>Differences of log-evidence within a frame add up over independent frames. Each is held to a limit, so that one spoilt frame
/// cannot outvote the others, and frames in which the outline is cut or shared count less.</remarks>
internal sealed class SymmetryVote
{
    private const int Highest = 12;
    private const double LimitPerFrame = 50;
    private const double AbsentPenalty = 10;
    private const double SpoiltWeight = 0.2;

    private readonly double[] _evidence = new double[Highest + 1];
    private readonly bool[] _seen = new bool[Highest + 1];

    /// <summary>Frames that have voted.</summary>
    public int Frames { get; private set; }

    /// <summary>The symmetry with most evidence so far; of equals the one that was fitted best first, then the lower.</summary>
    public int Leader
    {
        get
        {
            var best = -1;
            for (var s = 0; s <= Highest; s++)
            {
                if (_seen[s] && (best < 0 || _evidence[s] > _evidence[best]))
                {
                    best = s;
                }
            }

            return Math.Max(best, 0);
        }
    }

    /// <summary>Adds one detection's fits.</summary>
    public void Add(Detection detection)
    {
        double best = double.NegativeInfinity, worst = double.PositiveInfinity;
        foreach (var fit in detection.Fits)
        {
            if (double.IsFinite(fit.LogEvidence))
            {
                best = Math.Max(best, fit.LogEvidence);
                worst = Math.Min(worst, fit.LogEvidence);
            }
        }

        if (!double.IsFinite(best))
        {
            best = worst = 0;
        }

        var spoilt = (detection.Flags & (DetectionFlags.Border | DetectionFlags.Contact | DetectionFlags.Covered)) != 0;
        var weight = spoilt ? SpoiltWeight : 1;
        Span<double> gains = stackalloc double[Highest + 1];
        gains.Fill(-Math.Min(best - worst + AbsentPenalty, LimitPerFrame));
        foreach (var fit in detection.Fits)
        {
            if (fit.Symmetry is >= 0 and <= Highest)
            {
                gains[fit.Symmetry] = double.IsFinite(fit.LogEvidence) ? -Math.Min(best - fit.LogEvidence, LimitPerFrame) : -LimitPerFrame;
                _seen[fit.Symmetry] = true;
            }
        }

        // Between equals the order of the fits decides.
        if (detection.Best.Symmetry is >= 0 and <= Highest)
        {
            gains[detection.Best.Symmetry] += 1e-6;
        }

        for (var s = 0; s <= Highest; s++)
        {
            _evidence[s] += weight * gains[s];
        }

        Frames++;
    }
}
