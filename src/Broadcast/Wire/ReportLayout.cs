using LiveLtem.Core;
using LiveLtem.Core.Live;

namespace LiveLtem.Broadcast.Wire;

/// <summary>How what was found in a frame lies on the wire: topics <c>overlay</c>, <c>tracks</c> and <c>dose</c>.</summary>
internal static class ReportLayout
{
    /// <summary>Columns of the topic <c>tracks</c>, in order; the names of <c>tracks.csv</c>.</summary>
    public const int TrackColumns = 19;

    /// <summary><c>{height, width, contours: [[id, layer, [x, y, …]], …]}</c>, px, closed polygons.</summary>
    public static void WriteOverlay<TWriter>(ref TWriter writer, FrameReport report)
        where TWriter : struct, IWireWriter, allows ref struct
    {
        var points = report.Tracks.Points;
        writer.BeginMap(3);
        writer.Field("height"u8, report.Height);
        writer.Field("width"u8, report.Width);
        writer.Key("contours"u8);
        writer.BeginArray(points.Count);
        foreach (var point in points)
        {
            var outline = ShapeOutline.Of(point.Fit);
            writer.BeginArray(3);
            writer.Value((long)point.Particle);
            writer.Value((long)point.Layer);
            writer.BeginArray(2 * outline.Length);
            foreach (var (x, y) in outline)
            {
                writer.Value((float)x);
                writer.Value((float)y);
            }

            writer.EndArray();
            writer.EndArray();
        }

        writer.EndArray();
        writer.EndMap();
    }

    /// <summary>A map of columns named as in <c>tracks.csv</c>, each an array with one entry a particle, unknown ones null.</summary>
    public static void WriteTracks<TWriter>(ref TWriter writer, FrameReport report)
        where TWriter : struct, IWireWriter, allows ref struct
    {
        var points = report.Tracks.Points;
        var row = report.Row;
        writer.BeginMap(TrackColumns);
        Whole(ref writer, "frame"u8, points, static point => point.Frame);
        Whole(ref writer, "particle"u8, points, static point => point.Particle);
        Number(ref writer, "x"u8, points, static point => point.Fit.XPx);
        Number(ref writer, "y"u8, points, static point => point.Fit.YPx);
        Number(ref writer, "angle_deg"u8, points, static point => point.Fit.AngleDeg);
        Number(ref writer, "rotation_deg"u8, points, static point => point.RotationDeg);
        Whole(ref writer, "symmetry"u8, points, static point => point.Fit.Symmetry);
        Whole(ref writer, "layer"u8, points, static point => point.Layer);
        Number(ref writer, "area_px"u8, points, static point => point.Fit.AreaPx);
        Number(ref writer, "major_px"u8, points, static point => point.Fit.MajorPx);
        Number(ref writer, "minor_px"u8, points, static point => point.Fit.MinorPx);
        Number(ref writer, "score"u8, points, static point => point.Score);
        Number(ref writer, "x_err"u8, points, static point => point.Fit.XErrPx);
        Number(ref writer, "y_err"u8, points, static point => point.Fit.YErrPx);
        Number(ref writer, "angle_err_deg"u8, points, static point => point.Fit.AngleErrDeg);
        Whole(ref writer, "state"u8, points, static point => point.State);
        writer.Key("flags"u8);
        writer.BeginArray(points.Count);
        foreach (var point in points)
        {
            writer.Value(point.Flags.Text());
        }

        writer.EndArray();
        Same(ref writer, "time_s"u8, points.Count, row.TimeS);
        Same(ref writer, "dose_e_A2"u8, points.Count, row.DoseEPerA2);
        writer.EndMap();
    }

    /// <summary>A row of <c>frames.csv</c> as a map.</summary>
    public static void WriteRow<TWriter>(ref TWriter writer, FrameRow row)
        where TWriter : struct, IWireWriter, allows ref struct
    {
        writer.BeginMap(13);
        writer.Field("frame"u8, row.Frame);
        writer.Field("time_s"u8, row.TimeS);
        writer.Field("dose_rate_e_A2_s"u8, row.DoseRateEPerA2PerS);
        writer.Field("dose_e_A2"u8, row.DoseEPerA2);
        writer.Field("mean_counts"u8, row.MeanCounts);
        writer.Field("snr"u8, row.Snr);
        writer.Field("particles"u8, (long?)row.Particles);
        writer.Field("drift_x_px"u8, row.DriftXPx);
        writer.Field("drift_y_px"u8, row.DriftYPx);
        writer.Field("saturated_fraction"u8, row.SaturatedFraction);
        writer.Field("dropped_before"u8, row.DroppedBefore);
        writer.Field("processed"u8, row.Processed);
        writer.Field("latency_ms"u8, row.LatencyMs);
        writer.EndMap();
    }

    private static void Whole<TWriter>(ref TWriter writer, ReadOnlySpan<byte> name, IReadOnlyList<TrackPoint> points, Func<TrackPoint, long?> cell)
        where TWriter : struct, IWireWriter, allows ref struct
    {
        writer.Key(name);
        writer.BeginArray(points.Count);
        foreach (var point in points)
        {
            writer.Value(cell(point));
        }

        writer.EndArray();
    }

    private static void Number<TWriter>(ref TWriter writer, ReadOnlySpan<byte> name, IReadOnlyList<TrackPoint> points, Func<TrackPoint, double?> cell)
        where TWriter : struct, IWireWriter, allows ref struct
    {
        writer.Key(name);
        writer.BeginArray(points.Count);
        foreach (var point in points)
        {
            writer.Value(cell(point));
        }

        writer.EndArray();
    }

    private static void Same<TWriter>(ref TWriter writer, ReadOnlySpan<byte> name, int count, double? value)
        where TWriter : struct, IWireWriter, allows ref struct
    {
        writer.Key(name);
        writer.BeginArray(count);
        for (var i = 0; i < count; i++)
        {
            writer.Value(value);
        }

        writer.EndArray();
    }
}
