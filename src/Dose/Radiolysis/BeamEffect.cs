using System.Globalization;
using LiveLtem.Core;

namespace LiveLtem.Dose.Radiolysis;

/// <summary>What the beam of a session does to water: energy absorbed and the products of radiolysis.</summary>
/// <param name="GyPerS">Absorbed dose rate of a normal frame, Gy/s.</param>
/// <param name="Gy">Absorbed up to now, Gy; null where the fluence is not known.</param>
/// <param name="State">The liquid's steady state at that dose rate.</param>
/// <param name="Text">All of it with its assumptions, one paragraph for people.</param>
public sealed record BeamEffect(double GyPerS, double? Gy, RadiolysisState State, string Text)
{
    /// <summary>Estimates it; null where the dose rate or the voltage is not known.</summary>
    /// <param name="dose">Where the dose comes from.</param>
    /// <param name="calibration">The voltage.</param>
    /// <param name="fluenceEPerA2">Fluence up to now, e-/A^2, or null.</param>
    public static BeamEffect? Of(DoseStatement dose, Calibration calibration, double? fluenceEPerA2)
    {
        ArgumentNullException.ThrowIfNull(dose);
        ArgumentNullException.ThrowIfNull(calibration);
        var (least, most) = AbsorbedDose.KvRange;
        if (dose.NormalRateEPerA2PerS is not { } rate || calibration.Kv is not { } voltage || voltage.Value < least || voltage.Value > most)
        {
            return null;
        }

        var factor = AbsorbedDose.GyPerEPerA2(voltage.Value);
        var state = new RadiolysisModel(ReactionNetwork.Water).SteadyState(rate * factor);
        var lower = dose.Kind == DoseKind.Camera ? "at least (the camera's dose, without what liquid and windows scatter away) " : string.Empty;
        var text = string.Create(CultureInfo.InvariantCulture, $"{lower}{rate * factor:0.0e0} Gy/s at the {rate:G3} e⁻/Å²/s of a normal frame and {voltage.Value:G4} kV")
            + (fluenceEPerA2 is { } fluence ? string.Create(CultureInfo.InvariantCulture, $", {fluence * factor:0.0e0} Gy absorbed so far") : string.Empty)
            + " (thin film: a thicker liquid absorbs more). Steady state: "
            + $"{RadiolysisText.Of(ReactionNetwork.Water, state)}. {RadiolysisText.Assumptions}";
        return new BeamEffect(rate * factor, fluenceEPerA2 * factor, state, text);
    }
}
