using System.Numerics.Tensors;
using LiveLtem.Core;

namespace LiveLtem.Inference.Denoise;

/// <summary>Denoises without a network: the best linear estimate from this frame and all earlier ones, by what the first frames tell of noise and motion.</summary>
/// <remarks>Frames without beam pass as they are and are not remembered. Not thread-safe.</remarks>
public sealed class SpectralDenoiser : IFrameDenoiser
{
    private const double LeastLevel = 0.5;
    private readonly FramePool _pool;
    private SpectralFilter? _filter;
    private float[] _picture = [];
    private double _usual;
    private long? _last;

    /// <summary>Creates a denoiser that has seen nothing yet.</summary>
    /// <param name="pool">Where denoised frames come from.</param>
    public SpectralDenoiser(FramePool pool) => _pool = pool;

    /// <inheritdoc/>
    public int LearningFrames => 32;

    /// <inheritdoc/>
    public void Learn(IReadOnlyList<Frame> first)
    {
        ArgumentNullException.ThrowIfNull(first);
        if (first.Count == 0)
        {
            throw new ArgumentException("at least one frame is needed to learn from", nameof(first));
        }

        var (height, width) = (first[0].Height, first[0].Width);
        _picture = new float[height * width];
        var means = first.Select(frame => (double)FrameLevel.TakeOff(frame, 0, _picture).Mean).ToArray();
        _usual = means.Order().ElementAt(means.Length / 2);
        if (_usual < LeastLevel * TensorPrimitives.StdDev<float>(_picture))
        {
            // Counts about zero: their mean is no measure of the beam.
            _usual = 0;
        }

        using var estimator = new SpectrumEstimator(height, width);
        for (var i = 0; i < first.Count; i++)
        {
            if (FrameLevel.IsUsual(means[i], _usual))
            {
                FrameLevel.TakeOff(first[i], _usual, _picture);
                estimator.Add(_picture);
            }
        }

        _filter = new SpectralFilter(height, width, estimator.Estimate());
    }

    /// <inheritdoc/>
    public Frame Denoise(Frame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        var filter = _filter ?? throw new InvalidOperationException("Learn comes before Denoise");
        using var draft = _pool.Rent(frame.Height, frame.Width, PixelType.Float32);
        var picture = draft.Pixels<float>();
        var (mean, scale) = FrameLevel.TakeOff(frame, _usual, picture);
        if (FrameLevel.IsUsual(mean, _usual))
        {
            filter.Next(picture, _last is { } last ? frame.Number - last : 1);
            _last = frame.Number;
        }

        TensorPrimitives.Multiply(picture, scale, picture);
        TensorPrimitives.Add(picture, mean, picture);
        return draft.Publish(frame.Header);
    }

    /// <inheritdoc/>
    public string Describe() => _filter is { } filter
        ? FormattableString.Invariant($"linear filter in space and time, noise {filter.NoiseRms:G3} counts a pixel")
        : "nothing learnt yet";

    /// <inheritdoc/>
    public void Dispose() => _filter?.Dispose();
}
