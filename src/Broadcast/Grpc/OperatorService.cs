using Grpc.Core;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using Proto = LiveLtem.Broadcast.Protos;

namespace LiveLtem.Broadcast.Grpc;

/// <summary>What may be asked of the running session.</summary>
internal sealed class OperatorService(IOperator @operator) : Proto.Operator.OperatorBase
{
    private const string Origin = "operator";

    /// <inheritdoc/>
    public override Task<Proto.AnnotateResponse> Annotate(Proto.AnnotateRequest request, ServerCallContext context)
    {
        var annotation = @operator.Annotate(new AnnotationRequest(
            request.Text,
            request.HasFrame ? request.Frame : null,
            request.HasX ? request.X : null,
            request.HasY ? request.Y : null,
            request.HasParticle ? request.Particle : null,
            request.HasAuthor ? request.Author : null));
        return Task.FromResult(new Proto.AnnotateResponse { Event = ProtoMap.Of((SessionEvent)annotation) });
    }

    /// <inheritdoc/>
    public override Task<Proto.AcknowledgeResponse> Acknowledge(Proto.AcknowledgeRequest request, ServerCallContext context) =>
        Task.FromResult(new Proto.AcknowledgeResponse { Alert = ProtoMap.Of(@operator.Acknowledge(request.AlertId)) });

    /// <inheritdoc/>
    public override Task<Proto.StartRecordingResponse> StartRecording(Proto.StartRecordingRequest request, ServerCallContext context) =>
        Task.FromResult(new Proto.StartRecordingResponse { Recording = ProtoMap.Of(@operator.StartRecording()) });

    /// <inheritdoc/>
    public override Task<Proto.StopRecordingResponse> StopRecording(Proto.StopRecordingRequest request, ServerCallContext context) =>
        Task.FromResult(new Proto.StopRecordingResponse { Recording = ProtoMap.Of(@operator.StopRecording()) });

    /// <inheritdoc/>
    public override Task<Proto.SetConditionsResponse> SetConditions(Proto.SetConditionsRequest request, ServerCallContext context)
    {
        var change = @operator.SetConditions(new ConditionsRequest
        {
            Changed = new Calibration
            {
                PixelSizeNm = Value(request.HasPixelSizeNm, request.PixelSizeNm, "pixel_size_nm"),
                FrameTimeS = Value(request.HasFrameTimeS, request.FrameTimeS, "frame_time_s"),
                ExposureS = Value(request.HasExposureS, request.ExposureS, "exposure_s"),
                CountsPerElectron = Value(request.HasCountsPerElectron, request.CountsPerElectron, "counts_per_electron"),
                DarkLevel = Value(request.HasDarkLevel, request.DarkLevel, "dark_level"),
                Transmission = Value(request.HasTransmission, request.Transmission, "transmission"),
                DosePerFrameEPerA2 = Value(request.HasDosePerFrameEA2, request.DosePerFrameEA2, "dose_per_frame_e_a2"),
                Kv = Value(request.HasKv, request.Kv, "kv"),
            },
            PriorDoseEPerA2 = Value(request.HasPriorDoseEA2, request.PriorDoseEA2, "prior_dose_e_a2")?.Value,
            Note = request.HasNote ? request.Note : null,
        });
        return Task.FromResult(new Proto.SetConditionsResponse { Event = ProtoMap.Of((SessionEvent)change) });
    }

    /// <inheritdoc/>
    public override async Task<Proto.ChooseModelResponse> ChooseModel(Proto.ChooseModelRequest request, ServerCallContext context) =>
        new() { Model = ProtoMap.Of(await @operator.ChooseModelAsync(request.Name, context.CancellationToken).ConfigureAwait(false)) };

    private static Calibrated? Value(bool has, double value, string name)
    {
        if (!has)
        {
            return null;
        }

        return double.IsFinite(value) ? new Calibrated(value, Origin) : throw new InputException($"{name}: found {value}; it must be a finite number");
    }
}
