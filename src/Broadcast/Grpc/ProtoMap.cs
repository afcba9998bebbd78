using LiveLtem.Broadcast.Wire;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using Proto = LiveLtem.Broadcast.Protos;

namespace LiveLtem.Broadcast.Grpc;

/// <summary>Our records as protobuf messages: rows, points, events, sessions. What is not known is left out.</summary>
internal static class ProtoMap
{
    public static Proto.FrameRow Of(FrameRow row)
    {
        var message = new Proto.FrameRow
        {
            Frame = row.Frame,
            MeanCounts = row.MeanCounts,
            SaturatedFraction = row.SaturatedFraction,
            DroppedBefore = row.DroppedBefore,
            Processed = row.Processed,
        };
        Known(row.TimeS, value => message.TimeS = value);
        Known(row.DoseRateEPerA2PerS, value => message.DoseRateEA2S = value);
        Known(row.DoseEPerA2, value => message.DoseEA2 = value);
        Known(row.Snr, value => message.Snr = value);
        Known(row.DriftXPx, value => message.DriftXPx = value);
        Known(row.DriftYPx, value => message.DriftYPx = value);
        Known(row.LatencyMs, value => message.LatencyMs = value);
        if (row.Particles is { } particles)
        {
            message.Particles = particles;
        }

        return message;
    }

    public static Proto.TrackPoint Of(TrackPoint point)
    {
        var fit = point.Fit;
        var message = new Proto.TrackPoint
        {
            Frame = point.Frame,
            Particle = point.Particle,
            X = fit.XPx,
            Y = fit.YPx,
            Symmetry = fit.Symmetry,
            Layer = point.Layer,
            AreaPx = fit.AreaPx,
            MajorPx = fit.MajorPx,
            MinorPx = fit.MinorPx,
            Score = point.Score,
            XErr = fit.XErrPx,
            YErr = fit.YErrPx,
            Flags = point.Flags.Text(),
        };
        if (fit.AngleDeg is { } angle)
        {
            message.AngleDeg = angle;
        }

        if (fit.AngleErrDeg is { } error)
        {
            message.AngleErrDeg = error;
        }

        if (point.RotationDeg is { } rotation)
        {
            message.RotationDeg = rotation;
        }

        if (point.State is { } state)
        {
            message.State = state;
        }

        return message;
    }

    public static Proto.Event Of(SessionEvent happening)
    {
        var message = new Proto.Event { Id = happening.Id, TUnixNs = UnixTime.Nanoseconds(happening.Time) };
        if (happening.Frame is { } frame)
        {
            message.Frame = frame;
        }

        switch (happening)
        {
            case Annotation annotation:
                message.Annotation = Of(annotation);
                break;
            case RecordingChange recording:
                message.Recording = new Proto.RecordingChange { State = Of(recording.State) };
                Said(recording.Reason, value => message.Recording.Reason = value);
                break;
            case ConditionsChange conditions:
                message.Conditions = new Proto.ConditionsChange
                {
                    Segment = conditions.Segment,
                    FirstFrame = conditions.FirstFrame,
                    Calibration = Of(conditions.Calibration),
                };
                Known(conditions.PriorDoseEPerA2, value => message.Conditions.PriorDoseEA2 = value);
                Said(conditions.Note, value => message.Conditions.Note = value);
                break;
            case ModelChange change:
                message.Model = Of(change.Model);
                break;
            case DenoiserChange change:
                message.Denoiser = Of(change.Denoiser);
                break;
            case AlertChange change:
                message.Alert = Of(change.Alert);
                break;
            default:
                throw new ArgumentException($"no message for {happening.GetType().Name}", nameof(happening));
        }

        return message;
    }

    public static Proto.ModelInUse Of(ModelInUse model)
    {
        var message = new Proto.ModelInUse { Name = model.Name };
        Said(model.Sha256, value => message.Sha256 = value);
        Said(model.Provider, value => message.Provider = value);
        Counted(model.FirstFrame, value => message.FirstFrame = value);
        return message;
    }

    public static Proto.DenoiserInUse Of(DenoiserInUse denoiser)
    {
        var message = new Proto.DenoiserInUse { Version = denoiser.Version, Name = denoiser.Name };
        Said(denoiser.Sha256, value => message.Sha256 = value);
        Counted(denoiser.FirstFrame, value => message.FirstFrame = value);
        Known(denoiser.HeldOutGain, value => message.HeldOutGain = value);
        Known(denoiser.HeldOutGainBefore, value => message.HeldOutGainBefore = value);
        return message;
    }

    public static Proto.Alert Of(SessionAlert alert)
    {
        var message = new Proto.Alert
        {
            Id = alert.Id,
            Kind = alert.Kind,
            Severity = alert.Severity,
            State = alert.State,
            Count = alert.Count,
            Message = alert.Message,
        };
        Counted(alert.Frame, value => message.Frame = value);
        Counted(alert.FrameLast, value => message.FrameLast = value);
        Known(alert.TimeS, value => message.TimeS = value);
        Known(alert.Value, value => message.Value = value);
        Known(alert.Threshold, value => message.Threshold = value);
        Said(alert.Unit, value => message.Unit = value);
        return message;
    }

    public static Proto.RecordingStatus Of(RecordingStatus recording)
    {
        var message = new Proto.RecordingStatus
        {
            State = Of(recording.State),
            Frames = recording.Frames,
            Bytes = recording.Bytes,
            NotRecorded = recording.NotRecorded,
        };
        Said(recording.Folder, value => message.Folder = value);
        Counted(recording.DiskFreeBytes, value => message.DiskFreeBytes = value);
        Said(recording.Problem, value => message.Problem = value);
        return message;
    }

    public static Proto.Calibration Of(Calibration calibration) => new()
    {
        PixelSizeNm = Of(calibration.PixelSizeNm),
        FrameTimeS = Of(calibration.FrameTimeS),
        ExposureS = Of(calibration.ExposureS),
        CountsPerElectron = Of(calibration.CountsPerElectron),
        DarkLevel = Of(calibration.DarkLevel),
        Transmission = Of(calibration.Transmission),
        DosePerFrameEA2 = Of(calibration.DosePerFrameEPerA2),
        Kv = Of(calibration.Kv),
    };

    public static Proto.Session Of(SessionEntry entry)
    {
        var message = new Proto.Session
        {
            Id = entry.Id,
            Folder = entry.Folder,
            StartedUnixNs = UnixTime.Nanoseconds(entry.Started),
            State = entry.State,
            Source = entry.Source,
            Frames = entry.Frames,
            Height = entry.Height,
            Width = entry.Width,
            Tracks = entry.Tracks,
            Bytes = entry.Bytes,
        };
        if (entry.Ended is { } ended)
        {
            message.EndedUnixNs = UnixTime.Nanoseconds(ended);
        }

        Said(entry.Dtype, value => message.Dtype = value);
        return message;
    }

    /// <summary>Sets a number where it is known and finite.</summary>
    public static void Known(double? value, Action<double> set)
    {
        if (value is { } known && double.IsFinite(known))
        {
            set(known);
        }
    }

    /// <summary>Sets a count where it is known.</summary>
    public static void Counted(long? value, Action<long> set)
    {
        if (value is { } known)
        {
            set(known);
        }
    }

    /// <summary>Sets a text where there is one.</summary>
    public static void Said(string? value, Action<string> set)
    {
        if (value is not null)
        {
            set(value);
        }
    }

    private static Proto.Annotation Of(Annotation annotation)
    {
        var message = new Proto.Annotation { Text = annotation.Text };
        Known(annotation.XPx, value => message.X = value);
        Known(annotation.YPx, value => message.Y = value);
        Said(annotation.Author, value => message.Author = value);
        if (annotation.Particle is { } particle)
        {
            message.Particle = particle;
        }

        return message;
    }

    private static Proto.RecordingState Of(RecordingState state) => state switch
    {
        RecordingState.On => Proto.RecordingState.On,
        RecordingState.Failed => Proto.RecordingState.Failed,
        _ => Proto.RecordingState.Off,
    };

    private static Proto.Calibrated? Of(Calibrated? value)
    {
        if (value is null)
        {
            return null;
        }

        var message = new Proto.Calibrated { Value = value.Value, Origin = value.Origin };
        Known(value.Err, error => message.Err = error);
        return message;
    }
}
