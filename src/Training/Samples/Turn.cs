namespace LiveLtem.Training.Samples;

/// <summary>One of the eight ways to turn and mirror a square picture.</summary>
/// <param name="Which">0 to 7: bit 0 swaps x and y first, bit 1 then mirrors x, bit 2 mirrors y.</param>
internal readonly record struct Turn(int Which)
{
    private bool Swaps => (Which & 1) != 0;

    private bool MirrorsX => (Which & 2) != 0;

    private bool MirrorsY => (Which & 4) != 0;

    /// <summary>Turns a square picture.</summary>
    public void Apply<T>(ReadOnlySpan<T> from, Span<T> to, int size)
    {
        var (start, stepX, stepY) = Strides(size);
        for (var y = 0; y < size; y++)
        {
            var at = start + (y * stepY);
            var row = to.Slice(y * size, size);
            for (var x = 0; x < row.Length; x++)
            {
                row[x] = from[at];
                at += stepX;
            }
        }
    }

    /// <summary>Turns a particle with its picture.</summary>
    public ParticleLabel Apply(in ParticleLabel label, int size)
    {
        var (x, y) = Swaps ? (label.YPx, label.XPx) : (label.XPx, label.YPx);
        return label with
        {
            XPx = MirrorsX ? size - 1 - x : x,
            YPx = MirrorsY ? size - 1 - y : y,
            // Swapping the axes swaps Mxx and Myy; each mirror changes the sign of Mxy.
            ElongationX = Swaps ? -label.ElongationX : label.ElongationX,
            ElongationY = MirrorsX != MirrorsY ? -label.ElongationY : label.ElongationY,
        };
    }

    // Where the new picture's first pixel comes from, and how far one goes in the old one for a step along x and y.
    private (int Start, int StepX, int StepY) Strides(int size)
    {
        var stepX = Swaps ? size : 1;
        var stepY = Swaps ? 1 : size;
        var start = 0;
        if (MirrorsX)
        {
            start += (size - 1) * stepX;
            stepX = -stepX;
        }

        if (MirrorsY)
        {
            start += (size - 1) * stepY;
            stepY = -stepY;
        }

        return (start, stepX, stepY);
    }
}
