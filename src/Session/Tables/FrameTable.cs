using LiveLtem.Core;

namespace LiveLtem.Session.Tables;

/// <summary><c>frames.csv</c>: one row for each received frame.</summary>
public static class FrameTable
{
    /// <summary>The columns.</summary>
    public static TableSchema Schema { get; } = new(
        "frames",
        [
            TableColumn.Long("frame"),
            TableColumn.Decimals("time_s", 6),
            TableColumn.Precision("dose_rate_e_A2_s", 6),
            TableColumn.Precision("dose_e_A2", 8),
            TableColumn.Precision("mean_counts", 7),
            TableColumn.Decimals("snr", 4),
            TableColumn.Int("particles", nullable: true),
            TableColumn.Decimals("drift_x_px", 4),
            TableColumn.Decimals("drift_y_px", 4),
            TableColumn.Precision("saturated_fraction", 6),
            TableColumn.Long("dropped_before"),
            TableColumn.Int("processed"),
            TableColumn.Decimals("latency_ms", 3),
        ]);

    /// <summary>Appends the row of one frame; <c>processed</c> is 1 where the analysis saw it, else 0.</summary>
    public static void Append(CsvTableWriter table, FrameRow row)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(row);
        table.Cell(row.Frame);
        table.Cell(row.TimeS);
        table.Cell(row.DoseRateEPerA2PerS);
        table.Cell(row.DoseEPerA2);
        table.Cell(row.MeanCounts);
        table.Cell(row.Snr);
        table.Cell(row.Particles);
        table.Cell(row.DriftXPx);
        table.Cell(row.DriftYPx);
        table.Cell(row.SaturatedFraction);
        table.Cell(row.DroppedBefore);
        table.Cell(row.Processed ? 1 : 0);
        table.Cell(row.LatencyMs);
        table.EndRow();
    }
}
