using System.Runtime.InteropServices;

namespace LiveLtem.Inference.Soft;

/// <summary>Which pixels of a window belong to something: row-major square masks, read and widened many pixels at a time.</summary>
internal static class Masks
{
    /// <summary>Where a row's marked pixels lie.</summary>
    /// <param name="mask">[side, side].</param>
    /// <param name="side">Pixels of a row.</param>
    /// <param name="row">Which one.</param>
    /// <param name="first">First marked pixel.</param>
    /// <param name="end">One past the last.</param>
    /// <returns>False where none is marked.</returns>
    public static bool Extent(ReadOnlySpan<bool> mask, int side, int row, out int first, out int end)
    {
        var line = mask.Slice(row * side, side);
        first = line.IndexOf(true);
        end = first < 0 ? 0 : line.LastIndexOf(true) + 1;
        return first >= 0;
    }

    /// <summary>Bytes of work that <see cref="Dilate"/> needs.</summary>
    public static int WorkLength(int side, int by) => 2 * (side + (2 * by)) * (side + (2 * by));

    /// <summary>Marks what lies within a square around a marked pixel.</summary>
    /// <param name="mask">[side, side].</param>
    /// <param name="side">Pixels of a row.</param>
    /// <param name="by">Pixels from the middle of the square to its edge.</param>
    /// <param name="into">Out; may be the mask itself.</param>
    /// <param name="work">At least <see cref="WorkLength"/> bytes.</param>
    /// <remarks>A run of marked pixels is joined with itself, shifted by 1, 2, 4, … until it is as long as the square, along the rows and then down
    /// the columns. Empty rims of the square's width keep rows apart, so that the whole window is one long row.</remarks>
    public static void Dilate(ReadOnlySpan<bool> mask, int side, int by, Span<bool> into, Span<byte> work)
    {
        var stride = side + (2 * by);
        var now = work[..(stride * stride)];
        var next = work.Slice(stride * stride, stride * stride);
        now.Clear();
        for (var y = 0; y < side; y++)
        {
            MemoryMarshal.AsBytes(mask.Slice(y * side, side)).CopyTo(now.Slice(((y + by) * stride) + by, side));
        }

        // Afterwards a place says what lies within 2 by + 1 places from it on: the one for a pixel lies by to the left of it, and by above.
        Spread(ref now, ref next, 1, (2 * by) + 1);
        Spread(ref now, ref next, stride, (2 * by) + 1);
        for (var y = 0; y < side; y++)
        {
            now.Slice(y * stride, side).CopyTo(MemoryMarshal.AsBytes(into.Slice(y * side, side)));
        }
    }

    private static void Spread(ref Span<byte> now, ref Span<byte> next, int step, int length)
    {
        for (var reached = 1; reached < length;)
        {
            var shift = Math.Min(reached, length - reached);
            var kept = Math.Max(0, now.Length - (shift * step));
            System.Numerics.Tensors.TensorPrimitives.BitwiseOr<byte>(now[..kept], now[(shift * step)..], next);
            now[kept..].CopyTo(next[kept..]);
            var other = now;
            now = next;
            next = other;
            reached += shift;
        }
    }
}
