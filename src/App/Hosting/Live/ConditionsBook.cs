using LiveLtem.Core;
using LiveLtem.Core.Live;

namespace LiveLtem.App.Hosting.Live;

/// <summary>The conditions frames are taken under, segment by segment: who changes them and which frame is the first of the new ones.</summary>
/// <remarks>Thread-safe: the operator asks from one thread, the gauge takes from another.</remarks>
internal sealed class ConditionsBook(Calibration calibration)
{
    private const double LargestDose = 1e12;
    private readonly Lock _gate = new();
    private Calibration _calibration = calibration;
    private ConditionsChange? _pending;
    private long? _last;
    private int _segment;

    /// <summary>What holds for the newest frame.</summary>
    public Calibration Calibration
    {
        get
        {
            lock (_gate)
            {
                return _pending?.Calibration ?? _calibration;
            }
        }
    }

    /// <summary>Segment of the newest frame.</summary>
    public int Segment => Volatile.Read(ref _segment);

    /// <summary>Newest frame received, or null.</summary>
    public long? LastFrame
    {
        get
        {
            lock (_gate)
            {
                return _last;
            }
        }
    }

    /// <summary>Asks for a change; it holds from the next frame on.</summary>
    /// <param name="request">What changes.</param>
    /// <param name="time">Now.</param>
    /// <exception cref="InputException">A value cannot be meant.</exception>
    public ConditionsChange Change(ConditionsRequest request, DateTimeOffset time)
    {
        var changed = Check(request);
        lock (_gate)
        {
            // Two changes before a frame comes are one.
            var number = _pending?.Segment ?? _segment + 1;
            _pending = new ConditionsChange
            {
                Time = time,
                Frame = _last,
                Segment = number,
                FirstFrame = _last + 1 ?? 0,
                Calibration = (_pending?.Calibration ?? _calibration).OverriddenBy(changed),
                PriorDoseEPerA2 = request.PriorDoseEPerA2 ?? _pending?.PriorDoseEPerA2,
                Note = request.Note,
            };
            return _pending;
        }
    }

    /// <summary>A frame has come.</summary>
    /// <param name="number">Its number.</param>
    /// <returns>The change that it is the first frame of, or null.</returns>
    public ConditionsChange? Take(long number)
    {
        lock (_gate)
        {
            _last = number;
            var begins = _pending;
            if (begins is not null)
            {
                _calibration = begins.Calibration;
                _segment = begins.Segment;
                _pending = null;
            }

            return begins;
        }
    }

    private static Calibration Check(ConditionsRequest request)
    {
        var c = request.Changed;
        Demand("pixel size", c.PixelSizeNm, 1e-4, 1e6, "nm");
        Demand("frame time", c.FrameTimeS, 1e-9, 1e9, "s");
        Demand("exposure", c.ExposureS, 1e-9, 1e9, "s");
        Demand("counts per electron", c.CountsPerElectron, 1e-9, 1e9, "counts");
        Demand("dark level", c.DarkLevel, -1e10, 1e10, "counts");
        Demand("transmission", c.Transmission, 1e-9, 1, "(a fraction)");
        Demand("dose per frame", c.DosePerFrameEPerA2, 1e-12, LargestDose, "e-/A^2");
        Demand("acceleration voltage", c.Kv, 1e-3, 1e5, "kV");
        if (request.PriorDoseEPerA2 is { } prior && !(prior >= 0 && prior <= LargestDose))
        {
            throw new InputException(FormattableString.Invariant($"prior dose {prior}: give the dose that the area had, 0 to {LargestDose} e-/A^2"));
        }

        if (request.Note is { Length: > Annotation.LongestText })
        {
            throw new InputException($"the note is longer than {Annotation.LongestText} characters");
        }

        return c;
    }

    private static void Demand(string name, Calibrated? value, double least, double most, string unit)
    {
        if (value is not null && !(value.Value >= least && value.Value <= most))
        {
            throw new InputException(FormattableString.Invariant($"{name} {value.Value}: give {least} to {most} {unit}"));
        }
    }
}
