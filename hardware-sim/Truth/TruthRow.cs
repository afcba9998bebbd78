using LiveLtem.Core;

namespace LiveLtem.HardwareSim.Truth;

/// <summary>One row of <c>truth.csv</c>: where one particle really was in one frame of the file.</summary>
public sealed record TruthRow
{
    /// <summary>Columns of the table, in order.</summary>
    public const string Header =
        "frame,particle,x,y,angle_deg,rotation_deg,symmetry,layer,area_px,major_px,minor_px,state,flags,time_s,dose_e_A2,visible,shape,x_bound_px,y_bound_px,angle_bound_deg,cluster";

    /// <summary>Index in the file.</summary>
    public required long Frame { get; init; }

    /// <summary>Identity as far as a movie can show it: who leaves the field for longer comes back as somebody else.</summary>
    public required int Particle { get; init; }

    /// <summary>Centre, px, mean over the exposure.</summary>
    public required double XPx { get; init; }

    /// <summary>Centre, px, y down.</summary>
    public required double YPx { get; init; }

    /// <summary>Angle in [0, 360/n), or null for round particles.</summary>
    public double? AngleDeg { get; init; }

    /// <summary>Unwrapped, from the first angle.</summary>
    public double? RotationDeg { get; init; }

    /// <summary>0, 1, 2, 3, 4 or 6.</summary>
    public required int Symmetry { get; init; }

    /// <summary>0 where there is one layer, else 1 or 2.</summary>
    public required int Layer { get; init; }

    /// <summary>Area of the whole particle, px^2.</summary>
    public required double AreaPx { get; init; }

    /// <summary>The longer full length, px.</summary>
    public required double MajorPx { get; init; }

    /// <summary>The shorter full length, px.</summary>
    public required double MinorPx { get; init; }

    /// <summary>Structural state, or null.</summary>
    public int? State { get; init; }

    /// <summary>Border, contact, covered.</summary>
    public DetectionFlags Flags { get; init; }

    /// <summary>Start of the exposure, s.</summary>
    public required double TimeS { get; init; }

    /// <summary>Specimen dose up to and with this frame, e-/A^2.</summary>
    public required double DoseEPerA2 { get; init; }

    /// <summary>Fraction of its area inside the frame and not under or over another of the same layer.</summary>
    public required double Visible { get; init; }

    /// <summary>cube, rod, …</summary>
    public required string Shape { get; init; }

    /// <summary>Cluster of bonded particles, or null.</summary>
    public int? Cluster { get; init; }

    /// <summary>The reference bound, or null where no electron arrives.</summary>
    public PoseBound? Bound { get; init; }

    /// <summary>The row as CSV, without line end.</summary>
    public string ToCsv() => FormattableString.Invariant(
        $"{Frame},{Particle},{XPx:F4},{YPx:F4},{AngleDeg:F4},{RotationDeg:F4},{Symmetry},{Layer},{AreaPx:F2},{MajorPx:F3},{MinorPx:F3},{State},{FlagText()},{TimeS:F6},{DoseEPerA2:G9},{Visible:F3},{Shape},{Bound?.XPx:F5},{Bound?.YPx:F5},{Bound?.AngleDeg:F5},{Cluster}");

    private string FlagText()
    {
        var words = new List<string>();
        if (Flags.HasFlag(DetectionFlags.Border))
        {
            words.Add("border");
        }

        if (Flags.HasFlag(DetectionFlags.Contact))
        {
            words.Add("contact");
        }

        if (Flags.HasFlag(DetectionFlags.Covered))
        {
            words.Add("covered");
        }

        return string.Join('|', words);
    }
}
