using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using LiveLtem.Core;
using LiveLtem.Inference.Segment;

namespace LiveLtem.Inference.Pose;

/// <summary>Cuts a box of pixels out of a frame, over the background there.</summary>
internal static class FramePatch
{
    /// <summary>Reads the box.</summary>
    /// <param name="frame">The full-resolution frame.</param>
    /// <param name="background">Its background, counts over <paramref name="zero"/>.</param>
    /// <param name="zero">Counts without beam.</param>
    /// <param name="box">Pixels wanted; may hang over the border.</param>
    /// <param name="data">Takes counts over background, both above zero; 1 outside the frame.</param>
    /// <param name="inside">Takes 1 in the frame, 0 outside.</param>
    /// <returns>Background at the middle of the box, counts over zero.</returns>
    public static double Read(Frame frame, BackgroundMap background, double zero, FitBox box, Span<float> data, Span<float> inside)
    {
        var bytes = frame.Bytes;
        var size = frame.Type.BytesPerPixel();
        var first = Math.Max(0, box.X0);
        var last = Math.Min(frame.Width, box.X0 + box.Width);
        double middleX = box.X0 + ((box.Width - 1) / 2.0), middleY = box.Y0 + ((box.Height - 1) / 2.0);
        var middle = background.At(middleX, middleY);
        double spanX = Math.Max(4, box.Width / 2.0), spanY = Math.Max(4, box.Height / 2.0);
        var slopeX = (background.At(middleX + spanX, middleY) - background.At(middleX - spanX, middleY)) / (2 * spanX * middle);
        var slopeY = (background.At(middleX, middleY + spanY) - background.At(middleX, middleY - spanY)) / (2 * spanY * middle);
        for (var row = 0; row < box.Height; row++)
        {
            var y = box.Y0 + row;
            var line = data.Slice(row * box.Width, box.Width);
            var mask = inside.Slice(row * box.Width, box.Width);
            mask.Clear();
            line.Fill(1);
            if (y < 0 || y >= frame.Height || last <= first)
            {
                continue;
            }

            var part = line[(first - box.X0)..(last - box.X0)];
            PixelConverter.ToFloat(bytes.Slice(((y * frame.Width) + first) * size, (last - first) * size), frame.Type, part);
            mask[(first - box.X0)..(last - box.X0)].Fill(1);
            var atRow = 1 + (slopeY * (y - middleY)) + (slopeX * (first - middleX));
            Divide(part, zero, middle, atRow, slopeX);
        }

        return middle;
    }

    // (pixel - zero) over the background along a row, in double precision, eight pixels at a time.
    private static void Divide(Span<float> part, double zero, double middle, double atRow, double slopeX)
    {
        ref var first = ref MemoryMarshal.GetReference(part);
        var at = 0;
        for (; at + 8 <= part.Length; at += 8)
        {
            var (low, high) = Vector256.Widen(Vector256.LoadUnsafe(ref first, (nuint)at));
            var place = Vector256.Create((double)at) + Vector256.Create(0.0, 1, 2, 3);
            low = (low - Vector256.Create(zero)) / (((place * slopeX) + Vector256.Create(atRow)) * middle);
            high = (high - Vector256.Create(zero)) / ((((place + Vector256.Create(4.0)) * slopeX) + Vector256.Create(atRow)) * middle);
            Vector256.Narrow(low, high).StoreUnsafe(ref first, (nuint)at);
        }

        for (; at < part.Length; at++)
        {
            part[at] = (float)((part[at] - zero) / (middle * (atRow + (slopeX * at))));
        }
    }
}
