namespace LiveLtem.Inference.Soft;

/// <summary>Carries the known molecules from frame to frame: where each is now, and how it looks.</summary>
internal sealed class MoleculeFollower(int height, int width)
{
    /// <summary>Least distance from an outline to the edge of its window, px.</summary>
    public const int RoomPx = 12;

    private const int RingFromPx = 4;
    private const int RingToPx = 10;
    private const double MostFrames = 16;
    private const double ShortFrames = 3;
    private const double WantedOverNoise = 7;
    private const double ChangeSigmas = 3.5;
    private const double FewestAfterChange = 6;
    private const int LevelEvery = 3;

    /// <summary>Frames for which a molecule is young.</summary>
    public const int YoungFrames = 6;

    private readonly OutlineDrawer _drawer = new();
    private readonly MoleculeWindow _window = new(height, width);
    private readonly MoleculeMeter _meter = new(height, width);
    private double _step = 0.4;

    /// <summary>Noise of the raw frames' contrast.</summary>
    public SoftNoise Noise
    {
        get => _meter.Noise;
        set => _meter.Noise = value;
    }

    /// <summary>Summed contrast of a whole molecule of middling size, px^2; 0 where none was seen whole.</summary>
    public double TypicalMassPx2
    {
        get => _meter.TypicalMassPx2;
        set => _meter.TypicalMassPx2 = value;
    }

    /// <summary>Longest that a whole molecule of middling size becomes, px; 0 where none was seen whole.</summary>
    public double TypicalLengthPx
    {
        get => _meter.TypicalLengthPx;
        set => _meter.TypicalLengthPx = value;
    }

    /// <summary>Starts a molecule's picture from one averaged already.</summary>
    public void Start(SoftMolecule molecule, Plane recent, double frames)
    {
        _window.LookAlone(molecule);
        _window.Cut(molecule, recent, 0, _window.Values);
        var values = _window.Values.AsSpan(0, molecule.Side * molecule.Side);
        values.Replace(float.NaN, 0);
        molecule.Start(values, Math.Max(1, frames));
        Draw(molecule);
    }

    /// <summary>Follows all of them through one frame.</summary>
    /// <param name="molecules">In the order of their age.</param>
    /// <param name="contrast">The raw frame's contrast.</param>
    /// <param name="denoised">The denoised frame's, or null; looked at for molecules younger than <see cref="YoungFrames"/>.</param>
    public void Follow(IReadOnlyList<SoftMolecule> molecules, Plane contrast, Plane? denoised)
    {
        _meter.Clear();
        _window.Own(molecules);
        foreach (var molecule in molecules)
        {
            Follow(molecule, contrast, denoised);
        }
    }

    /// <summary>What the latest frame says of a molecule; null for one that was begun in it and lies out of the frame.</summary>
    public LiveLtem.Core.Detection? Detection(SoftMolecule molecule) => _meter.Detection(molecule);

    private void Follow(SoftMolecule molecule, Plane contrast, Plane? denoised)
    {
        var side = molecule.Side;
        _window.Look(molecule);
        _window.Cut(molecule, contrast, molecule.Offset, _window.Values);
        _window.WidenOwn(molecule, MoleculeMeter.RimPx);
        var mean = molecule.Age >= 3 ? molecule.MassPx2 : (double?)null;
        var moments = FeatureMeter.Moments(_window.Values, _window.Wide, molecule.Half, mean, Noise.Sum);
        if (molecule.Age % LevelEvery == 0)
        {
            Level(molecule, side);
        }

        if (moments.Mass > 0 && double.IsFinite(moments.XErr))
        {
            var variance = (moments.XErr * moments.XErr + moments.YErr * moments.YErr) / 2;
            var surprise = molecule.Move(molecule.CentreX + moments.X, molecule.CentreY + moments.Y, Math.Max(variance, 0.01), _step);
            _step = Math.Clamp(_step * Math.Exp(0.01 * (surprise - 1)), 0.01, 25);
        }
        else
        {
            molecule.Coast(_step);
        }

        molecule.Weigh(moments.Mass, moments.MassErr);
        molecule.Recentre(RoomPx);
        side = molecule.Side;
        _window.Look(molecule);
        _window.Cut(molecule, contrast, molecule.Offset, _window.Values);
        molecule.Average(_window.Values.AsSpan(0, side * side), Memory(molecule), ShortFrames);
        if (molecule.Age > FewestAfterChange && HasChanged(molecule))
        {
            molecule.StartOver();
        }

        if (denoised is null || molecule.Age > YoungFrames)
        {
            Draw(molecule);
        }
        else
        {
            DrawOnBoth(molecule, denoised);
        }

        _meter.Measure(molecule, _window);
    }

    // A molecule that was just begun has few frames of its own: the denoised frame helps out. Later its own picture, which moves with it and starts
    // over when the shape changes, is the better one.
    private void DrawOnBoth(SoftMolecule molecule, Plane denoised)
    {
        var count = molecule.Side * molecule.Side;
        var picture = _window.Picture;
        _window.Cut(molecule, denoised, molecule.Offset, picture);
        for (var i = 0; i < count; i++)
        {
            picture[i] = float.IsNaN(picture[i]) ? molecule.Long[i] : (picture[i] + molecule.Long[i]) / 2;
        }

        var sigma = _meter.Blur(molecule);
        _drawer.Draw(molecule, picture.AsSpan(0, count), _meter.Blurred(sigma) * Math.Sqrt(molecule.LongVariance), sigma, _window.Foreign);
    }

    private void Draw(SoftMolecule molecule)
    {
        var sigma = _meter.Blur(molecule);
        _drawer.Draw(molecule, molecule.Long, _meter.Blurred(sigma) * Math.Sqrt(molecule.LongVariance), sigma, _window.Foreign);
    }

    // As many frames as the outline needs, no more: each makes it later.
    private double Memory(SoftMolecule molecule)
    {
        if (molecule.Plateau <= 0)
        {
            return MostFrames;
        }

        var wanted = WantedOverNoise * _meter.Blurred(_meter.Blur(molecule)) / molecule.Plateau;
        return Math.Clamp(wanted * wanted / 2, 2, MostFrames);
    }

    // Whether the last frames show more or less inside the outline, or around it, than the long average does.
    private bool HasChanged(SoftMolecule molecule)
    {
        var side = molecule.Side;
        if (molecule.ShortVariance <= molecule.LongVariance)
        {
            return false;
        }

        _window.Widen(molecule, 1, _window.Wide);
        _window.Widen(molecule, RingToPx, _window.Ring);
        var (wide, ring, foreign) = (_window.Wide, _window.Ring, _window.Foreign);
        double inside = 0, insideCount = 0, around = 0, aroundCount = 0;
        for (var i = 0; i < side * side; i++)
        {
            if (foreign[i])
            {
                continue;
            }

            var more = molecule.Short[i] - molecule.Long[i];
            if (wide[i])
            {
                inside += more;
                insideCount++;
            }
            else if (ring[i])
            {
                around += more;
                aroundCount++;
            }
        }

        var unit = Noise.Sum * Math.Sqrt(molecule.ShortVariance - molecule.LongVariance);
        return insideCount > 0 && aroundCount > 0
            && ((-inside / (unit * Math.Sqrt(insideCount))) > ChangeSigmas || (around / (unit * Math.Sqrt(aroundCount))) > ChangeSigmas);
    }

    private void Level(SoftMolecule molecule, int side)
    {
        _window.Widen(molecule, RingFromPx, _window.Wide);
        _window.Widen(molecule, RingToPx, _window.Ring);
        var (wide, ring, foreign, values) = (_window.Wide, _window.Ring, _window.Foreign, _window.Values);
        double sum = 0, count = 0;
        for (var i = 0; i < side * side; i++)
        {
            if (ring[i] && !wide[i] && !foreign[i] && !float.IsNaN(values[i]))
            {
                sum += values[i];
                count++;
            }
        }

        if (count > 50)
        {
            molecule.Level(molecule.Offset + (sum / count));
        }
    }
}
