using System.Buffers;
using System.Numerics.Tensors;
using LiveLtem.Core;
using LiveLtem.Inference.Segment;

namespace LiveLtem.Inference.Pose;

/// <summary>What the fitted particles of a frame let through, pixel by pixel: 1 where there is none, less under dark ones.</summary>
internal sealed class ParticleLight : IDisposable
{
    private readonly float[] _values;
    private readonly int _height;
    private readonly int _width;

    /// <summary>Draws them.</summary>
    /// <param name="frame">The frame they were found in.</param>
    /// <param name="particles">The particles.</param>
    /// <param name="blurs">How sharp edges are.</param>
    public ParticleLight(Frame frame, IEnumerable<Hypothesis> particles, EdgeBlur blurs)
    {
        (_height, _width) = (frame.Height, frame.Width);
        _values = ArrayPool<float>.Shared.Rent(_height * _width);
        _values.AsSpan(0, _height * _width).Fill(1);
        foreach (var particle in particles)
        {
            Multiply(particle.Drawn, blurs);
        }
    }

    /// <summary>Mean over a square of pixels inside the frame.</summary>
    /// <param name="x0">First column.</param>
    /// <param name="y0">First row.</param>
    /// <param name="side">Its side, px.</param>
    public float Mean(int x0, int y0, int side)
    {
        var sum = 0f;
        for (var y = y0; y < y0 + side; y++)
        {
            sum += TensorPrimitives.Sum<float>(_values.AsSpan((y * _width) + x0, side));
        }

        return sum / (side * side);
    }

    /// <summary>The background corrected by what these particles leave over: where they stand close, free liquid that could tell of it is rare and lies in
    /// their blurred rims.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="background">Background that they were fitted over.</param>
    /// <param name="zero">Counts without beam.</param>
    /// <param name="reachPx">Reach of the smoothing, sigma in frame pixels.</param>
    /// <param name="contrast">A place that differs from the background by a third of this is something that nobody has found yet.</param>
    public BackgroundMap Correct(Frame frame, BackgroundMap background, double zero, double reachPx, double contrast)
    {
        var step = background.Step;
        using var work = WorkImage.Bin(frame, 1, zero);
        work.GetArray(out float[] counts);
        var sums = new float[background.Values.Length];
        var weights = new float[sums.Length];
        for (var row = 0; row < background.Rows; row++)
        {
            for (var column = 0; column < background.Columns; column++)
            {
                double product = 0, square = 0;
                for (var y = row * step; y < Math.Min(_height, (row + 1) * step); y++)
                {
                    for (var x = column * step; x < Math.Min(_width, (column + 1) * step); x++)
                    {
                        double light = _values[(y * _width) + x];
                        product += light * counts[(y * _width) + x];
                        square += light * light;
                    }
                }

                var at = (row * background.Columns) + column;
                sums[at] = (float)(product / (step * step));
                weights[at] = (float)(square / (step * step));
            }
        }

        return BackgroundEstimator.Through(background, sums, weights, reachPx, 0.3 * contrast);
    }

    /// <inheritdoc/>
    public void Dispose() => ArrayPool<float>.Shared.Return(_values);

    private void Multiply(in ShapePose pose, EdgeBlur blurs)
    {
        var blur = blurs.Of(pose.Layer);
        var box = FitBox.Around(pose, EdgeProfile.Limit * blur);
        var coverage = ArrayPool<float>.Shared.Rent(box.Count);
        ShapeRenderer.Draw(pose, blur, box, coverage.AsSpan(0, box.Count), [], 0);
        var x0 = Math.Max(0, box.X0);
        var x1 = Math.Min(_width, box.X0 + box.Width);
        for (var y = Math.Max(0, box.Y0); y < Math.Min(_height, box.Y0 + box.Height) && x1 > x0; y++)
        {
            var line = coverage.AsSpan(((y - box.Y0) * box.Width) + x0 - box.X0, x1 - x0);
            TensorPrimitives.Multiply(line, -(float)pose.Contrast, line);
            TensorPrimitives.Add(line, 1f, line);
            var target = _values.AsSpan((y * _width) + x0, x1 - x0);
            TensorPrimitives.Multiply(target, line, target);
        }

        ArrayPool<float>.Shared.Return(coverage);
    }
}
