using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
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
    double ChiSquare, int Pixels, double Signal, bool Converged);

/// <summary>What is already known of a particle's size, where the frame does not show the whole of it.</summary>
/// <param name="S1">Expected size, px.</param>
/// <param name="S2">Expected second size, px.</param>
/// <param name="Sigma">Its 1-sigma spread, px.</param>
/// <param name="Contrast">Expected contrast.</param>
/// <param name="ContrastSigma">Its 1-sigma spread.</param>
internal readonly record struct SizePrior(double S1, double S2, double Sigma, double Contrast, double ContrastSigma);

/// <summary>Fits the edge model of one particle to the full-resolution frame.</summary>
/// <remarks>Least squares on counts over background, each pixel weighted by its noise; the last steps also apply the inverse of the noise
/// correlation, which is the generalised least-squares optimum for a detector that blurs its own noise, and whose normal matrix is then the
/// inverse covariance of the result (Aitken). Model: b (1 - c P(x, y, angle, size)) times what the neighbours let through, so that overlapped
/// edges stay usable. Not thread-safe: one fitter a thread.</remarks>
internal sealed class PoseFitter(NoiseModel noise, double blur)
{
    private const double Margin = 5;
    private const float OutlierSigma = 5.5f;
    private readonly FitWorkspace _work = new();
    private FitBox _box;
    private double _level;
    private double _lastContrast;
    private int _inside;

    /// <summary>Blur of the particles' edges, sigma in px.</summary>
    public double Blur { get; } = blur;

    /// <summary>The recording's noise.</summary>
    public NoiseModel Noise { get; } = noise;

    /// <summary>Background to fit beyond the outline, px.</summary>
    public double MarginPx => Margin + Blur;

    /// <summary>Takes the pixels around a particle and what its neighbours let through; the fits that follow use them.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="background">Its background.</param>
    /// <param name="around">Where the particle is thought to be.</param>
    /// <param name="neighbours">The other particles near it, by their present poses.</param>
    /// <param name="margin">Background to take beyond the outline, px; the usual one where null.</param>
    /// <returns>False where fewer than 12 pixels lie in the frame.</returns>
    public bool Load(Frame frame, BackgroundMap background, in ShapePose around, ReadOnlySpan<ShapePose> neighbours, double? margin = null)
    {
        _box = FitBox.Around(around, margin ?? MarginPx);
        var n = _box.Count;
        _work.Reserve(n);
        _level = FramePatch.Read(frame, background, _box, _work.Data.AsSpan(0, n), _work.Inside.AsSpan(0, n));
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
        var chi = Reweigh(pose, level) + Penalty(pose, prior);
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

                var next = Stepped(pose, step, poseCount);
                var nextLevel = Math.Clamp(level + step[n - 1], 0.5, 1.6);
                var nextChi = Evaluate(next, nextLevel, derivatives: true) + Penalty(next, prior);
                if (nextChi <= chi * (1 + 1e-9))
                {
                    accepted = true;
                    var gain = chi - nextChi;
                    var moved = Math.Max(Math.Abs(step[0]), Math.Abs(step[1]));
                    pose = next;
                    level = nextLevel;
                    chi = nextChi;
                    damping = Math.Max(1e-6, damping * 0.1);
                    if (gain < 0.1 && moved < 0.05)
                    {
                        i = iterations;
                    }
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
        _level = FramePatch.Read(frame, background, box, _work.Data.AsSpan(0, n), _work.Inside.AsSpan(0, n));
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

    /// <summary>Adds the residuals of the last fit to a tally of the noise.</summary>
    public void Tally(NoiseTally tally)
    {
        var n = _box.Count;
        tally.Add(
            _work.Residual.AsSpan(0, n), _work.Weight.AsSpan(0, n), _work.Coverage.AsSpan(0, n), _work.Others.AsSpan(0, n), _lastContrast, _box.Width, _level);
    }

    /// <summary>Measures a particle without a shape: centre and axis from the moments of what it absorbs within its neighbourhood.</summary>
    /// <param name="region">Where it is; pixels to 1.35 times its outline count, weighted down to zero there.</param>
    /// <remarks>Errors by propagating the pixel noise through the moments; the sign of the axis is that of the third moment along it.</remarks>
    public PoseFit Moments(ShapePose region)
    {
        var count = _box.Count;
        var level = Level();
        double sum = 0, mx = 0, my = 0, mxx = 0, mxy = 0, myy = 0, third = 0;
        var (sin, cos) = Math.SinCos(region.Angle);
        var reach = Math.Max(region.S1, region.S2) * 1.35;
        var variance = (Noise.Variance(_level) / (_level * _level)) * Noise.Excess;
        var sign = region.Contrast < 0 ? -1 : 1;
        for (var pass = 0; pass < 2; pass++)
        {
            double cx = sum > 0 ? mx / sum : 0, cy = sum > 0 ? my / sum : 0;
            if (pass == 1)
            {
                if (!(sum > 0))
                {
                    return new PoseFit(region, 0, 0, 0, 0, 0, 0, double.MaxValue, _inside, 0, false);
                }

                sum = 0;
                mx = my = 0;
            }

            for (var i = 0; i < count; i++)
            {
                var x = _box.X0 + (i % _box.Width) - region.X;
                var y = _box.Y0 + (i / _box.Width) - region.Y;
                if ((x * x) + (y * y) > reach * reach || _work.Inside[i] == 0)
                {
                    continue;
                }

                var absorbed = sign * (1 - (_work.Data[i] / Math.Max(0.05, level * _work.Others[i])));
                sum += absorbed;
                mx += absorbed * x;
                my += absorbed * y;
                if (pass == 1)
                {
                    double dx = x - cx, dy = y - cy;
                    mxx += absorbed * dx * dx;
                    mxy += absorbed * dx * dy;
                    myy += absorbed * dy * dy;
                }
            }
        }

        if (!(sum > 0))
        {
            return new PoseFit(region, 0, 0, 0, 0, 0, 0, double.MaxValue, _inside, 0, false);
        }

        double x0 = mx / sum, y0 = my / sum;
        double xx = mxx / sum, yy = myy / sum, xy = mxy / sum;
        var angle = 0.5 * Math.Atan2(2 * xy, xx - yy);
        (sin, cos) = Math.SinCos(angle);
        var split = ((xx - yy) * (xx - yy)) + (4 * xy * xy);
        double vx = 0, vy = 0, va = 0, signal = 0;
        for (var i = 0; i < count; i++)
        {
            var x = _box.X0 + (i % _box.Width) - region.X;
            var y = _box.Y0 + (i / _box.Width) - region.Y;
            if ((x * x) + (y * y) > reach * reach || _work.Inside[i] == 0)
            {
                continue;
            }

            double dx = x - x0, dy = y - y0;
            var absorbed = sign * (1 - (_work.Data[i] / Math.Max(0.05, level * _work.Others[i])));
            var along = (dx * cos) + (dy * sin);
            third += absorbed * along * along * along;
            vx += dx * dx;
            vy += dy * dy;
            var turn = ((xx - yy) * ((dx * dy) - xy)) - (xy * ((dx * dx) - (dy * dy) - (xx - yy)));
            va += turn * turn;
            signal += absorbed * absorbed;
        }

        if (third < 0)
        {
            angle += Math.PI;
        }

        var mean = (xx + yy) / 2;
        var root = Math.Sqrt(split) / 2;
        var half = Math.Sqrt(Math.Max(0.25, 3 * (mean + root)));
        var width = Math.Sqrt(Math.Max(0.25, 3 * (mean - root)));
        var pose = region with { X = region.X + x0, Y = region.Y + y0, Angle = angle, S1 = half, S2 = width };
        var angleErr = split > 0 ? Math.Sqrt(variance * va) / (split * sum) : Math.PI;
        return new PoseFit(
            pose, Math.Sqrt(variance * vx) / sum, Math.Sqrt(variance * vy) / sum, Math.Min(Math.PI, angleErr), 0.05 * width, 0.05 * width, 0.05,
            _inside, _inside, Math.Max(0, signal - (variance / Noise.Excess * reach * reach * Math.PI)) / (variance / Noise.Excess), true);
    }

    private PoseFit Finish(ShapePose pose, double level, SizePrior? prior, int poseCount)
    {
        var n = poseCount + 2;
        Span<double> h = stackalloc double[n * n];
        Span<double> g = stackalloc double[n];
        Span<double> factor = stackalloc double[n * n];
        var solved = false;
        for (var pass = 0; pass < 2; pass++)
        {
            if (pass == 0)
            {
                _work.Correlate(Noise, n, _box.Width);
            }

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

            pose = Stepped(pose, g, poseCount);
            level = Math.Clamp(level + g[n - 1], 0.5, 1.6);

            // A short step stays where the edges are straight: there is nothing left to relinearise.
            var far = Math.Max(Math.Abs(g[0]), Math.Abs(g[1])) > 0.15 * Blur || (pose.Kind.HasAngle() && Math.Abs(g[2]) * pose.Reach > 0.3 * Blur);
            var again = pass == 0 && far;
            Evaluate(pose, level, derivatives: again);
            if (!again)
            {
                break;
            }
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
        return new PoseFit(
            pose, err[0], err[1], hasAngle ? err[2] : 0, err[size], pose.Kind.IsLong() ? err[size + 1] : 0, err[n - 2],
            chi, _inside, signal, double.IsFinite(chi));
    }

    // The box bounds the fit: nothing is known of what lies outside it.
    private ShapePose Stepped(in ShapePose pose, ReadOnlySpan<double> step, int poseCount)
    {
        var reach = Math.Max(1, Math.Min(pose.S1, pose.S2));
        var hasAngle = pose.Kind.HasAngle();
        var x = Math.Clamp(pose.X + Math.Clamp(step[0], -reach, reach), _box.X0, _box.X0 + _box.Width);
        var y = Math.Clamp(pose.Y + Math.Clamp(step[1], -reach, reach), _box.Y0, _box.Y0 + _box.Height);
        var largest = 0.6 * Math.Max(_box.Width, _box.Height);
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
            h[((at + 1) * n) + at + 1] += w;
            g[at + 1] += w * (p.S2 - pose.S2);
        }

        var c = 1 / (p.ContrastSigma * p.ContrastSigma);
        h[(poseCount * n) + poseCount] += c;
        g[poseCount] += c * (p.Contrast - pose.Contrast);

        // The prior on the contrast only bites together with one on the level: else both slide along.
        h[((n - 1) * n) + n - 1] += 1 / (0.1 * 0.1);
    }

    private static double Penalty(in ShapePose pose, SizePrior? prior)
    {
        if (prior is not { } p)
        {
            return 0;
        }

        var a = (pose.S1 - p.S1) / p.Sigma;
        var b = pose.Kind.IsLong() ? (pose.S2 - p.S2) / p.Sigma : 0;
        var c = (pose.Contrast - p.Contrast) / p.ContrastSigma;
        return (a * a) + (b * b) + (c * c);
    }

    // Products of each left plane with the residual and with the Jacobian's planes up to its own, four at a time.
    private void Normal(float[] left, int n, Span<double> h, Span<double> g)
    {
        var count = _box.Count;
        Span<double> products = stackalloc double[4];
        for (var i = 0; i < n; i++)
        {
            var a = left.AsSpan(i * count, count);
            for (var j = -1; j <= i; j += 4)
            {
                var planes = Math.Min(4, i + 1 - j);
                Products(a, j, planes, count, products);
                for (var k = 0; k < planes; k++)
                {
                    if (j + k < 0)
                    {
                        g[i] = products[k];
                    }
                    else
                    {
                        h[(i * n) + j + k] = products[k];
                        h[((j + k) * n) + i] = products[k];
                    }
                }
            }
        }
    }

    private void Products(ReadOnlySpan<float> a, int first, int planes, int count, Span<double> products)
    {
        ref var a0 = ref MemoryMarshal.GetReference(a);
        ref var p0 = ref MemoryMarshal.GetReference(Plane(first));
        ref var p1 = ref MemoryMarshal.GetReference(Plane(planes > 1 ? first + 1 : first));
        ref var p2 = ref MemoryMarshal.GetReference(Plane(planes > 2 ? first + 2 : first));
        ref var p3 = ref MemoryMarshal.GetReference(Plane(planes > 3 ? first + 3 : first));
        Vector256<float> s0 = default, s1 = default, s2 = default, s3 = default;
        for (nuint at = 0; at < (nuint)count; at += 8)
        {
            var v = Vector256.LoadUnsafe(ref a0, at);
            s0 = Vector256.FusedMultiplyAdd(v, Vector256.LoadUnsafe(ref p0, at), s0);
            s1 = Vector256.FusedMultiplyAdd(v, Vector256.LoadUnsafe(ref p1, at), s1);
            s2 = Vector256.FusedMultiplyAdd(v, Vector256.LoadUnsafe(ref p2, at), s2);
            s3 = Vector256.FusedMultiplyAdd(v, Vector256.LoadUnsafe(ref p3, at), s3);
        }

        products[0] = Vector256.Sum(s0);
        products[1] = Vector256.Sum(s1);
        products[2] = Vector256.Sum(s2);
        products[3] = Vector256.Sum(s3);

        ReadOnlySpan<float> Plane(int index) => index < 0 ? _work.Residual.AsSpan(0, count) : _work.Jacobian.AsSpan(index * count, count);
    }

    // Draws the particle, sets each pixel's noise from the model and evaluates. The noise then stays while steps are compared: a chi-square
    // whose weights follow the model would not fall along the steps that solve the normal equations.
    private double Reweigh(in ShapePose pose, double level)
    {
        var count = _box.Count;
        var coverage = _work.Coverage.AsSpan(0, count);
        ShapeRenderer.Draw(pose, Blur, _box, coverage, _work.Jacobian, count);
        var weight = _work.Weight.AsSpan(0, count);
        var scratch = _work.Scratch.AsSpan(0, count);
        Model(pose, level, coverage, weight, scratch);
        TensorPrimitives.Max(weight, 0.02f, weight);
        TensorPrimitives.Multiply(weight, (float)(Noise.VariancePerCount / _level), weight);
        TensorPrimitives.Add(weight, (float)(Noise.Variance(0) / (_level * _level)), weight);
        TensorPrimitives.ReciprocalSqrt(weight, weight);
        TensorPrimitives.Multiply(weight, _work.Inside.AsSpan(0, count), weight);
        Residuals(pose, level, derivatives: false);
        DropOutliers();
        return Residuals(pose, level, derivatives: true);
    }

    // A hot pixel, a cosmic ray or a scrap of dirt in a few pixels is no part of the model: it loses its weight. Where many pixels stand out the
    // guess is wrong instead, and they must keep pulling.
    private void DropOutliers()
    {
        var residual = _work.Residual.AsSpan(0, _box.Count);
        if (Math.Abs(TensorPrimitives.MaxMagnitude<float>(residual)) < OutlierSigma)
        {
            return;
        }

        var outliers = 0;
        foreach (var r in residual)
        {
            outliers += Math.Abs(r) > OutlierSigma ? 1 : 0;
        }

        if (outliers > Math.Max(4, 0.004 * _inside))
        {
            return;
        }

        for (var i = 0; i < residual.Length; i++)
        {
            if (Math.Abs(residual[i]) > OutlierSigma)
            {
                _work.Weight[i] = 0;
            }
        }
    }

    // Model into 'model'; what the particle itself lets through into 'open'.
    private void Model(in ShapePose pose, double level, ReadOnlySpan<float> coverage, Span<float> model, Span<float> open)
    {
        TensorPrimitives.Multiply(coverage, -(float)pose.Contrast, open);
        TensorPrimitives.Add(open, 1f, open);
        TensorPrimitives.Multiply(open, _work.Others.AsSpan(0, coverage.Length), model);
        TensorPrimitives.Multiply(model, (float)level, model);
    }

    // Fills coverage, residual and the weighted Jacobian; returns the weighted squared residual.
    private double Evaluate(in ShapePose pose, double level, bool derivatives)
    {
        var count = _box.Count;
        ShapeRenderer.Draw(pose, Blur, _box, _work.Coverage.AsSpan(0, count), derivatives ? _work.Jacobian : [], count);
        return Residuals(pose, level, derivatives);
    }

    // Residual, and the Jacobian scaled by the weights, from what was drawn last.
    private double Residuals(in ShapePose pose, double level, bool derivatives)
    {
        var count = _box.Count;
        var poseCount = ShapeRenderer.Parameters(pose.Kind);
        var coverage = _work.Coverage.AsSpan(0, count);
        var weight = _work.Weight.AsSpan(0, count);
        var residual = _work.Residual.AsSpan(0, count);
        var byContrast = _work.Jacobian.AsSpan(poseCount * count, count);
        var byLevel = _work.Jacobian.AsSpan((poseCount + 1) * count, count);
        Model(pose, level, coverage, residual, byLevel);
        if (derivatives)
        {
            TensorPrimitives.Divide(residual, (float)level, byLevel);
            TensorPrimitives.Multiply(byLevel, weight, byLevel);
            var scale = _work.Scratch.AsSpan(0, count);
            TensorPrimitives.Multiply(weight, _work.Others.AsSpan(0, count), scale);
            TensorPrimitives.Multiply(scale, -(float)level, scale);
            TensorPrimitives.Multiply(scale, coverage, byContrast);
            TensorPrimitives.Multiply(scale, (float)pose.Contrast, scale);
            for (var p = 0; p < poseCount; p++)
            {
                var plane = _work.Jacobian.AsSpan(p * count, count);
                TensorPrimitives.Multiply(plane, scale, plane);
            }
        }

        TensorPrimitives.Subtract(_work.Data.AsSpan(0, count), residual, residual);
        TensorPrimitives.Multiply(residual, weight, residual);
        return TensorPrimitives.SumOfSquares<float>(residual);
    }

    // Brightness of the free pixels along the rim of the box, in units of the background.
    private double Level()
    {
        double sum = 0;
        var n = 0;
        for (var row = 0; row < _box.Height; row++)
        {
            for (var column = 0; column < _box.Width; column++)
            {
                var i = (row * _box.Width) + column;
                var rim = row < 2 || column < 2 || row >= _box.Height - 2 || column >= _box.Width - 2;
                if (rim && _work.Inside[i] > 0 && Math.Abs(_work.Others[i] - 1) < 0.02f)
                {
                    sum += _work.Data[i];
                    n++;
                }
            }
        }

        return n > 8 ? sum / n : 1;
    }

    // A neighbour reaches into a part of the box only: just that is drawn.
    private void Multiply(in ShapePose other, Span<float> through)
    {
        var own = FitBox.Around(other, EdgeProfile.Limit * Blur);
        var firstRow = Math.Max(own.Y0, _box.Y0) - _box.Y0;
        var rows = Math.Min(own.Y0 + own.Height, _box.Y0 + _box.Height) - _box.Y0 - firstRow;
        var firstColumn = (Math.Max(own.X0, _box.X0) - _box.X0) / 8 * 8;
        var columns = ((Math.Min(own.X0 + own.Width, _box.X0 + _box.Width) - _box.X0 - firstColumn) + 7) / 8 * 8;
        if (rows <= 0 || columns <= 0)
        {
            return;
        }

        var part = new FitBox(_box.X0 + firstColumn, _box.Y0 + firstRow, columns, rows);
        var coverage = _work.Coverage.AsSpan(0, part.Count);
        ShapeRenderer.Draw(other, Blur, part, coverage, [], 0);
        for (var row = 0; row < rows; row++)
        {
            var line = coverage.Slice(row * columns, columns);
            TensorPrimitives.Multiply(line, -(float)other.Contrast, line);
            TensorPrimitives.Add(line, 1f, line);
            var target = through.Slice(((firstRow + row) * _box.Width) + firstColumn, columns);
            TensorPrimitives.Multiply(target, line, target);
        }
    }
}
