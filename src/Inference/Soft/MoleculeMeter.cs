using LiveLtem.Core;

namespace LiveLtem.Inference.Soft;

/// <summary>Measures molecules on the raw frame inside their outlines: centre, axis, lengths, features, each with its error.</summary>
internal sealed class MoleculeMeter(int height, int width)
{
    /// <summary>Rim about the outline within which contrast still counts, px.</summary>
    public const int RimPx = 2;

    /// <summary>Standard deviations of the third moment below which the heavier end is a guess.</summary>
    private const double ThirdSigmas = 5;
    private readonly Dictionary<int, Measured> _measured = [];

    private readonly record struct Measured(BodyMoments Body, ShapeFeatures Features, ShapeFit Fit, DetectionFlags Flags, double Score);

    /// <summary>Noise of the raw frames' contrast.</summary>
    public SoftNoise Noise { get; set; }

    /// <summary>Summed contrast of a whole molecule of middling size, px^2; 0 where none was seen whole.</summary>
    public double TypicalMassPx2 { get; set; }

    /// <summary>Longest that a whole molecule of middling size becomes, px; 0 where none was seen whole.</summary>
    public double TypicalLengthPx { get; set; }

    /// <summary>Forgets what was measured in the frame before.</summary>
    public void Clear() => _measured.Clear();

    /// <summary>What the latest frame says of a molecule; null for one that was begun in it and lies out of the frame.</summary>
    public Detection? Detection(SoftMolecule molecule)
    {
        if (!_measured.TryGetValue(molecule.Id, out var found))
        {
            return null;
        }

        return new Detection
        {
            Fits = [found.Fit],
            Score = found.Score,
            Flags = found.Flags,
            Contrast = molecule.Plateau,
            Features = found.Features,
        };
    }

    /// <summary>Measures a molecule on the raw frame inside its outline.</summary>
    /// <param name="molecule">Its outline drawn.</param>
    /// <param name="window">Holds the raw frame's contrast around it.</param>
    public void Measure(SoftMolecule molecule, MoleculeWindow window)
    {
        var side = molecule.Side;
        window.WidenOwn(molecule, RimPx);

        // The picture that drew the outline, for the axis: one noisy frame turns it at random.
        var drawn = FeatureMeter.Moments(molecule.Long, window.Wide, molecule.Half, null, Noise.Sum * Math.Sqrt(molecule.LongVariance));
        var body = FeatureMeter.Moments(window.Values, window.Wide, molecule.Half, molecule.MassPx2 > 0 ? molecule.MassPx2 : null, Noise.Sum, drawn);
        if (molecule.AreaPx == 0 || !double.IsFinite(body.GyrationErr) || !double.IsFinite(drawn.GyrationErr))
        {
            return;
        }

        var flat = Outline(molecule);
        var border = BorderCompletion.Of(molecule, height, width, (molecule.CentreX + body.X, molecule.CentreY + body.Y), TypicalMassPx2, TypicalLengthPx);
        molecule.IsCut = border.Sides != FrameSides.None;
        var flags = (molecule.Touches ? DetectionFlags.Contact : DetectionFlags.None) | (molecule.IsCut ? DetectionFlags.Border : DetectionFlags.None);
        (body, drawn) = (border.Whole(body), border.Whole(drawn));
        var axis = 0.5 * Math.Atan2(2 * drawn.Xy, drawn.Xx - drawn.Yy);
        var (sin, cos) = Math.SinCos(2 * axis);
        var elongation = ((body.Xx - body.Yy) * cos) + (2 * body.Xy * sin);
        var edge = EdgeErr(molecule);
        var boundary = 2 * Math.Sqrt(Math.PI * molecule.AreaPx);
        var features = new ShapeFeatures
        {
            IntegratedContrastPx2 = body.Mass,
            IntegratedContrastErrPx2 = body.MassErr,
            GyrationPx2 = body.Xx + body.Yy,
            GyrationErrPx2 = body.GyrationErr,
            ElongationPx2 = elongation,
            ElongationErrPx2 = body.ElongationErr,
            AreaPx2 = molecule.AreaPx,
            AreaErrPx2 = edge * Math.Sqrt(boundary * 4),
            EndToEndPx = FeatureMeter.EndToEnd(molecule.Outline, side),
            EndToEndErrPx = Math.Sqrt(2) * edge,
            OutlineGyrationPx2 = flat.Xx + flat.Yy,
        };
        var fit = Fit(molecule, body, drawn, axis, edge);
        if (molecule.IsCut)
        {
            features = features with { VisibleFraction = border.Visible };
            fit = border.Whole(fit);
        }

        else
        {
            molecule.Stretch(features.EndToEndPx);
        }

        _measured[molecule.Id] = new Measured(body, features, fit, flags, 1 / (1 + Math.Exp(3 - molecule.Evidence)));
    }

    /// <summary>How far a molecule's picture is blurred before its outline is drawn, px: fainter ones wider.</summary>
    public double Blur(SoftMolecule molecule)
    {
        var ratio = molecule.Plateau > 0 ? molecule.Plateau / Noise.Sum : 0.3;
        return ratio > 0.6 ? 1.25 : ratio > 0.3 ? 1.75 : 2.25;
    }

    /// <summary>Noise of one frame blurred that far.</summary>
    public double Blurred(double sigma) => Noise.Sum / Math.Sqrt(4 * Math.PI * ((sigma * sigma) + 0.1));

    private static ShapeFit Fit(SoftMolecule molecule, BodyMoments body, BodyMoments drawn, double axis, double edge)
    {
        var (along, across, third, thirdErr) = Extent(molecule, drawn, axis, edge);
        var angle = axis * 180 / Math.PI;
        if (third < 0)
        {
            angle += 180;
        }

        var spread = Math.Sqrt(Math.Pow(drawn.Xx - drawn.Yy, 2) + (4 * drawn.Xy * drawn.Xy));
        var turn = spread > 0 ? drawn.ElongationErr / spread * 90 / Math.PI : 90;

        // Which end is the heavier one is a guess where the third moment drowns in its noise.
        var flip = Math.Abs(third) > ThirdSigmas * thirdErr ? 0 : 90;
        var minor = Math.Max(across, 1);
        var isSharp = Math.Max(body.XErr, body.YErr) < minor / 6;
        var filtered = Math.Sqrt(molecule.VariancePx2);
        return new ShapeFit
        {
            Symmetry = 1,
            XPx = isSharp ? molecule.CentreX + body.X : molecule.XPx,
            YPx = isSharp ? molecule.CentreY + body.Y : molecule.YPx,
            XErrPx = isSharp ? body.XErr : filtered,
            YErrPx = isSharp ? body.YErr : filtered,
            AngleDeg = ((angle % 360) + 360) % 360,
            AngleErrDeg = Math.Min(Math.Sqrt((turn * turn) + (flip * flip)), 104),
            AreaPx = molecule.AreaPx,
            MajorPx = Math.Max(along, minor),
            MinorPx = minor,
            SizeErrPx = Math.Sqrt(2) * edge,
        };
    }

    // Full lengths of the outline along and across the axis, and which way it is heavier, by its even filling.
    private static (double Along, double Across, double Third, double ThirdErr) Extent(SoftMolecule molecule, BodyMoments drawn, double axis, double edge)
    {
        var (sin, cos) = Math.SinCos(axis);
        double u0 = double.MaxValue, u1 = double.MinValue, v0 = double.MaxValue, v1 = double.MinValue;
        double n = 0, first = 0, second = 0, third = 0, rim = 0;
        for (var j = 0; j < molecule.Side; j++)
        {
            if (!Masks.Extent(molecule.Outline, molecule.Side, j, out var begin, out var end))
            {
                continue;
            }

            for (var i = begin; i < end; i++)
            {
                if (!molecule.Outline[(j * molecule.Side) + i])
                {
                    continue;
                }

                double x = i - molecule.Half - drawn.X, y = j - molecule.Half - drawn.Y;
                double u = (x * cos) + (y * sin), v = (y * cos) - (x * sin);
                (u0, u1, v0, v1) = (Math.Min(u0, u), Math.Max(u1, u), Math.Min(v0, v), Math.Max(v1, v));
                n++;
                first += u;
                second += u * u;
                third += u * u * u;
                rim = Math.Max(rim, Math.Abs(u));
            }
        }

        var mean = first / n;
        var skew = third - (3 * mean * second) + (2 * n * mean * mean * mean);

        // The outline's ends lie where noise lets them, each some pixels wide.
        return (u1 - u0 + 1, v1 - v0 + 1, skew, edge * Math.Pow(rim, 3) * Math.Sqrt(2 * (v1 - v0 + 1)));
    }

    private static (double Xx, double Yy) Outline(SoftMolecule molecule)
    {
        double n = 0, x1 = 0, y1 = 0, x2 = 0, y2 = 0;
        for (var j = 0; j < molecule.Side; j++)
        {
            if (!Masks.Extent(molecule.Outline, molecule.Side, j, out var begin, out var end))
            {
                continue;
            }

            for (var i = begin; i < end; i++)
            {
                if (molecule.Outline[(j * molecule.Side) + i])
                {
                    n++;
                    x1 += i;
                    y1 += j;
                    x2 += (double)i * i;
                    y2 += (double)j * j;
                }
            }
        }

        return n == 0 ? (0, 0) : ((x2 / n) - (x1 / n * (x1 / n)), (y2 / n) - (y1 / n * (y1 / n)));
    }

    // How far noise moves the outline: noise of the blurred picture over its slope at the edge.
    private double EdgeErr(SoftMolecule molecule)
    {
        var sigma = Blur(molecule);
        var slope = molecule.Plateau / (Math.Sqrt(2 * Math.PI) * Math.Sqrt((sigma * sigma) + 2));
        return slope > 0 ? Math.Min(Blurred(sigma) * Math.Sqrt(molecule.LongVariance) / slope, 10) : 10;
    }
}
