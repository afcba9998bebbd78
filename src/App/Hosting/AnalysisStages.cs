using LiveLtem.Acquisition.Correction;
using LiveLtem.Acquisition.Gauge;
using LiveLtem.App.Hosting.Live;
using LiveLtem.Core;
using LiveLtem.Core.Pipeline;
using LiveLtem.Dose.Alerts;

namespace LiveLtem.App.Hosting;

/// <summary>Measures every received frame, before anything can be skipped, and gives it the segment of conditions that it belongs to.</summary>
internal sealed class GaugeStage(ResultJoiner results, LiveTaps? taps, IAlertWatch? alerts) : IStage<Frame, Frame>
{
    private readonly FrameGauge _gauge = new();

    public void Process(Frame item, ICollection<Frame> output)
    {
        var frame = item;
        if (taps is not null)
        {
            if (taps.Conditions.Take(item.Number) is { } change)
            {
                results.BeginSegment(change.Calibration, change.PriorDoseEPerA2);
            }

            if (taps.Conditions.Segment != item.Header.Segment)
            {
                frame = item.Share(item.Header with { Segment = taps.Conditions.Segment });
                item.Dispose();
            }
        }

        var reading = _gauge.Read(frame);
        taps?.Measured(reading);
        taps?.Adaptation?.Offer(frame);
        alerts?.Look(frame, reading);
        results.AddReceived(reading);
        output.Add(frame);
    }

    public void Complete(ICollection<Frame> output)
    {
    }
}

/// <summary>Holds the first frames, learns the camera's hot pixels and the particles from them, and corrects every frame from the first on.</summary>
/// <param name="detector">What learns the particles, from corrected frames.</param>
/// <param name="input">The camera's references.</param>
/// <param name="pool">Where corrected frames come from.</param>
/// <param name="ready">Called once everything is learnt.</param>
/// <param name="models">Changes the network between two frames, here where they are still in order; null where it stays.</param>
/// <param name="denoiser">Learns too; null where frames are not denoised.</param>
internal sealed class PrepareStage(
    IParticleDetector detector, SessionInput input, FramePool pool, Action ready, IModelSwitch? models = null, IFrameDenoiser? denoiser = null) : IStage<Frame, Frame>
{
    private readonly List<Frame> _held = [];
    private FrameCorrector? _corrector;

    /// <summary>Pixels that are replaced in every frame; null before they are known.</summary>
    public int? HotPixels => _corrector?.HotPixels.Count;

    /// <summary>Takes the camera's own pattern out of frames; null before it is learnt.</summary>
    public FrameCorrector? Corrector => _corrector;

    public void Process(Frame item, ICollection<Frame> output)
    {
        if (_corrector is not null)
        {
            models?.Before(item.Number);
            output.Add(_corrector.Apply(item, pool));
            item.Dispose();
            return;
        }

        _held.Add(item);
        if (_held.Count >= Math.Max(Math.Max(detector.LearningFrames, denoiser?.LearningFrames ?? 0), FrameCorrector.LearningFrames))
        {
            Learn(output);
        }
    }

    public void Complete(ICollection<Frame> output)
    {
        if (_corrector is null && _held.Count > 0)
        {
            Learn(output);
        }

        models?.End();
    }

    private void Learn(ICollection<Frame> output)
    {
        var corrected = new List<Frame>(_held.Count);
        try
        {
            var (height, width) = (_held[0].Height, _held[0].Width);
            _corrector = new FrameCorrector(height, width, FrameCorrector.Learn(_held), input.Dark, input.Gain);
            foreach (var frame in _held)
            {
                corrected.Add(_corrector.Apply(frame, pool));
            }

            detector.Learn(corrected.GetRange(0, Math.Min(corrected.Count, detector.LearningFrames)));
            denoiser?.Learn(corrected.GetRange(0, Math.Min(corrected.Count, denoiser.LearningFrames)));
            _held.ForEach(frame => models?.Before(frame.Number));
            corrected.ForEach(output.Add);
            _held.ForEach(frame => frame.Dispose());
            ready();
        }
        catch (Exception error)
        {
            // The frames themselves go out, for the pipeline to give back and account for.
            corrected.ForEach(frame => frame.Dispose());
            _held.ForEach(output.Add);
            throw new PipelineFaultException($"nothing could be learnt from the first {_held.Count} frames: {error.Message}", error);
        }
        finally
        {
            _held.Clear();
        }
    }
}

/// <summary>Takes the noise off each frame.</summary>
/// <param name="denoiser">Does it.</param>
/// <param name="results">Gets every denoised frame, whatever becomes of its analysis.</param>
/// <param name="forDetector">Whether the detector is to see it; else it is for the results alone.</param>
/// <param name="changes">Changes the denoiser between two frames; null where it stays.</param>
internal sealed class DenoiseStage(IFrameDenoiser denoiser, ResultJoiner results, bool forDetector, IDenoiserSwitch? changes = null) : IStage<Frame, DenoisedFrame>
{
    private readonly Queue<Frame> _waiting = new();

    public void Process(Frame item, ICollection<DenoisedFrame> output)
    {
        if (denoiser.Delay > 0)
        {
            denoiser.LookAhead(item);
        }

        _waiting.Enqueue(item);
        if (_waiting.Count > denoiser.Delay)
        {
            Denoise(_waiting.Dequeue(), output);
        }
    }

    public void Complete(ICollection<DenoisedFrame> output)
    {
        while (_waiting.TryDequeue(out var frame))
        {
            Denoise(frame, output);
        }

        changes?.End();
    }

    // A frame that waited is this stage's to give back where it fails; the pipeline knows of the newest only.
    private void Denoise(Frame frame, ICollection<DenoisedFrame> output)
    {
        Frame? denoised = null;
        try
        {
            changes?.Before(frame.Number);
            if (forDetector)
            {
                // From here on the frame, and whatever is found in it, says by which version.
                var stamped = frame.Share(frame.Header with { DenoiserVersion = denoiser.Version });
                frame.Dispose();
                frame = stamped;
            }

            denoised = denoiser.Denoise(frame);
            results.AddDenoised(denoised);
            output.Add(new DenoisedFrame(frame, forDetector ? denoised : null));
        }
        catch
        {
            denoised?.Dispose();
            frame.Dispose();
            throw;
        }

        if (!forDetector)
        {
            denoised.Dispose();
        }
    }
}

/// <summary>Measures where each particle is.</summary>
internal sealed class MeasureStage(IParticleDetector detector) : IStage<SegmentedFrame, MeasuredFrame>
{
    public void Process(SegmentedFrame item, ICollection<MeasuredFrame> output)
    {
        var detections = detector.Measure(item.Frame, item.Segmentation);
        output.Add(new MeasuredFrame(item.Frame, detections));
        item.Segmentation.Dispose();
    }

    public void Complete(ICollection<MeasuredFrame> output)
    {
    }
}
