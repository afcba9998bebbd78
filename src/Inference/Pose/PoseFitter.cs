using System.Numerics.Tensors;
using LiveLtem.Core;
using LiveLtem.Inference.Segment;

namespace LiveLtem.Inference.Pose;

/// <summary>What one fit found.</summary>
/// <param name="Pose">Where the particle is.</param>
/// <param name="XErr">1-sigma errors, px; likewise the others.</param>
/// <param name="YErr">px.</param>
/// <param name="AngleErr">Radians; 0 where there is no angle.</param>
/// <param name="S1Err">px.</param>
/// <param name="S2Err">px; 0 where there is no second size.</param>
/// <param name="ContrastErr">Fraction of the background.</param>
/// <param name="ChiSquare">Weighted squared residual over the box.</param>
/// <param name="Pixels">Pixels of the box that lie in the frame.</param>
/// <param name="Signal">Weighted squared signal of the particle: the chi-square that it explains.</param>
/// <param name="Converged">False where the equations could not be solved.</param>
internal readonly record struct PoseFit(
    ShapePose Pose, double XErr, double YErr, double AngleErr, double S1Err, double S2Err, double ContrastErr,
    double ChiSquare, int Pixels, double Signal, bool Converged)
{
    /// <summary>Contrast that the frame alone would give the shape as it stands there, whatever was expected of it.</summary>
    public double FreeContrast { get; init; }
}

/// <summary>What is already known of a particle's size, where the frame does not show the whole of it.</summary>
/// <param name="S1">Expected size, px.</param>
/// <param name="S2">Expected second size, px.</param>
/// <param name="Sigma">Its 1-sigma spread, px.</param>
/// <param name="Contrast">Expected contrast.</param>
/// <param name="ContrastSigma">Its 1-sigma spread.</param>
internal readonly record struct SizePrior(double S1, double S2, double Sigma, double Contrast, double ContrastSigma)
{
    /// <summary>1-sigma spread of the second size, px.</summary>
    public double Sigma2 { get; init; } = Sigma;

    /// <summary>Squared deviations of a pose from what is expected, each over its spread: minus twice the logarithm of the prior's density.</summary>
    public double Penalty(in ShapePose pose)
    {
        var a = (pose.S1 - S1) / Sigma;
        var b = pose.Kind.IsLong() ? (pose.S2 - S2) / Sigma2 : 0;
        var c = (pose.Contrast - Contrast) / ContrastSigma;
        return (a * a) + (b * b) + (c * c);
    }

    /// <summary>Sizes and contrast differ from the expected ones by no more than this, relative; infinite where anything is possible.</summary>
    /// <remarks>Else two particles over each other also pass for a small dark one within a large faint one.</remarks>
    public double Bound { get; init; } = double.PositiveInfinity;

    /// <summary>The nearest size that is allowed.</summary>
    public double Bounded(double size, double expected) =>
        double.IsInfinity(Bound) ? size : Math.Clamp(size, expected * (1 - Bound), expected * (1 + Bound));
}

/// <summary>Fits the edge model of one particle to the full-resolution frame.</summary>
/// <remarks>Least squares on counts over background, each pixel weighted by its noise; the last steps also apply the inverse of the noise
/// correlation, which is the generalised least-squares optimum for a detector that blurs its own noise, and whose normal matrix is then the
/// inverse covariance of the result (Aitken). Model: b (1 - c P(x, y, angle, size)) times what the neighbours let through, so that overlapped
/// edges stay usable. Not thread-safe: one fitter a thread.</remarks>
internal sealed partial class PoseFitter(ImagingModel imaging)
{
    private const double Margin = 5;
    private const float OutlierSigma = 5.5f;
    private const float LeastThrough = 0.15f;

    // Steps that move no edge by more than this, in blur widths, end the search: over them the model is as good as straight.
    private const double LastStep = 0.2;

    // Within this the correlation-aware steps find the rest by themselves, from a start that is known to be near, of a shape well resolved.
    private const double NearStep = 0.8;
    private const double Resolved = 4;
    private const int LastPasses = 3;
    private const double LevelBound = 0.1;
    private readonly FitWorkspace _work = new();
    private FitBox _box;
    private double _level;
    private double _lastContrast;
    private int _inside;

    /// <summary>Creates the fitter for a single layer, of counts that are zero without beam.</summary>
    public PoseFitter(NoiseModel noise, double blur)
        : this(new ImagingModel(noise, new EdgeBlur(blur), 0))
    {
    }

    /// <summary>Blur of the particles' edges, sigma in px.</summary>
    public EdgeBlur Blurs { get; } = imaging.Blurs;

    /// <summary>Counts without beam.</summary>
    public double ZeroCounts { get; } = imaging.ZeroCounts;

    /// <summary>Blur of the particle at hand.</summary>
    public double Blur { get; private set; } = imaging.Blurs.First;

    /// <summary>The recording's noise.</summary>
    public NoiseModel Noise { get; } = imaging.Noise;

    /// <summary>Background to fit beyond the outline of a layer's particles, px.</summary>
    public double MarginPx(int layer) => Margin + Blurs.Of(layer);

    /// <summary>Takes the pixels around a particle and what its neighbours let through; the fits that follow use them.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="background">Its background.</param>
    /// <param name="around">Where the particle is thought to be.</param>
    /// <param name="neighbours">The other particles near it, by their present poses.</param>
    /// <param name="margin">Background to take beyond the outline, px; the usual one where null.</param>
    /// <returns>False where fewer than 12 pixels lie in the frame.</returns>
    public bool Load(Frame frame, BackgroundMap background, in ShapePose around, ReadOnlySpan<ShapePose> neighbours, double? margin = null)
    {
        Blur = Blurs.Of(around.Layer);
        _box = FitBox.Around(around, margin ?? MarginPx(around.Layer));
        var n = _box.Count;
        _work.Reserve(n);
        _level = FramePatch.Read(frame, background, imaging.ZeroCounts, _box, _work.Data.AsSpan(0, n), _work.Inside.AsSpan(0, n));
        var others = _work.Others.AsSpan(0, n);
        others.Fill(1);
        foreach (var other in neighbours)
        {
            Multiply(other, others);
        }

        _inside = (int)TensorPrimitives.Sum<float>(_work.Inside.AsSpan(0, n));
        return _inside >= 12;
    }

    /// <summary>Fits one shape to the loaded pixels.</summary>
    /// <param name="start">First guess.</param>
    /// <param name="prior">What is known of the size, or null to let the frame decide.</param>
    /// <param name="iterations">Most damped steps before the last, correlation-aware ones.</param>
    /// <param name="refine">True to set the pixels' noise anew from the result before the last steps; a start that is nearly right needs it not.</param>
    public PoseFit Fit(ShapePose start, SizePrior? prior, int iterations = 8, bool refine = true)
    {
        var poseCount = ShapeRenderer.Parameters(start.Kind);
        var n = poseCount + 2;
        Span<double> h = stackalloc double[n * n];
        Span<double> g = stackalloc double[n];
        Span<double> damped = stackalloc double[n * n];
        Span<double> step = stackalloc double[n];
        var pose = start;
        var level = 1.0;
        var chi = Reweigh(pose, level) + (prior?.Penalty(pose) ?? 0);
        var damping = 1e-3;
        for (var i = 0; i < iterations; i++)
        {
            Normal(_work.Jacobian, n, h, g);
            AddPrior(pose, prior, poseCount, h, g);
            var accepted = false;
            for (var attempt = 0; attempt < 4 && !accepted; attempt++)
            {
                h.CopyTo(damped);
                for (var k = 0; k < n; k++)
                {
                    damped[(k * n) + k] *= 1 + damping;
                }

                if (!SmallSolver.Factor(damped, n))
                {
                    damping = Math.Max(damping, 1e-4) * 10;
                    continue;
                }

                g.CopyTo(step);
                SmallSolver.Solve(damped, n, step);
                if (!AllFinite(step))
                {
                    break;
                }

                var next = Stepped(pose, step, poseCount, prior);
                var nextLevel = Levelled(level + step[n - 1], prior);
                var nextChi = Evaluate(next, nextLevel, derivatives: true) + (prior?.Penalty(next) ?? 0);
                if (nextChi <= chi * (1 + 1e-9))
                {
                    accepted = true;
                    var gain = chi - nextChi;
                    var shortStep = Shift(pose, step, poseCount) < (refine || Math.Min(pose.S1, pose.S2) < Resolved * Blur ? LastStep : NearStep) * Blur;
                    pose = next;
                    level = nextLevel;
                    chi = nextChi;

                    // A step that damping cut short says nothing; from a start that is not known to be near, the gain must have run out too.
                    if (shortStep && damping <= 1e-3 && (!refine || gain < 0.1))
                    {
                        i = iterations;
                    }

                    damping = Math.Max(1e-6, damping * 0.1);
                }
                else
                {
                    damping = Math.Max(damping, 1e-4) * 10;
                }
            }

            if (!accepted)
            {
                Evaluate(pose, level, derivatives: true);
                break;
            }
        }

        if (refine)
        {
            Reweigh(pose, level);
        }

        return Finish(pose, level, prior, poseCount);
    }

    /// <summary>Weighted squared residual of a guess on the loaded pixels.</summary>
    /// <param name="pose">The guess.</param>
    /// <param name="first">True to set the pixels' noise from it; false to keep that of the guess before, so that both compare.</param>
    public double Misfit(in ShapePose pose, bool first) => first ? Reweigh(pose, 1) : Evaluate(pose, 1, derivatives: false);

    /// <summary>How well a set of particles explains a box, all as they stand.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="background">Its background.</param>
    /// <param name="box">The box.</param>
    /// <param name="particles">Everything in it.</param>
    /// <param name="pixels">Takes the pixels of the box that lie in the frame.</param>
    /// <param name="brightness">Brightness, over the background's, whose noise is taken everywhere, so that different sets compare.</param>
    /// <returns>Chi-square.</returns>
    public double Misfit(Frame frame, BackgroundMap background, FitBox box, ReadOnlySpan<ShapePose> particles, double brightness, out int pixels)
    {
        _box = box;
        var n = box.Count;
        _work.Reserve(n);
        _level = FramePatch.Read(frame, background, imaging.ZeroCounts, box, _work.Data.AsSpan(0, n), _work.Inside.AsSpan(0, n));
        var model = _work.Others.AsSpan(0, n);
        model.Fill(1);
        foreach (var particle in particles)
        {
            Multiply(particle, model);
        }

        var data = _work.Data.AsSpan(0, n);
        TensorPrimitives.Subtract(data, model, data);
        TensorPrimitives.Multiply(data, _work.Inside.AsSpan(0, n), data);
        pixels = (int)TensorPrimitives.Sum<float>(_work.Inside.AsSpan(0, n));
        return TensorPrimitives.SumOfSquares<float>(data) * _level * _level / Noise.Variance(_level * brightness);
    }

    /// <summary>What a set of particles leaves over in a box: 1 - data / model, positive where it is darker than they explain, 0 outside the frame.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="background">Its background.</param>
    /// <param name="box">The box.</param>
    /// <param name="particles">Everything in it.</param>
    /// <param name="left">Takes it, pixel by pixel.</param>
    public void Leftover(Frame frame, BackgroundMap background, FitBox box, ReadOnlySpan<ShapePose> particles, Span<float> left)
    {
        _box = box;
        var n = box.Count;
        _work.Reserve(n);
        FramePatch.Read(frame, background, imaging.ZeroCounts, box, left, _work.Inside.AsSpan(0, n));
        var model = _work.Others.AsSpan(0, n);
        model.Fill(1);
        foreach (var particle in particles)
        {
            Multiply(particle, model);
        }

        // Under several particles hardly a count is left to tell from.
        TensorPrimitives.Max(model, LeastThrough, model);
        TensorPrimitives.Divide(left, model, left);
        TensorPrimitives.Subtract(1f, left, left);
        TensorPrimitives.Multiply(left, _work.Inside.AsSpan(0, n), left);
    }

    /// <summary>Adds the residuals of the last fit to a tally of the noise.</summary>
    public void Tally(NoiseTally tally)
    {
        var n = _box.Count;
        tally.Add(
            _work.Residual.AsSpan(0, n), _work.Weight.AsSpan(0, n), _work.Coverage.AsSpan(0, n), _work.Others.AsSpan(0, n), _lastContrast, _box.Width, _level);
    }

    private PoseFit Finish(ShapePose pose, double level, SizePrior? prior, int poseCount)
    {
        var n = poseCount + 2;
        Span<double> h = stackalloc double[n * n];
        Span<double> g = stackalloc double[n];
        Span<double> factor = stackalloc double[n * n];
        var solved = false;
        for (var pass = 0; pass < LastPasses; pass++)
        {
            _work.Correlate(Noise, n, _box.Width);
            Normal(_work.Adjoint, n, h, g);
            AddPrior(pose, prior, poseCount, h, g);
            h.CopyTo(factor);
            solved = SmallSolver.Factor(factor, n);
            if (!solved)
            {
                break;
            }

            SmallSolver.Solve(factor, n, g);
            solved = AllFinite(g);
            if (!solved)
            {
                break;
            }

            pose = Stepped(pose, g, poseCount, prior);
            level = Levelled(level + g[n - 1], prior);

            // A short step stays where the edges are straight: there is nothing left to relinearise.
            if (pass == LastPasses - 1 || Shift(pose, g, poseCount) < LastStep * Blur)
            {
                if (prior is { } p && !double.IsInfinity(p.Bound))
                {
                    // A bound may have cut the step short.
                    Evaluate(pose, level, derivatives: true);
                }
                else
                {
                    Advance(g);
                }

                break;
            }

            Evaluate(pose, level, derivatives: true);
        }

        if (!solved)
        {
            return new PoseFit(pose, 0, 0, 0, 0, 0, 0, double.MaxValue, _inside, 0, false);
        }

        Span<double> err = stackalloc double[n];
        for (var k = 0; k < n; k++)
        {
            err[k] = Math.Sqrt(Math.Max(0, SmallSolver.InverseDiagonal(factor, n, k)));
        }

        _lastContrast = pose.Contrast;
        var hasAngle = pose.Kind.HasAngle();
        var size = hasAngle ? 3 : 2;
        var count = _box.Count;
        var residual = _work.Residual.AsSpan(0, count);
        double chi = TensorPrimitives.SumOfSquares<float>(residual);
        var scratch = _work.Scratch.AsSpan(0, count);
        TensorPrimitives.Multiply(_work.Coverage.AsSpan(0, count), _work.Weight.AsSpan(0, count), scratch);
        TensorPrimitives.Multiply(scratch, _work.Others.AsSpan(0, count), scratch);
        var signal = TensorPrimitives.SumOfSquares<float>(scratch) * pose.Contrast * pose.Contrast * level * level;
        var byContrast = _work.Jacobian.AsSpan(poseCount * count, count);
        var pull = TensorPrimitives.Dot<float>(byContrast, residual) / Math.Max(1e-9, TensorPrimitives.SumOfSquares<float>(byContrast));
        return new PoseFit(
            pose, err[0], err[1], hasAngle ? err[2] : 0, err[size], pose.Kind.IsLong() ? err[size + 1] : 0, err[n - 2],
            chi, _inside, signal, double.IsFinite(chi))
        {
            FreeContrast = pose.Contrast + pull,
        };
    }

    // Where sizes and contrasts are bounded, so is the liquid: else it brightens until it makes room for one particle too many.
    private static double Levelled(double level, SizePrior? prior) =>
        prior is { } expected && !double.IsInfinity(expected.Bound) ? Math.Clamp(level, 1 - LevelBound, 1 + LevelBound) : Math.Clamp(level, 0.5, 1.6);

    // How far a step moves any edge of the shape, px.
    private static double Shift(in ShapePose pose, ReadOnlySpan<double> step, int poseCount)
    {
        var size = pose.Kind.HasAngle() ? 3 : 2;
        var most = Math.Max(Math.Abs(step[0]), Math.Abs(step[1])) + (size == 3 ? Math.Abs(step[2]) * 0.5 * pose.Reach : 0);
        for (var k = size; k < poseCount; k++)
        {
            most = Math.Max(most, Math.Abs(step[k]));
        }

        return most;
    }

    // The box bounds the fit: nothing is known of what lies outside it.
    private ShapePose Stepped(in ShapePose pose, ReadOnlySpan<double> step, int poseCount, SizePrior? prior)
    {
        var reach = Math.Max(1, Math.Min(pose.S1, pose.S2));
        var hasAngle = pose.Kind.HasAngle();
        // Of what the border cuts the box may hold the visible part alone; where its size is known, its middle may lie outside.
        var beyond = _inside < _box.Count && prior is { } usual && double.IsInfinity(usual.Bound) ? Math.Max(usual.S1, usual.S2) : 0;
        var x = Math.Clamp(pose.X + Math.Clamp(step[0], -reach, reach), _box.X0 - beyond, _box.X0 + _box.Width + beyond);
        var y = Math.Clamp(pose.Y + Math.Clamp(step[1], -reach, reach), _box.Y0 - beyond, _box.Y0 + _box.Height + beyond);
        var largest = Math.Max(0.6 * Math.Max(_box.Width, _box.Height), 1.5 * beyond);
        var angle = hasAngle ? pose.Angle + Math.Clamp(step[2], -0.35, 0.35) : pose.Angle;
        var at = hasAngle ? 3 : 2;
        var s1 = Math.Clamp(pose.S1 + Math.Clamp(step[at], -0.3 * pose.S1, 0.3 * pose.S1), 0.6, largest);
        var s2 = s1;
        if (pose.Kind.IsLong())
        {
            s2 = Math.Clamp(pose.S2 + Math.Clamp(step[at + 1], -0.3 * pose.S2, 0.3 * pose.S2), 0.6, largest);
            s1 = Math.Max(s1, pose.Kind == ShapeKind.Rod ? s2 : 0);
        }

        var contrast = Math.Clamp(pose.Contrast + step[poseCount], -20, 0.999);
        if (prior is { } expected && !double.IsInfinity(expected.Bound))
        {
            s1 = expected.Bounded(s1, expected.S1);
            s2 = pose.Kind.IsLong() ? expected.Bounded(s2, expected.S2) : s1;
            contrast = Math.Sign(expected.Contrast) * expected.Bounded(Math.Abs(contrast), Math.Abs(expected.Contrast));
        }

        return pose with { X = x, Y = y, Angle = angle, S1 = s1, S2 = s2, Contrast = contrast };
    }

    private static bool AllFinite(ReadOnlySpan<double> values)
    {
        foreach (var value in values)
        {
            if (!double.IsFinite(value))
            {
                return false;
            }
        }

        return true;
    }

    private static void AddPrior(in ShapePose pose, SizePrior? prior, int poseCount, Span<double> h, Span<double> g)
    {
        if (prior is not { } p)
        {
            return;
        }

        var n = poseCount + 2;
        var at = pose.Kind.HasAngle() ? 3 : 2;
        var w = 1 / (p.Sigma * p.Sigma);
        h[(at * n) + at] += w;
        g[at] += w * (p.S1 - pose.S1);
        if (pose.Kind.IsLong())
        {
            var w2 = 1 / (p.Sigma2 * p.Sigma2);
            h[((at + 1) * n) + at + 1] += w2;
            g[at + 1] += w2 * (p.S2 - pose.S2);
        }

        var c = 1 / (p.ContrastSigma * p.ContrastSigma);
        h[(poseCount * n) + poseCount] += c;
        g[poseCount] += c * (p.Contrast - pose.Contrast);

        // The prior on the contrast only bites together with one on the level: else both slide along.
        h[((n - 1) * n) + n - 1] += 1 / (0.1 * 0.1);
    }
}
