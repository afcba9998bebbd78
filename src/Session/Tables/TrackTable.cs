using LiveLtem.Core;

namespace LiveLtem.Session.Tables;

/// <summary><c>tracks.csv</c>: one row for each measured detection. Its first columns are trackpy's, so trackpy reads it as it is.</summary>
public static class TrackTable
{
    /// <summary>The columns.</summary>
    public static TableSchema Schema { get; } = new(
        "tracks",
        [
            TableColumn.Long("frame"),
            TableColumn.Int("particle"),
            TableColumn.Decimals("x", 4),
            TableColumn.Decimals("y", 4),
            TableColumn.Decimals("angle_deg", 4),
            TableColumn.Decimals("rotation_deg", 4),
            TableColumn.Int("symmetry"),
            TableColumn.Int("layer"),
            TableColumn.Decimals("area_px", 2),
            TableColumn.Decimals("major_px", 3),
            TableColumn.Decimals("minor_px", 3),
            TableColumn.Decimals("score", 4),
            TableColumn.Precision("x_err", 4),
            TableColumn.Precision("y_err", 4),
            TableColumn.Precision("angle_err_deg", 4),
            TableColumn.Int("state", nullable: true),
            TableColumn.Text("flags"),
            TableColumn.Decimals("time_s", 6),
            TableColumn.Precision("dose_e_A2", 8),
        ]);

    /// <summary>Appends one row for each point of a frame.</summary>
    /// <param name="table">The table.</param>
    /// <param name="tracks">The final points of the frame.</param>
    /// <param name="row">The frame's own row: its time and dose.</param>
    public static void Append(CsvTableWriter table, FrameTracks tracks, FrameRow row)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(tracks);
        ArgumentNullException.ThrowIfNull(row);
        foreach (var point in tracks.Points)
        {
            var fit = point.Fit;
            table.Cell(point.Frame);
            table.Cell(point.Particle);
            table.Cell(fit.XPx);
            table.Cell(fit.YPx);
            table.Cell(Angle(fit));
            table.Cell(point.RotationDeg);
            table.Cell(fit.Symmetry);
            table.Cell(point.Layer);
            table.Cell(fit.AreaPx);
            table.Cell(fit.MajorPx);
            table.Cell(fit.MinorPx);
            table.Cell(point.Score);
            table.Cell(fit.XErrPx);
            table.Cell(fit.YErrPx);
            table.Cell(fit.AngleErrDeg);
            table.Cell(point.State);
            table.Cell(FlagText(point.Flags));
            table.Cell(row.TimeS);
            table.Cell(row.DoseEPerA2);
            table.EndRow();
        }
    }

    /// <summary>Flags as the table shows them: their names joined by <c>|</c>, empty where there are none.</summary>
    public static string FlagText(DetectionFlags flags) => flags.Text();

    // An angle just below 360/n must not be rounded up to it: the column promises [0, 360/n).
    private static double? Angle(ShapeFit fit)
    {
        const double HalfStep = 0.5e-4;
        return fit.AngleDeg is { } angle && fit.Symmetry > 0 && angle >= (360.0 / fit.Symmetry) - HalfStep ? 0 : fit.AngleDeg;
    }
}
