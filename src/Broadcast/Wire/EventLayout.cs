using LiveLtem.Core.Live;

namespace LiveLtem.Broadcast.Wire;

/// <summary>How what happened lies on the wire: topics <c>event</c> and <c>alert</c>.</summary>
internal static class EventLayout
{
    /// <summary>The kinds as they are named on the wire.</summary>
    public const string Annotation = "annotation", Recording = "recording", Conditions = "conditions", Model = "model", Denoiser = "denoiser", Alert = "alert";

    /// <summary>Id, kind, time and frame, then the fields of the kind.</summary>
    public static void WriteEvent<TWriter>(ref TWriter writer, SessionEvent happening)
        where TWriter : struct, IWireWriter, allows ref struct
    {
        switch (happening)
        {
            case Annotation annotation:
                Begin(ref writer, happening, Annotation, 5);
                writer.Field("text"u8, annotation.Text);
                writer.Field("x"u8, annotation.XPx);
                writer.Field("y"u8, annotation.YPx);
                writer.Field("particle"u8, (long?)annotation.Particle);
                writer.Field("author"u8, annotation.Author);
                break;
            case RecordingChange recording:
                Begin(ref writer, happening, Recording, 2);
                writer.Field("state"u8, StateName(recording.State));
                writer.Field("reason"u8, recording.Reason);
                break;
            case ConditionsChange conditions:
                Begin(ref writer, happening, Conditions, 5);
                writer.Field("segment"u8, conditions.Segment);
                writer.Field("first_frame"u8, conditions.FirstFrame);
                writer.Key("calibration"u8);
                StatusLayout.WriteCalibration(ref writer, conditions.Calibration);
                writer.Field("prior_dose_e_A2"u8, conditions.PriorDoseEPerA2);
                writer.Field("note"u8, conditions.Note);
                break;
            case ModelChange change:
                Begin(ref writer, happening, Model, StatusLayout.ModelFields);
                StatusLayout.WriteModelFields(ref writer, change.Model);
                break;
            case DenoiserChange change:
                Begin(ref writer, happening, Denoiser, DenoiserLayout.Fields);
                DenoiserLayout.WriteFields(ref writer, change.Denoiser);
                break;
            case AlertChange change:
                Begin(ref writer, happening, Alert, 1);
                writer.Key("alert"u8);
                WriteAlert(ref writer, change.Alert);
                break;
            default:
                throw new ArgumentException($"no layout for {happening.GetType().Name}", nameof(happening));
        }

        writer.EndMap();
    }

    /// <summary>A line of <c>alerts.jsonl</c>.</summary>
    public static void WriteAlert<TWriter>(ref TWriter writer, SessionAlert alert)
        where TWriter : struct, IWireWriter, allows ref struct
    {
        writer.BeginMap(12);
        writer.Field("id"u8, alert.Id);
        writer.Field("kind"u8, alert.Kind);
        writer.Field("severity"u8, alert.Severity);
        writer.Field("frame"u8, alert.Frame);
        writer.Field("frame_last"u8, alert.FrameLast);
        writer.Field("time_s"u8, alert.TimeS);
        writer.Field("state"u8, alert.State);
        writer.Field("count"u8, alert.Count);
        writer.Field("value"u8, alert.Value);
        writer.Field("threshold"u8, alert.Threshold);
        writer.Field("unit"u8, alert.Unit);
        writer.Field("message"u8, alert.Message);
        writer.EndMap();
    }

    /// <summary>How a state of the recording is named on the wire.</summary>
    public static string StateName(RecordingState state) => state switch
    {
        RecordingState.On => "on",
        RecordingState.Failed => "failed",
        _ => "off",
    };

    private static void Begin<TWriter>(ref TWriter writer, SessionEvent happening, string kind, int more)
        where TWriter : struct, IWireWriter, allows ref struct
    {
        writer.BeginMap(4 + more);
        writer.Field("id"u8, happening.Id);
        writer.Field("kind"u8, kind);
        writer.Field("t_unix_ns"u8, happening.Time);
        writer.Field("frame"u8, happening.Frame);
    }
}
