using System.Numerics.Tensors;
using LiveLtem.Core;

namespace LiveLtem.Inference.Denoise;

/// <summary>Takes a frame's mean off, so that a beam that flickers does not look like a specimen that changes, and puts it back.</summary>
public sealed class RecordingLevel
{
    // A frame that has less than this of the recording's usual counts was taken without beam, or nearly so; one with more was taken with another beam.
    private const double Least = 0.4;
    private const double Most = 2.5;

    // Counts about zero: their mean is no measure of the beam.
    private const double LeastInRms = 0.5;
    private readonly double _usual;

    /// <summary>Learns the recording's usual level.</summary>
    /// <param name="first">Its first frames; at least one.</param>
    public RecordingLevel(IReadOnlyList<Frame> first)
    {
        ArgumentNullException.ThrowIfNull(first);
        if (first.Count == 0)
        {
            throw new ArgumentException("at least one frame is needed to learn from", nameof(first));
        }

        var picture = new float[first[0].Height * first[0].Width];
        var means = new List<double>();
        var spread = 0.0;
        foreach (var frame in first)
        {
            frame.CopyTo(picture);
            means.Add(Mean(picture, frame.Width));
            spread = TensorPrimitives.StdDev<float>(picture);
        }

        var usual = means.Order().ElementAt(means.Count / 2);
        _usual = usual > LeastInRms * spread ? usual : 0;
    }

    /// <summary>The recording's usual mean counts; 0 where its counts lie about zero.</summary>
    public double Usual => _usual;

    /// <summary>The frame as float with its mean taken off, scaled to the recording's usual level.</summary>
    /// <param name="frame">Any frame.</param>
    /// <param name="picture">Out: row-major [height, width].</param>
    /// <returns>Mean counts; what to multiply by on the way back; whether the frame was taken with the recording's beam.</returns>
    public (float Mean, float Scale, bool Usual) TakeOff(Frame frame, Span<float> picture)
    {
        ArgumentNullException.ThrowIfNull(frame);
        frame.CopyTo(picture);
        var mean = Mean(picture, frame.Width);
        var usual = _usual <= 0 || (mean > Least * _usual && mean < Most * _usual);
        var scale = usual && _usual > 0 ? mean / _usual : 1;
        TensorPrimitives.Subtract(picture, (float)mean, picture);
        TensorPrimitives.Multiply(picture, (float)(1 / scale), picture);
        return ((float)mean, (float)scale, usual);
    }

    private static double Mean(ReadOnlySpan<float> picture, int width)
    {
        // Row by row: a float sum over a whole frame would lose the last digits.
        var sum = 0.0;
        for (var start = 0; start < picture.Length; start += width)
        {
            sum += TensorPrimitives.Sum(picture.Slice(start, width));
        }

        return sum / picture.Length;
    }
}
