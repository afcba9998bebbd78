using LiveLtem.Core;
using LiveLtem.Dose.Radiolysis;

namespace LiveLtem.Dose.Tests.Radiolysis;

public sealed class AbsorbedDoseTests
{
    [Theory]
    [InlineData(100, 4.115)]
    [InlineData(200, 2.793)]
    [InlineData(300, 2.355)]
    public void Stopping_power_is_that_of_the_published_table(double kv, double table)
    {
        // NIST ESTAR, liquid water, collision, MeV cm^2/g; the density effect that it has is under 0.1 % here.
        Assert.Equal(1, AbsorbedDose.StoppingPower(kv) / table, 0.002);
    }

    [Fact]
    public void One_electron_leaves_the_published_energy()
    {
        // Thin film, and 150 nm of liquid: PHYSICS of Fritsch et al. 2022 with S = 2.36 and 2.798, 380 and 320 nm.
        Assert.Equal(1, AbsorbedDose.GyPerEPerA2(300) / 3.78e6, 0.004);
        Assert.Equal(1, AbsorbedDose.GyPerEPerA2(200) / 4.48e6, 0.004);
        Assert.Equal(1, AbsorbedDose.GyPerEPerA2(300, 150, AbsorbedDose.MeanFreePathNm(300)) / 5.27e6, 0.004);
        Assert.Equal(1, AbsorbedDose.GyPerEPerA2(200, 150, AbsorbedDose.MeanFreePathNm(200)) / 6.58e6, 0.004);
        Assert.Null(AbsorbedDose.MeanFreePathNm(120));
    }

    [Fact]
    public void A_session_states_what_its_beam_does_and_what_that_rests_on()
    {
        var calibration = new Calibration { Kv = new Calibrated(300, "typed") };
        var dose = Statement(DoseKind.Specimen, 7.5e7 / AbsorbedDose.GyPerEPerA2(300));
        var effect = BeamEffect.Of(dose, calibration, 100)!;

        Assert.Equal(7.5e7, effect.GyPerS, 1);
        Assert.Equal(100 * AbsorbedDose.GyPerEPerA2(300), effect.Gy!.Value, 1);
        Assert.StartsWith("7.5e7 Gy/s at the 19.9 e⁻/Å²/s of a normal frame and 300 kV, 3.8e8 Gy absorbed so far (thin film", effect.Text, StringComparison.Ordinal);
        Assert.Contains("H2O2 6.5e-4, O2 3.8e-5 mol/L, pH 4.6", effect.Text, StringComparison.Ordinal);
        Assert.EndsWith(RadiolysisText.Assumptions, effect.Text, StringComparison.Ordinal);
        Assert.StartsWith("at least (the camera's dose", BeamEffect.Of(Statement(DoseKind.Camera, 1), calibration, null)!.Text, StringComparison.Ordinal);
        Assert.Null(BeamEffect.Of(dose, Calibration.Unknown, 100));
        Assert.Null(BeamEffect.Of(Statement(DoseKind.Specimen, null), calibration, 100));
    }

    [Fact]
    public void More_gas_than_dissolves_is_told()
    {
        var model = new RadiolysisModel(ReactionNetwork.Water);

        Assert.Equal([], RadiolysisText.Supersaturated(model.Network, model.SteadyState(1e7)));
        Assert.Equal(["H2"], RadiolysisText.Supersaturated(model.Network, model.SteadyState(1e9)));
        Assert.Contains("bubbles can form: H2", RadiolysisText.Of(model.Network, model.SteadyState(1e9)), StringComparison.Ordinal);
    }

    private static DoseStatement Statement(DoseKind kind, double? rate) => new()
    {
        Source = DoseSource.Counts,
        Kind = kind,
        RelativeErr = null,
        WithoutErr = [],
        Missing = [],
        Assumptions = [],
        NormalRateEPerA2PerS = rate,
    };
}
