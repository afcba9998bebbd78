using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace LiveLtem.HardwareSim.Scoring;

/// <summary>A score report for scripts and for people.</summary>
public static class ScoreText
{
    private static readonly JsonSerializerOptions Options = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.Strict,
    };

    /// <summary>The report as one JSON object; what cannot be judged is null.</summary>
    public static string Json(ScoreReport report) => JsonSerializer.Serialize(report, Options);

    /// <summary>The score of a movie as one JSON object; what cannot be judged is null.</summary>
    public static string Json(PictureScore score) => JsonSerializer.Serialize(score, Options);

    /// <summary>The score of label images as one JSON object; what cannot be judged is null.</summary>
    public static string Json(MaskScore score) => JsonSerializer.Serialize(score, Options);

    /// <summary>The score of label images as lines to read.</summary>
    public static string Table(MaskScore score)
    {
        ArgumentNullException.ThrowIfNull(score);
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{"frames",-16} {score.Frames}\n");
        Overlap(text, "all", score.All);
        for (var layer = 0; layer < score.Layers.Count; layer++)
        {
            Overlap(text, $"layer {layer + 1}", score.Layers[layer]);
        }

        return text.ToString().TrimEnd();
    }

    /// <summary>The score of a movie as lines to read.</summary>
    public static string Table(PictureScore score)
    {
        ArgumentNullException.ThrowIfNull(score);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"frames           {score.Frames}\ndetail           correlation {score.DetailCorrelation:F4} (mean over frames {score.DetailCorrelationOfFrames:F4})\ncalibration      slope {score.CalibrationSlope:F4} of clean on denoised detail\nPSNR             {score.PsnrDb:F2} dB   SSIM {score.Ssim:F4} (they prove little: a frame with everything blurred away has both)");
    }

    /// <summary>The report as lines to read.</summary>
    public static string Table(ScoreReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var text = new StringBuilder();
        void Line(string name, FormattableString value) =>
            text.Append(CultureInfo.InvariantCulture, $"{name,-16} ").AppendLine(value.ToString(CultureInfo.InvariantCulture));

        Line("rows", $"{report.Truth} true ({report.Ignored} more hardly visible, ignored), {report.Predicted} predicted");
        Detections(Line, "detection", report.Detection);
        if (report.LayerAware is { } layers)
        {
            Detections(Line, "with layer", layers);
        }

        if (report.LayerFlips is { } flips)
        {
            Line("layer flips", $"{flips.PerThousand:F2} a thousand particle frames ({flips.Flips} of {flips.Steps})");
        }

        foreach (var (shape, recall) in report.RecallByShape)
        {
            Line($"  {shape}", $"recall {recall:F4}");
        }

        Errors(Line, "all matches", report.Errors);
        Errors(Line, "clear particles", report.ErrorsOfClear);
        if (report.SymmetryAccuracy is { } symmetry)
        {
            Line("symmetry", $"{symmetry:F4} right");
        }

        if (report.States is { } states)
        {
            Line("states", $"{states.Accuracy:F4} right of {states.Points} ({states.Unclassified} without one), {states.Predicted} found, {states.True} there");
        }

        if (report.Mot is { } mot)
        {
            Line("MOTA", $"{mot.Mota:F4}   id switches {mot.IdSwitches}, fragmentations {mot.Fragmentations}, MOTP {mot.Motp:F4}");
        }

        if (report.Identity is { } identity)
        {
            Line("IDF1", $"{identity.Idf1:F4}   precision {identity.Precision:F4}, recall {identity.Recall:F4}");
        }

        if (report.Hota is { } hota)
        {
            Line("HOTA", $"{hota.Hota:F4}   DetA {hota.DetA:F4}, AssA {hota.AssA:F4}, LocA {hota.LocA:F4}");
        }

        return text.ToString().TrimEnd();
    }

    private static void Overlap(StringBuilder text, string name, OverlapScore score)
    {
        text.Append(CultureInfo.InvariantCulture, $"{name,-16} IoU {score.Iou:F4}   Dice {score.Dice:F4}   pixel accuracy {score.PixelAccuracy:F4}\n");
        if (score.Instances is { } each)
        {
            text.Append(CultureInfo.InvariantCulture, $"{"  particles",-16} F1 {each.F1:F4} at IoU 0.5 ({each.Found} found, {each.False} false, {each.Missed} missed)   mean IoU {each.MeanIou:F4}   panoptic quality {each.PanopticQuality:F4}\n");
        }
    }

    private static void Detections(Action<string, FormattableString> line, string name, DetectionScore score) => line(
        name, $"F1 {score.F1:F4}, precision {score.Precision:F4}, recall {score.Recall:F4} ({score.Found} found, {score.False} false, {score.Missed} missed)");

    private static void Errors(Action<string, FormattableString> line, string name, ErrorScore errors)
    {
        line(name, $"{errors.Pairs} pairs, {errors.Angles} with an angle");
        line("  position", $"rms {errors.PositionRmsPx:F4} px an axis, median {errors.PositionMedianPx:F4} px, {errors.PositionOverBound:F3} x bound, NEES {errors.PositionNees:F3}, bias {errors.BiasXPx:F4} {errors.BiasYPx:F4} px");
        line("  angle", $"rms {errors.AngleRmsDeg:F4} deg, median {errors.AngleMedianDeg:F4} deg, {errors.AngleOverBound:F3} x bound, NEES {errors.AngleNees:F3}");
        line("  size", $"area {errors.AreaBias:P2} (rms {errors.AreaRms:P2}), major {errors.MajorBiasPx:F3} px (rms {errors.MajorRmsPx:F3}), minor {errors.MinorBiasPx:F3} px (rms {errors.MinorRmsPx:F3})");
    }
}
