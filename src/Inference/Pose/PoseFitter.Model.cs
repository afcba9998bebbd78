using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace LiveLtem.Inference.Pose;

/// <content>The model, its derivatives and the sums over the pixels.</content>
internal sealed partial class PoseFitter
{
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
        TensorPrimitives.Add(weight, (float)(Noise.ReadVariance / (_level * _level)), weight);
        TensorPrimitives.Max(weight, (float)(Noise.LeastVariance / (_level * _level)), weight);
        TensorPrimitives.ReciprocalSqrt(weight, weight);
        TensorPrimitives.Multiply(weight, _work.Inside.AsSpan(0, count), weight);
        var chi = Residuals(pose, level, derivatives: true);
        return chi - DropOutliers(ShapeRenderer.Parameters(pose.Kind) + 2);
    }

    // A hot pixel, a cosmic ray or a scrap of dirt in a few pixels is no part of the model: it loses its weight. Where many pixels stand out the
    // guess is wrong instead, and they must keep pulling.
    private double DropOutliers(int planes)
    {
        var count = _box.Count;
        var residual = _work.Residual.AsSpan(0, count);
        if (Math.Abs(TensorPrimitives.MaxMagnitude<float>(residual)) < OutlierSigma)
        {
            return 0;
        }

        var outliers = 0;
        foreach (var r in residual)
        {
            outliers += Math.Abs(r) > OutlierSigma ? 1 : 0;
        }

        if (outliers > Math.Max(4, 0.004 * _inside))
        {
            return 0;
        }

        var dropped = 0.0;
        for (var i = 0; i < count; i++)
        {
            if (Math.Abs(residual[i]) > OutlierSigma)
            {
                dropped += residual[i] * (double)residual[i];
                _work.Weight[i] = 0;
                residual[i] = 0;
                for (var p = 0; p < planes; p++)
                {
                    _work.Jacobian[(p * count) + i] = 0;
                }
            }
        }

        return dropped;
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

    // Residual, and the Jacobian scaled by the weights, from what was drawn last; one pass over all planes.
    private double Residuals(in ShapePose pose, double level, bool derivatives)
    {
        var count = _box.Count;
        var plane = (nuint)count;
        var poseCount = derivatives ? ShapeRenderer.Parameters(pose.Kind) : 0;
        var contrast = Vector256.Create((float)pose.Contrast);
        var bright = Vector256.Create((float)level);
        ref var data = ref MemoryMarshal.GetArrayDataReference(_work.Data);
        ref var others = ref MemoryMarshal.GetArrayDataReference(_work.Others);
        ref var coverage = ref MemoryMarshal.GetArrayDataReference(_work.Coverage);
        ref var weight = ref MemoryMarshal.GetArrayDataReference(_work.Weight);
        ref var residual = ref MemoryMarshal.GetArrayDataReference(_work.Residual);
        ref var jacobian = ref MemoryMarshal.GetArrayDataReference(_work.Jacobian);
        var chi = Vector256<float>.Zero;
        for (nuint at = 0; at < plane; at += 8)
        {
            var covered = Vector256.LoadUnsafe(ref coverage, at);
            var through = Vector256.LoadUnsafe(ref others, at);
            var w = Vector256.LoadUnsafe(ref weight, at);
            var unlit = through * (Vector256<float>.One - (contrast * covered));
            var r = (Vector256.LoadUnsafe(ref data, at) - (unlit * bright)) * w;
            r.StoreUnsafe(ref residual, at);
            chi = Vector256.FusedMultiplyAdd(r, r, chi);
            if (!derivatives)
            {
                continue;
            }

            var scale = -(w * through * bright);
            var byShape = scale * contrast;
            var to = at;
            for (var p = 0; p < poseCount; p++)
            {
                (Vector256.LoadUnsafe(ref jacobian, to) * byShape).StoreUnsafe(ref jacobian, to);
                to += plane;
            }

            (scale * covered).StoreUnsafe(ref jacobian, to);
            (unlit * w).StoreUnsafe(ref jacobian, to + plane);
        }

        return Vector256.Sum(chi);
    }

    // What the residual becomes by a step so short that the model is straight over it: saves drawing it once more.
    private void Advance(ReadOnlySpan<double> step)
    {
        var count = _box.Count;
        var residual = _work.Residual.AsSpan(0, count);
        for (var p = 0; p < step.Length; p++)
        {
            TensorPrimitives.MultiplyAdd(_work.Jacobian.AsSpan(p * count, count), -(float)step[p], residual, residual);
        }
    }

    // A neighbour reaches into a part of the box only: just that is drawn.
    private void Multiply(in ShapePose other, Span<float> through)
    {
        var blur = Blurs.Of(other.Layer);
        var own = FitBox.Around(other, EdgeProfile.Limit * blur);
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
        ShapeRenderer.Draw(other, blur, part, coverage, [], 0);
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
