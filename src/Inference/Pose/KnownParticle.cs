namespace LiveLtem.Inference.Pose;

/// <summary>What the detector remembers of a particle: enough to start the next fit, to follow it through contacts and to settle its shape.</summary>
internal sealed class KnownParticle
{
    private const double FocusBound = 60;
    private const double FocusMemory = 0.8;
    private const int SettleFrames = 10;
    private const double SettleEvidence = 25;
    private const int LeaningFrames = 8;
    private const double LeaningMemory = 0.9;
    private const double LeaningEvidence = 15;
    private readonly double[] _evidence = new double[8];
    private readonly int[] _tried = new int[8];
    private readonly double?[] _leaning = new double?[8];
    private int _usual;

    /// <summary>Present pose; sizes and contrast are running means of clear views.</summary>
    public ShapePose Pose { get; private set; }

    /// <summary>Last displacement between frames, px a frame, damped.</summary>
    public double VelocityX { get; private set; }

    /// <summary>px a frame.</summary>
    public double VelocityY { get; private set; }

    /// <summary>Log of how much better the first layer's blur explained it than the second's, over the frames; bounded, so that it can still change.</summary>
    public double Focus { get; private set; }

    /// <summary>Frames it was measured in.</summary>
    public int Seen { get; private set; }

    /// <summary>True where the pixels said that it is there besides those around it.</summary>
    public bool IsProven { get; private set; }

    /// <summary>Frames in which it was seen whole and alone.</summary>
    public int Clear { get; private set; }

    /// <summary>Frames since it was measured.</summary>
    public int Missed { get; set; }

    /// <summary>Its shape, once settled.</summary>
    public ShapeKind? Shape { get; private set; }

    /// <summary>Spread of its size from frame to frame, px, at least a twentieth of a pixel.</summary>
    public double SizeSpread { get; private set; } = 1;

    /// <summary>Takes in one measurement.</summary>
    /// <param name="hypothesis">The measurement.</param>
    /// <param name="clear">True where the particle was seen whole and alone.</param>
    public void Update(Hypothesis hypothesis, bool clear)
    {
        var pose = hypothesis.Pose;
        if (Seen == 0)
        {
            Pose = pose;
        }
        else
        {
            var frames = Missed + 1.0;
            VelocityX = 0.5 * (pose.X - Pose.X) / frames;
            VelocityY = 0.5 * (pose.Y - Pose.Y) / frames;
            // A particle never seen clearly is remembered as it was last fitted.
            var gain = clear ? Math.Max(0.1, 1.0 / (Clear + 1)) : Clear > 0 && pose.Kind == Pose.Kind ? 0 : 0.5;
            SizeSpread = clear ? Math.Max(0.05, SizeSpread + (0.2 * (Math.Abs(pose.S1 - Pose.S1) - SizeSpread))) : SizeSpread;
            Pose = pose with
            {
                S1 = Pose.S1 + (gain * (pose.S1 - Pose.S1)),
                S2 = Pose.S2 + (gain * (pose.S2 - Pose.S2)),
                Contrast = Pose.Contrast + (gain * (pose.Contrast - Pose.Contrast)),
            };
        }

        // What was said before its neighbours were known counts less and less.
        Focus = hypothesis.Focus is { } focus ? Math.Clamp((FocusMemory * Focus) + focus, -FocusBound, FocusBound) : Focus;
        Seen++;
        IsProven |= hypothesis.IsProven;
        Clear += clear ? 1 : 0;
        Missed = 0;
        if (Shape is null && (clear || hypothesis.IsUsual))
        {
            Weigh(hypothesis);
        }

        Lean(hypothesis);
    }

    /// <summary>Forgets which layer and which shape it was thought to have, because blurs and sizes are known better now; where it is stays.</summary>
    public void Reconsider()
    {
        Focus = 0;
        Shape = null;
        _usual = 0;
        Array.Clear(_evidence);
        Array.Clear(_tried);
        Array.Clear(_leaning);
    }

    /// <summary>Whether a shape is worth a fit in a view that cannot settle the question: after some frames only those near the leading one are, and
    /// now and then all again.</summary>
    public bool IsOpen(ShapeKind kind)
    {
        if (Seen < LeaningFrames || Seen % LeaningFrames == 0)
        {
            return true;
        }

        // An irregular particle still needs the best regular shape, so it does not count here; nor does a shape that nobody tried.
        var top = double.NegativeInfinity;
        for (var k = 0; k < _leaning.Length; k++)
        {
            top = k == (int)ShapeKind.Irregular || _leaning[k] is not { } leaning ? top : Math.Max(top, leaning);
        }

        return _leaning[(int)kind] is not { } own || own > top - LeaningEvidence;
    }

    /// <summary>What the last frames say of a shape: log of its evidence over that of the best one, summed up and fading; 0 where nobody tried it.</summary>
    public double Leaning(ShapeKind kind) => _leaning[(int)kind] ?? 0;

    /// <summary>Best shape so far.</summary>
    public ShapeKind Likely()
    {
        if (Shape is { } settled)
        {
            return settled;
        }

        var best = Pose.Kind;
        foreach (var kind in Enum.GetValues<ShapeKind>())
        {
            if (_tried[(int)kind] > 0 && (_tried[(int)best] == 0 || _evidence[(int)kind] > _evidence[(int)best]))
            {
                best = kind;
            }
        }

        return best;
    }

    // Unlike the evidence of clear views this one fades: a covered particle looks like something else for a while.
    private void Lean(Hypothesis hypothesis)
    {
        if (hypothesis.Fits.Count < 2)
        {
            return;
        }

        var top = hypothesis.Fits.Max(f => f.LogEvidence);
        foreach (var (kind, _, evidence) in hypothesis.Fits)
        {
            _leaning[(int)kind] = (LeaningMemory * (_leaning[(int)kind] ?? 0)) + Math.Max(evidence - top, -30);
        }
    }

    private void Weigh(Hypothesis hypothesis)
    {
        if (hypothesis.IsUsual)
        {
            // The recording's usual shape explained it without asking further.
            _usual++;
            if (_usual >= 3 && _tried.Max() == 0)
            {
                Shape = hypothesis.Pose.Kind;
            }

            return;
        }

        var top = hypothesis.Fits.Max(f => f.LogEvidence);
        foreach (var (kind, _, evidence) in hypothesis.Fits)
        {
            // One bad frame must not settle a shape for good.
            _evidence[(int)kind] += Math.Max(evidence - top, -30);
            _tried[(int)kind]++;
        }

        var frames = _tried.Max();
        var best = Likely();
        var second = double.NegativeInfinity;
        foreach (var kind in Enum.GetValues<ShapeKind>())
        {
            if (kind != best && kind.Symmetry() != best.Symmetry() && _tried[(int)kind] > 0)
            {
                second = Math.Max(second, _evidence[(int)kind]);
            }
        }

        if (frames + _usual >= SettleFrames || (frames >= 3 && best != ShapeKind.Irregular && _evidence[(int)best] - second > SettleEvidence))
        {
            Shape = best;
        }
    }
}
