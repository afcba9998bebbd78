namespace LiveLtem.Inference.Soft;

/// <summary>What lies around one molecule in one frame: its contrast there, which pixels are another's, and rims about its outline. Keeps its buffers
/// from molecule to molecule; not thread-safe.</summary>
internal sealed class MoleculeWindow(int height, int width)
{
    private const int WidestRimPx = 10;
    private readonly int[] _owner = new int[height * width];
    private byte[] _work = [];
    private bool _hasForeign;

    /// <summary>Contrast, NaN out of the frame.</summary>
    public float[] Values { get; private set; } = [];

    /// <summary>Room for another picture of the same window.</summary>
    public float[] Picture { get; private set; } = [];

    /// <summary>Pixels that belong to others.</summary>
    public bool[] Foreign { get; private set; } = [];

    /// <summary>The outline with a rim, as <see cref="Widen"/> was last asked for it.</summary>
    public bool[] Wide { get; private set; } = [];

    /// <summary>The outline with a wide rim, for what lies around it.</summary>
    public bool[] Ring { get; private set; } = [];

    /// <summary>Gives each pixel of the frame to the first of the molecules that covers it.</summary>
    public void Own(IReadOnlyList<SoftMolecule> molecules)
    {
        Array.Clear(_owner);
        foreach (var molecule in molecules)
        {
            molecule.Touches = false;
            for (var j = 0; j < molecule.Side; j++)
            {
                var y = molecule.CentreY - molecule.Half + j;
                if (y < 0 || y >= height || !Masks.Extent(molecule.Outline, molecule.Side, j, out var first, out var end))
                {
                    continue;
                }

                for (var i = first; i < end; i++)
                {
                    var x = molecule.CentreX - molecule.Half + i;
                    if (molecule.Outline[(j * molecule.Side) + i] && x >= 0 && x < width && _owner[(y * width) + x] == 0)
                    {
                        _owner[(y * width) + x] = molecule.Id;
                    }
                }
            }
        }
    }

    /// <summary>Makes room for a molecule and finds which pixels of its window are another's.</summary>
    public void Look(SoftMolecule molecule)
    {
        Ensure(molecule.Side);
        var side = molecule.Side;
        _hasForeign = false;
        var (first, last) = Columns(molecule);
        for (var j = 0; j < side; j++)
        {
            var y = molecule.CentreY - molecule.Half + j;
            var line = Foreign.AsSpan(j * side, side);
            line.Clear();
            if (y < 0 || y >= height || last <= first)
            {
                continue;
            }

            var row = _owner.AsSpan((y * width) + molecule.CentreX - molecule.Half + first, last - first);
            if (!row.ContainsAnyExcept(0, molecule.Id))
            {
                continue;
            }

            _hasForeign = true;
            for (var i = first; i < last; i++)
            {
                line[i] = row[i - first] is not 0 and var id && id != molecule.Id;
                if (line[i] && !molecule.Touches && Near(molecule, i, j))
                {
                    molecule.Touches = true;
                }
            }
        }
    }

    /// <summary>No pixel is another's.</summary>
    public void LookAlone(SoftMolecule molecule)
    {
        Ensure(molecule.Side);
        Foreign.AsSpan(0, molecule.Side * molecule.Side).Clear();
        _hasForeign = false;
    }

    /// <summary>Cuts the molecule's window out of a frame.</summary>
    /// <param name="molecule">Says where.</param>
    /// <param name="plane">The frame.</param>
    /// <param name="offset">Taken off.</param>
    /// <param name="into">NaN out of the frame.</param>
    public void Cut(SoftMolecule molecule, Plane plane, double offset, float[] into)
    {
        var side = molecule.Side;
        var (first, last) = Columns(molecule);
        for (var j = 0; j < side; j++)
        {
            var y = molecule.CentreY - molecule.Half + j;
            var line = into.AsSpan(j * side, side);
            if (y < 0 || y >= height || last <= first)
            {
                line.Fill(float.NaN);
                continue;
            }

            line[..first].Fill(float.NaN);
            line[last..].Fill(float.NaN);
            System.Numerics.Tensors.TensorPrimitives.Subtract(
                plane.Row(y).Slice(molecule.CentreX - molecule.Half + first, last - first), (float)offset, line[first..last]);
        }
    }

    /// <summary>The molecule's outline with a rim.</summary>
    /// <param name="molecule">Whose.</param>
    /// <param name="by">Width of the rim, px, to 10.</param>
    /// <param name="into"><see cref="Wide"/> or <see cref="Ring"/>.</param>
    public void Widen(SoftMolecule molecule, int by, bool[] into) => Masks.Dilate(molecule.Outline, molecule.Side, by, into, _work);

    /// <summary>The outline with a rim in <see cref="Wide"/>, less what belongs to others.</summary>
    public void WidenOwn(SoftMolecule molecule, int by)
    {
        Widen(molecule, by, Wide);
        for (var i = 0; _hasForeign && i < molecule.Side * molecule.Side; i++)
        {
            Wide[i] &= !Foreign[i];
        }
    }

    // Columns of the window that lie in the frame.
    private (int First, int Last) Columns(SoftMolecule molecule) =>
        (Math.Clamp(molecule.Half - molecule.CentreX, 0, molecule.Side), Math.Clamp(width - molecule.CentreX + molecule.Half, 0, molecule.Side));

    private static bool Near(SoftMolecule molecule, int i, int j)
    {
        for (var v = Math.Max(0, j - 2); v <= Math.Min(molecule.Side - 1, j + 2); v++)
        {
            for (var u = Math.Max(0, i - 2); u <= Math.Min(molecule.Side - 1, i + 2); u++)
            {
                if (molecule.Outline[(v * molecule.Side) + u])
                {
                    return true;
                }
            }
        }

        return false;
    }

    private void Ensure(int side)
    {
        if (Values.Length < side * side)
        {
            Values = new float[side * side];
            Picture = new float[side * side];
            Foreign = new bool[side * side];
            Wide = new bool[side * side];
            Ring = new bool[side * side];
            _work = new byte[Masks.WorkLength(side, WidestRimPx)];
        }
    }
}
