using LiveLtem.Core;

namespace LiveLtem.Inference.Soft;

/// <summary>Sides of the frame that cut something.</summary>
[Flags]
internal enum FrameSides
{
    None = 0,
    Left = 1,
    Right = 2,
    Top = 4,
    Bottom = 8,
}

/// <summary>Where a molecule's outline meets one side of the frame.</summary>
/// <param name="Side">Which side.</param>
/// <param name="LengthPx">Pixels of the side that it covers.</param>
/// <param name="MiddlePx">Their middle along the side, px.</param>
internal readonly record struct BorderCrossing(FrameSides Side, double LengthPx, double MiddlePx);

/// <summary>What the whole of a molecule is like of which the border of the frame shows a part.</summary>
/// <remarks>The part that is missing is taken to go on beyond the border as wide as the outline is there, in the direction in which it came, until
/// nothing is missing any more, but no further than whole molecules are long: what looks like too little of a molecule may also be one whose other part
/// came in elsewhere.</remarks>
internal sealed record BorderCompletion
{
    /// <summary>Nothing is missing.</summary>
    public static BorderCompletion None { get; } = new();

    private const double LeastVisible = 0.2;
    private const int RimPx = 2;

    // How far the missing part may lean to the side: what is seen of a bent molecule leans more than the whole.
    private const double MostLean = 0.5;

    // Of the step from what is seen to the whole, as an error of 1 sigma.
    private const double RelativeErr = 0.4;

    /// <summary>Sides of the frame that it reaches.</summary>
    public FrameSides Sides { get; private init; }

    /// <summary>Part of it that lies inside the frame.</summary>
    public double Visible { get; private init; } = 1;

    /// <summary>From the centre of what is seen to that of the whole, px.</summary>
    public double ShiftXPx { get; private init; }

    /// <summary>From the centre of what is seen to that of the whole, px.</summary>
    public double ShiftYPx { get; private init; }

    /// <summary>Length of the whole along the rows over that of what is seen.</summary>
    public double LongerX { get; private init; } = 1;

    /// <summary>Length of the whole along the columns over that of what is seen.</summary>
    public double LongerY { get; private init; } = 1;

    /// <summary>What is missing of a molecule.</summary>
    /// <param name="molecule">Its outline drawn.</param>
    /// <param name="height">Rows of the frame.</param>
    /// <param name="width">Columns of the frame.</param>
    /// <param name="centre">Centre of what is seen, px.</param>
    /// <param name="typicalMassPx2">Summed contrast of a whole molecule, for one that was never seen whole; 0 where none was.</param>
    /// <param name="typicalLengthPx">Longest that a whole molecule becomes, for one that was never seen whole; 0 where none was.</param>
    public static BorderCompletion Of(SoftMolecule molecule, int height, int width, (double X, double Y) centre, double typicalMassPx2, double typicalLengthPx)
    {
        var crossings = Crossings(molecule, height, width, out var box);
        if (crossings.Count == 0)
        {
            return None;
        }

        var sides = crossings.Aggregate(FrameSides.None, (all, crossing) => all | crossing.Side);
        var whole = molecule.WholeMassPx2 ?? typicalMassPx2;
        var visible = whole > 0 ? Math.Clamp(molecule.RecentMassPx2 / whole, LeastVisible, 1) : 1;
        var length = molecule.LongestPx > 0 ? molecule.LongestPx : typicalLengthPx;
        double area = molecule.AreaPx, missing = area * ((1 / visible) - 1);
        double boxWidth = box.Right - box.Left + 1, boxHeight = box.Bottom - box.Top + 1;
        var depth = missing / crossings.Sum(crossing => crossing.LengthPx);
        double sum = area, x = 0, y = 0, moreX = 0, moreY = 0;
        foreach (var crossing in crossings)
        {
            var isUpright = crossing.Side is FrameSides.Left or FrameSides.Right;
            var room = length > 0 ? Math.Max(0, length - (isUpright ? boxWidth : boxHeight)) : double.PositiveInfinity;
            var deep = Math.Min(depth, room);
            var (across, along) = isUpright ? (centre.X, centre.Y) : (centre.Y, centre.X);
            var border = crossing.Side switch
            {
                FrameSides.Right => width - 0.5,
                FrameSides.Bottom => height - 0.5,
                _ => -0.5,
            };
            var outwards = crossing.Side is FrameSides.Right or FrameSides.Bottom ? 1 : -1;
            var slope = Math.Clamp((crossing.MiddlePx - along) / Math.Max(Math.Abs(border - across), 1), -MostLean, MostLean);
            var (outer, beside) = (border + (outwards * deep / 2), crossing.MiddlePx + (slope * deep / 2));
            var more = deep * crossing.LengthPx;
            sum += more;
            x += more * ((isUpright ? outer : beside) - centre.X);
            y += more * ((isUpright ? beside : outer) - centre.Y);
            moreX += isUpright ? deep : 0;
            moreY += isUpright ? 0 : deep;
        }

        return new BorderCompletion
        {
            Sides = sides,
            Visible = area / sum,
            ShiftXPx = x / sum,
            ShiftYPx = y / sum,
            LongerX = 1 + (moreX / boxWidth),
            LongerY = 1 + (moreY / boxHeight),
        };
    }

    /// <summary>Second moments of the whole.</summary>
    public BodyMoments Whole(BodyMoments seen) => seen with
    {
        Xx = seen.Xx * LongerX * LongerX,
        Yy = seen.Yy * LongerY * LongerY,
        Xy = seen.Xy * LongerX * LongerY,
        GyrationErr = seen.GyrationErr * Math.Max(LongerX * LongerX, LongerY * LongerY),
        ElongationErr = seen.ElongationErr * Math.Max(LongerX * LongerX, LongerY * LongerY),
    };

    /// <summary>The pose of the whole.</summary>
    public ShapeFit Whole(ShapeFit fit) => fit with
    {
        XPx = fit.XPx + ShiftXPx,
        YPx = fit.YPx + ShiftYPx,
        XErrPx = Math.Sqrt((fit.XErrPx * fit.XErrPx) + Math.Pow(RelativeErr * ShiftXPx, 2)),
        YErrPx = Math.Sqrt((fit.YErrPx * fit.YErrPx) + Math.Pow(RelativeErr * ShiftYPx, 2)),
        AreaPx = fit.AreaPx / Visible,
    };

    private static List<BorderCrossing> Crossings(SoftMolecule molecule, int height, int width, out (int Left, int Right, int Top, int Bottom) box)
    {
        box = (int.MaxValue, int.MinValue, int.MaxValue, int.MinValue);
        var along = new Dictionary<FrameSides, SortedSet<int>>();
        for (var j = 0; j < molecule.Side; j++)
        {
            if (!Masks.Extent(molecule.Outline, molecule.Side, j, out var begin, out var end))
            {
                continue;
            }

            int y = molecule.CentreY - molecule.Half + j, left = molecule.CentreX - molecule.Half + begin, right = molecule.CentreX - molecule.Half + end - 1;
            box = (Math.Min(box.Left, left), Math.Max(box.Right, right), Math.Min(box.Top, y), Math.Max(box.Bottom, y));
            if (left < RimPx)
            {
                Add(FrameSides.Left, y);
            }

            if (right >= width - RimPx)
            {
                Add(FrameSides.Right, y);
            }

            for (var i = begin; (y < RimPx || y >= height - RimPx) && i < end; i++)
            {
                if (molecule.Outline[(j * molecule.Side) + i])
                {
                    Add(y < RimPx ? FrameSides.Top : FrameSides.Bottom, molecule.CentreX - molecule.Half + i);
                }
            }
        }

        return [.. along.Select(side => new BorderCrossing(side.Key, side.Value.Count, side.Value.Average()))];

        void Add(FrameSides side, int place)
        {
            if (!along.TryGetValue(side, out var places))
            {
                along[side] = places = [];
            }

            places.Add(place);
        }
    }
}
