using System.Numerics.Tensors;
using LiveLtem.Core;

namespace LiveLtem.Inference.Denoise;

/// <summary>Takes a frame's mean off and puts it back, so that a beam that flickers does not look like a specimen that changes.</summary>
internal static class FrameLevel
{
    // A frame that has less than this of the recording's usual counts was taken without beam, or nearly so; one with more was taken with another beam.
    private const double Least = 0.4;
    private const double Most = 2.5;

    /// <summary>The frame as float with its mean taken off, scaled to the recording's usual level.</summary>
    /// <param name="frame">Any frame.</param>
    /// <param name="usual">Mean counts of the recording's first frames; 0 before they are known.</param>
    /// <param name="picture">Out: row-major [height, width].</param>
    /// <returns>Mean counts, and what to multiply by on the way back.</returns>
    public static (float Mean, float Scale) TakeOff(Frame frame, double usual, Span<float> picture)
    {
        frame.CopyTo(picture);
        var mean = Mean(picture, frame.Width);
        var scale = usual > 0 && IsUsual(mean, usual) ? mean / usual : 1;
        TensorPrimitives.Subtract(picture, (float)mean, picture);
        TensorPrimitives.Multiply(picture, (float)(1 / scale), picture);
        return ((float)mean, (float)scale);
    }

    /// <summary>Whether a frame was taken with the recording's beam.</summary>
    public static bool IsUsual(double mean, double usual) => usual <= 0 || (mean > Least * usual && mean < Most * usual);

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
