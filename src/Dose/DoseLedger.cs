using LiveLtem.Core;

namespace LiveLtem.Dose;

/// <summary>Keeps the account of dose over every received frame.</summary>
/// <remarks>Fluence accrues by the wall clock while the beam is on: over frames that were lost and over the dead time between exposures too, there at
/// the mean rate of the frames on either side. A flagged frame (saturated, or the one before sent again) says nothing of the beam and takes the rate of
/// the frame before it. The first frames are held until there is a reference. Not thread-safe; frames come in the order of arrival.</remarks>
public sealed class DoseLedger
{
    private const int ReferenceFrames = 5;
    private const int MostHeld = 64;

    /// <summary>Above this fraction of saturated pixels the mean reads low.</summary>
    private const double SaturatedAbove = 0.002;

    private readonly DoseScale _scale;
    private readonly double? _frameTimeS;
    private readonly List<(GaugeReading Gauge, double? TimeS)> _held = [];
    private readonly List<double> _referenceSignals = new(ReferenceFrames);
    private bool _ready;
    private double? _reference;
    private double _lastSignal;
    private double? _lastTimeS;
    private double? _dose = 0;
    private bool _any;
    private bool _timesKnown = true;
    private double? _electrons;

    /// <summary>Opens an account.</summary>
    /// <param name="calibration">What turns counts and pixels into electrons and areas; a typed dose beats the counts.</param>
    public DoseLedger(Calibration calibration)
    {
        ArgumentNullException.ThrowIfNull(calibration);
        _scale = new DoseScale(calibration);
        _frameTimeS = calibration.FrameTimeS?.Value;
    }

    /// <summary>Goes on under other conditions: a new scale and a new reference, the dose carried on or begun anew.</summary>
    /// <param name="before">The account so far, completed: time between its last frame and the next one counts, at the new rate.</param>
    /// <param name="calibration">What holds from the next frame on.</param>
    /// <param name="doseEPerA2">Dose that the area has already, or null to carry on with what the account says.</param>
    public static DoseLedger Continue(DoseLedger before, Calibration calibration, double? doseEPerA2)
    {
        ArgumentNullException.ThrowIfNull(before);
        return new DoseLedger(calibration)
        {
            _dose = doseEPerA2 ?? before._dose,
            _any = before._any,
            _lastTimeS = before._lastTimeS,
        };
    }

    /// <summary>Source, kind, error and what is missing, as far as it is known by now.</summary>
    public DoseStatement Statement => _scale.State(_timesKnown, _electrons) with
    {
        NormalRateEPerA2PerS = _reference is { } normal ? _scale.DosePerExposure(normal, normal) / _scale.ExposureS : null,
    };

    /// <summary>Mean counts above the dark level of a normal frame, once there is a reference.</summary>
    public double? ReferenceSignal => _reference;

    /// <summary>True where the frame's counts say nothing of the beam: saturated, repeated or not a number.</summary>
    public static bool IsFlagged(GaugeReading gauge) =>
        gauge.Repeated || gauge.SaturatedFraction > SaturatedAbove || !double.IsFinite(gauge.MeanCounts);

    /// <summary>Takes one received frame and adds every frame whose dose is known by now.</summary>
    /// <param name="gauge">The frame.</param>
    /// <param name="timeS">Seconds from the first frame to the start of this one, or null where there are no times.</param>
    /// <param name="output">Frames in order of arrival; none while the reference is still being gathered.</param>
    public void Add(GaugeReading gauge, double? timeS, ICollection<FrameDose> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (_ready)
        {
            output.Add(Account(gauge, timeS));
            return;
        }

        _held.Add((gauge, timeS));
        if (!IsFlagged(gauge))
        {
            _referenceSignals.Add(_scale.Signal(gauge));
        }

        if (_referenceSignals.Count == ReferenceFrames || _held.Count == MostHeld)
        {
            Complete(output);
        }
    }

    /// <summary>No more frames will come: adds those still held.</summary>
    public void Complete(ICollection<FrameDose> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (_ready)
        {
            return;
        }

        _ready = true;
        if (_referenceSignals.Count > 0)
        {
            // The median: a blank or a step among the first frames does not become the norm.
            _referenceSignals.Sort();
            var middle = _referenceSignals.Count / 2;
            _reference = _referenceSignals.Count % 2 == 1 ? _referenceSignals[middle] : (_referenceSignals[middle - 1] + _referenceSignals[middle]) / 2;
            _electrons = _held.Count > 0 ? _scale.Electrons(_reference.Value, _held[0].Gauge.Pixels) : null;
            _lastSignal = _reference.Value;
        }

        foreach (var (gauge, timeS) in _held)
        {
            output.Add(Account(gauge, timeS));
        }

        _held.Clear();
    }

    private FrameDose Account(GaugeReading gauge, double? timeS)
    {
        var before = _lastSignal;
        var signal = IsFlagged(gauge) ? before : _scale.Signal(gauge);
        var perExposure = _reference is null ? null : _scale.DosePerExposure(signal, _reference);
        var rate = perExposure / _scale.ExposureS;
        _timesKnown &= timeS is not null || _frameTimeS is not null;
        _dose += Accrued(gauge, timeS, perExposure, _reference is null ? null : _scale.DosePerExposure((before + signal) / 2, _reference));
        _lastSignal = signal;
        _lastTimeS = timeS;
        _any = true;
        return new FrameDose(gauge, timeS, rate, _dose);
    }

    /// <summary>Dose since the end of the frame before, to the end of this one, e-/A^2.</summary>
    private double? Accrued(GaugeReading gauge, double? timeS, double? perExposure, double? perExposureBetween)
    {
        var elapsedS = _any ? timeS - _lastTimeS : null;
        if (_scale.ExposureS is { } exposureS && (_frameTimeS ?? elapsedS ?? (_any ? null : exposureS)) is { } periodS)
        {
            var ownS = Math.Min(periodS, elapsedS is > 0 ? elapsedS.Value : periodS);
            var betweenS = elapsedS is { } elapsed ? Math.Max(0, elapsed - ownS) : gauge.DroppedBefore * periodS;
            return ((perExposure * ownS) + (perExposureBetween * betweenS)) / exposureS;
        }

        // A typed dose a frame needs no clock: frames count, those lost by their numbers too.
        return _scale.IsTyped ? perExposure + (perExposureBetween * gauge.DroppedBefore) : null;
    }
}
