using LiveLtem.Core;

namespace LiveLtem.Dose;

/// <summary>Turns the mean counts of a frame into its dose: how much in one exposure, and at what rate.</summary>
/// <remarks>Camera dose = (counts - dark) / (counts per electron) / (pixel area); specimen dose = camera dose / transmission. A typed dose is the
/// specimen dose of a normal frame; the dose of a frame is then the typed one times its electrons over those of the reference.</remarks>
internal sealed class DoseScale
{
    private readonly Calibration _calibration;
    private readonly double _dark;
    private readonly double? _perCount;

    public DoseScale(Calibration calibration)
    {
        _calibration = calibration;
        _dark = calibration.DarkLevel?.Value ?? 0;
        if (calibration.DosePerFrameEPerA2 is null && calibration.DarkLevel is not null && calibration.CountsPerElectron is { } gain && calibration.PixelAreaA2 is { } area)
        {
            _perCount = 1 / (gain.Value * area * (calibration.Transmission?.Value ?? 1));
        }

        Source = IsTyped ? DoseSource.Typed : _perCount is not null ? DoseSource.Counts : DoseSource.None;
    }

    public DoseSource Source { get; }

    /// <summary>True where the typed dose of a normal frame is scaled.</summary>
    public bool IsTyped => _calibration.DosePerFrameEPerA2 is not null;

    /// <summary>The time in which the dose of a frame was given, s: its exposure, for a typed dose else the frame time.</summary>
    public double? ExposureS => _calibration.ExposureS?.Value ?? (IsTyped ? _calibration.FrameTimeS?.Value : null);

    /// <summary>Counts above the dark level, which electrons made; never negative.</summary>
    public double Signal(GaugeReading gauge) => Math.Max(0, gauge.MeanCounts - _dark);

    /// <summary>Dose in one exposure, e-/A^2, or null where something is missing.</summary>
    /// <param name="signal">Counts above the dark level.</param>
    /// <param name="reference">Those of a normal frame; read for a typed dose only.</param>
    public double? DosePerExposure(double signal, double? reference) => _calibration.DosePerFrameEPerA2 is { } typed
        ? reference is > 0 ? typed.Value * signal / reference.Value : null
        : signal * _perCount;

    public DoseStatement State(bool timesKnown, double? electrons)
    {
        var (squares, without) = Errors(electrons);
        return new DoseStatement
        {
            Source = Source,
            Kind = Source == DoseSource.None ? DoseKind.None
                : Source == DoseSource.Typed || _calibration.Transmission is not null ? DoseKind.Specimen
                : DoseKind.Camera,
            RelativeErr = squares > 0 ? Math.Sqrt(squares) : null,
            WithoutErr = without,
            Missing = Missing(timesKnown),
            Assumptions = Assumptions(),
        };
    }

    /// <summary>Electrons behind a signal, for the counting error; null without a gain.</summary>
    public double? Electrons(double signal, int pixels) => _calibration.CountsPerElectron is { } gain ? signal * pixels / gain.Value : null;

    private (double Squares, IReadOnlyList<string> Without) Errors(double? electrons)
    {
        var squares = 0.0;
        var without = new List<string>();
        if (Source == DoseSource.Typed)
        {
            Add("dose per frame", _calibration.DosePerFrameEPerA2, 1);
        }
        else if (Source == DoseSource.Counts)
        {
            // (dphi/phi)^2 = (dCF/CF)^2 + (2 dp/p)^2 + (dT/T)^2 + 1/N: the area goes with the square of the pixel size.
            Add("counts per electron", _calibration.CountsPerElectron, 1);
            Add("pixel size", _calibration.PixelSizeNm, 2);
            Add("transmission", _calibration.Transmission, 1);
            Add("exposure", _calibration.ExposureS, 1);
            squares += electrons is > 0 ? 1 / electrons.Value : 0;
        }

        return (squares, without);

        void Add(string name, Calibrated? value, double power)
        {
            switch (value)
            {
                case null:
                    break;
                case { Err: { } err }:
                    squares += Math.Pow(power * err / value.Value, 2);
                    break;
                default:
                    without.Add(name);
                    break;
            }
        }
    }

    private List<string> Missing(bool timesKnown)
    {
        var missing = new List<string>();
        if (!IsTyped)
        {
            Demand(_calibration.PixelSizeNm, "pixel size");
            Demand(_calibration.CountsPerElectron, "counts per electron");
            Demand(_calibration.DarkLevel, "dark level");
        }

        if (ExposureS is null)
        {
            missing.Add(IsTyped ? "exposure or frame time" : "exposure");
        }

        if (!IsTyped && !timesKnown)
        {
            missing.Add("frame time");
        }

        return missing;

        void Demand(Calibrated? value, string name)
        {
            if (value is null)
            {
                missing.Add(name);
            }
        }
    }

    private List<string> Assumptions()
    {
        var assumptions = new List<string>();
        if (Source == DoseSource.Typed && _calibration.DarkLevel is null)
        {
            assumptions.Add("the dark level is taken as 0 counts");
        }

        if (Source == DoseSource.Counts && _calibration.Transmission is null)
        {
            assumptions.Add("camera dose: what liquid and windows scatter away is not added");
        }

        if (Source == DoseSource.Counts && _calibration.Transmission is not null)
        {
            assumptions.Add("the mean of the picture is divided by the transmission of liquid and windows: what particles take from the beam is not added");
        }

        return assumptions;
    }
}
