using LiveLtem.Inference.Segment;

namespace LiveLtem.Inference.Pose;

/// <summary>One particle that may be in a frame: where it is thought to be, and what the fits say.</summary>
internal sealed class Hypothesis
{
    /// <summary>The piece of the mask it came from; a default one where only memory says that it is there.</summary>
    public Blob Blob { get; init; }

    /// <summary>The particle of earlier frames it continues, or null.</summary>
    public KnownParticle? Known { get; init; }

    /// <summary>True where the piece shows the whole particle alone: its size is then fitted without a prior.</summary>
    public bool Whole { get; init; }

    /// <summary>True where the border cuts it, by its piece of the mask or, where it has none, by its pose when it was last fitted.</summary>
    public bool IsCut { get; set; }

    /// <summary>True where the pixels were asked whether it is there besides those around it, and said yes.</summary>
    public bool IsProven { get; init; }

    /// <summary>Present pose: the guess, then the best fit.</summary>
    public ShapePose Pose { get; set; }

    /// <summary>What stands for it where its neighbours are fitted: an irregular particle has no outline to draw, so the best regular shape does.</summary>
    public ShapePose Drawn
    {
        get
        {
            if (Pose.Kind == ShapeKind.Irregular)
            {
                foreach (var (kind, fit, _) in Fits)
                {
                    if (kind != ShapeKind.Irregular)
                    {
                        return fit.Pose;
                    }
                }
            }

            return Pose;
        }
    }

    /// <summary>Fit by shape; the entries that were tried.</summary>
    public List<(ShapeKind Kind, PoseFit Fit, double LogEvidence)> Fits { get; } = new(1);

    /// <summary>True where the recording's usual shape explained it, or is the only one in question, so that no other was tried.</summary>
    public bool IsUsual { get; set; }

    /// <summary>The fit of <see cref="Pose"/>.</summary>
    public PoseFit Fit { get; set; }

    /// <summary>Distance of the nearest other outline of its layer, px; negative where they overlap.</summary>
    public double Gap { get; set; } = double.MaxValue;

    /// <summary>Distance of the nearest other outline of any layer, px.</summary>
    public double GapOfAny { get; set; } = double.MaxValue;

    /// <summary>Log of how much better the first layer's blur explains it than the second's; null where the frame was not asked.</summary>
    public double? Focus { get; set; }

    /// <summary>Signal to noise of the whole particle, correlated noise counted.</summary>
    public double Snr { get; set; }

    /// <summary>Part of the particle's signal that the best shape leaves over.</summary>
    public double Unexplained { get; set; }

    /// <summary>The same hypothesis as it stands, to be fitted in another company without touching this one.</summary>
    public Hypothesis Copy()
    {
        var copy = new Hypothesis
        {
            Blob = Blob,
            Known = Known,
            Whole = Whole,
            IsProven = IsProven,
            IsCut = IsCut,
            Pose = Pose,
            IsUsual = IsUsual,
            Fit = Fit,
            Gap = Gap,
            GapOfAny = GapOfAny,
            Focus = Focus,
            Snr = Snr,
            Unexplained = Unexplained,
        };
        copy.Fits.AddRange(Fits);
        return copy;
    }
}
