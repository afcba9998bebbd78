using System.Numerics.Tensors;

namespace LiveLtem.Inference.Soft;

/// <summary>Draws a molecule's outline on its averaged picture. Keeps its buffers; not thread-safe.</summary>
internal sealed class OutlineDrawer
{
    /// <summary>The outline lies where a blurred edge has fallen to half; a little below, as thickness falls off towards it.</summary>
    private const double EdgeLevel = 0.42;

    /// <summary>Standard deviations of the picture's noise that the outline stays clear of.</summary>
    private const double LeastOverNoise = 2.2;

    /// <summary>Level over the edge's where the molecule was before: what was seen once needs less to stay.</summary>
    private const float KeptLevel = 0.8f;
    private const double PlateauMemory = 0.15;
    private readonly Dictionary<int, PlaneBlur> _blurs = [];
    private readonly List<int> _pixels = [];
    private readonly Queue<int> _flood = new();
    private float[] _smooth = [];
    private bool[] _mask = [];

    /// <summary>Draws it.</summary>
    /// <param name="molecule">Gets its new outline and typical contrast.</param>
    /// <param name="picture">Averaged contrast in its window.</param>
    /// <param name="noise">Noise of the picture when blurred by a sigma.</param>
    /// <param name="sigma">Blur, px.</param>
    /// <param name="isForeign">Pixels of the window that belong to others.</param>
    public void Draw(SoftMolecule molecule, ReadOnlySpan<float> picture, double noise, double sigma, ReadOnlySpan<bool> isForeign)
    {
        var side = molecule.Side;
        if (_smooth.Length < side * side)
        {
            _smooth = new float[side * side];
            _mask = new bool[side * side];
        }

        var key = (int)Math.Round(sigma * 4);
        if (!_blurs.TryGetValue(key, out var blur))
        {
            _blurs[key] = blur = new PlaneBlur(key / 4.0);
        }

        blur.Apply(picture, side, side, _smooth);
        var seed = Seed(molecule, isForeign);
        if (seed < 0)
        {
            return;
        }

        var plateau = molecule.Plateau > 0 ? molecule.Plateau : _smooth[seed];
        Flood(seed, side, (float)Math.Max(EdgeLevel * plateau, LeastOverNoise * noise), isForeign, molecule.Outline);
        if (_pixels.Count == 0)
        {
            return;
        }

        var values = new float[_pixels.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = _smooth[_pixels[i]];
        }

        Array.Sort(values);
        var upper = TensorPrimitives.Sum<float>(values.AsSpan(values.Length / 2)) / (values.Length - (values.Length / 2));
        molecule.Plateau = molecule.Plateau > 0 ? molecule.Plateau + (PlateauMemory * (upper - molecule.Plateau)) : upper;
        _mask.AsSpan(0, side * side).CopyTo(molecule.Outline);
        molecule.AreaPx = _pixels.Count;
    }

    // The strongest place of where it was, so that noise at the rim of the window starts nothing.
    private int Seed(SoftMolecule molecule, ReadOnlySpan<bool> isForeign)
    {
        var side = molecule.Side;
        var best = -1;
        var top = 0f;
        for (var y = 0; y < side; y++)
        {
            if (!Masks.Extent(molecule.Outline, side, y, out var first, out var end))
            {
                continue;
            }

            for (var i = (y * side) + first; i < (y * side) + end; i++)
            {
                if (molecule.Outline[i] && !isForeign[i] && _smooth[i] > top)
                {
                    (best, top) = (i, _smooth[i]);
                }
            }
        }

        return best;
    }

    private void Flood(int seed, int side, float level, ReadOnlySpan<bool> isForeign, bool[] before)
    {
        _pixels.Clear();
        _mask.AsSpan(0, side * side).Clear();
        if (_smooth[seed] < KeptLevel * level)
        {
            return;
        }

        _mask[seed] = true;
        _flood.Enqueue(seed);
        while (_flood.TryDequeue(out var at))
        {
            _pixels.Add(at);
            var x = at % side;
            if (x > 0)
            {
                Try(at - 1, level, isForeign, before);
            }

            if (x < side - 1)
            {
                Try(at + 1, level, isForeign, before);
            }

            if (at >= side)
            {
                Try(at - side, level, isForeign, before);
            }

            if (at < side * (side - 1))
            {
                Try(at + side, level, isForeign, before);
            }
        }
    }

    private void Try(int at, float level, ReadOnlySpan<bool> isForeign, bool[] before)
    {
        if (!_mask[at] && !isForeign[at] && _smooth[at] >= (before[at] ? KeptLevel * level : level))
        {
            _mask[at] = true;
            _flood.Enqueue(at);
        }
    }
}
