using LiveLtem.Core;

namespace LiveLtem.Dose.Alerts;

/// <summary>Watches a session for everything that an operator should hear of.</summary>
/// <remarks>
/// <see cref="Look"/> comes from the thread that receives, for every received frame, before anything else is said of it; <see cref="Accounted"/>, <see cref="Analysed"/>,
/// <see cref="LeftOut"/> and <see cref="Begin"/> come one at a time, each in the order of the frames.
/// </remarks>
public interface IAlertWatch
{
    /// <summary>Rules that cannot be evaluated, one line each: the kind and why. Thread-safe where the watch is live.</summary>
    IReadOnlyList<string> Missing { get; }

    /// <summary>A frame was received.</summary>
    /// <param name="frame">Stays the caller's.</param>
    /// <param name="gauge">What was measured on it.</param>
    void Look(Frame frame, GaugeReading gauge);

    /// <summary>The dose of a received frame is known.</summary>
    void Accounted(FrameDose dose);

    /// <summary>A frame was analysed.</summary>
    /// <param name="row">Its row.</param>
    /// <param name="tracks">Its points as known at once.</param>
    void Analysed(FrameRow row, FrameTracks tracks);

    /// <summary>A received frame was left out of the analysis.</summary>
    void LeftOut(FrameRow row);

    /// <summary>The frames that are received from now on were taken under other conditions: what is usual is learnt anew.</summary>
    void Begin(Calibration calibration);
}
