namespace LiveLtem.Dose.Radiolysis;

/// <summary>Energy that a dose of electrons leaves in water.</summary>
/// <remarks>Gy/s = 1e5 e S phi/1e-20 (1 + h/lambda): S the collision stopping power in MeV cm^2/g, phi in e-/A^2/s, h the liquid's thickness, lambda the mean free path. The
/// last factor stands for the longer paths of scattered electrons; many papers leave it out, so it is in only where a thickness is given, and the text says so
/// (Fritsch et al., Adv. Sci. 9 (2022) 2202803, doi:10.1002/advs.202202803).</remarks>
public static class AbsorbedDose
{
    // Electron rest energy in MeV; mean excitation energy of liquid water 75 eV and Z/A as ICRU Report 37.
    private const double RestMeV = 0.51099895;
    private const double ExcitationMeV = 75e-6;
    private const double ZOverA = 0.55508;

    // 2 pi r_e^2 m c^2 N_A, MeV cm^2/mol.
    private const double Factor = 0.153536;

    private const double GyPerMeVCm2PerGPerA2 = 1e5 * 1.602176634e-19 / 1e-20;

    // kV and nm: the values that the published program takes at the two voltages (github.com/BirkFritsch/Radiolysis-simulations, settings).
    private static readonly (double Kv, double Nm)[] FreePaths = [(200, 320), (300, 380)];

    /// <summary>Lowest and highest voltage for which <see cref="StoppingPower"/> holds without its density correction, kV.</summary>
    public static (double Least, double Most) KvRange => (20, 400);

    /// <summary>Collision stopping power of liquid water for electrons, MeV cm^2/g.</summary>
    /// <param name="kv">Acceleration voltage, kV, within <see cref="KvRange"/>.</param>
    /// <remarks>Bethe's formula with Møller scattering, Berger and Seltzer 1964; the density effect begins above 400 kV. 2.355 at 300 kV, 2.793 at 200 kV (NIST ESTAR).</remarks>
    public static double StoppingPower(double kv)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(kv, KvRange.Least);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(kv, KvRange.Most);
        var tau = kv / 1000 / RestMeV;
        var beta2 = tau * (tau + 2) / ((tau + 1) * (tau + 1));
        var spin = (1 - beta2) * (1 + (tau * tau / 8) - (((2 * tau) + 1) * Math.Log(2)));
        var excitation = ExcitationMeV / RestMeV;
        return Factor * ZOverA / beta2 * (Math.Log(tau * tau * (tau + 2) / (2 * excitation * excitation)) + spin);
    }

    /// <summary>Mean free path in water, nm, from 200 to 300 kV; null at other voltages, for which none was published with the formula.</summary>
    public static double? MeanFreePathNm(double kv)
    {
        var ((low, atLow), (high, atHigh)) = (FreePaths[0], FreePaths[1]);
        return kv >= low && kv <= high ? atLow + ((atHigh - atLow) * (kv - low) / (high - low)) : null;
    }

    /// <summary>Gy for one e-/A^2 on the specimen; Gy/s for one e-/A^2/s.</summary>
    /// <param name="kv">Acceleration voltage, kV, within <see cref="KvRange"/>.</param>
    /// <param name="liquidNm">Thickness of the liquid, nm; null for a film so thin that scattering adds nothing.</param>
    /// <param name="meanFreePathNm">Mean free path, nm; read only with a thickness.</param>
    public static double GyPerEPerA2(double kv, double? liquidNm = null, double? meanFreePathNm = null)
    {
        var factor = GyPerMeVCm2PerGPerA2 * StoppingPower(kv);
        return liquidNm is { } thickness && meanFreePathNm is { } path ? factor * (1 + (thickness / path)) : factor;
    }
}
