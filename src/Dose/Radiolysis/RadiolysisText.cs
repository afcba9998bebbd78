using System.Globalization;

namespace LiveLtem.Dose.Radiolysis;

/// <summary>What an estimate of the liquid's chemistry says and what it takes for granted, in words.</summary>
public static class RadiolysisText
{
    /// <summary>The assumptions that go with every figure.</summary>
    public const string Assumptions = "an estimate for pure bulk water at 25 °C: the same dose rate everywhere, no diffusion out of the beam, no gas leaving, no windows or particles taking part";

    // Solubility under one atmosphere of the gas at 25 C, mol/L: Henry's constants 7.7e-6 and 1.3e-5 mol/(m^3 Pa), Sander, Atmos. Chem. Phys. 15 (2015) 4399.
    private static readonly (string Gas, double MolPerL)[] Solubilities = [("H2", 7.8e-4), ("O2", 1.3e-3)];

    private static readonly string[] Shown = ["e-", "H", "OH", "H2", "H2O2", "O2"];

    /// <summary>One line on a steady state: what there is of the main products, the pH, and gas over its solubility.</summary>
    public static string Of(ReactionNetwork network, RadiolysisState state)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(state);
        var parts = Shown
            .Select(formula => (Formula: formula, Index: network.Find(formula)))
            .Where(species => species.Index >= 0)
            .Select(species => string.Create(CultureInfo.InvariantCulture, $"{species.Formula} {state.MolPerL[species.Index]:0.0e0}"))
            .ToList();
        var text = $"{string.Join(", ", parts)} mol/L";
        text += Ph(network, state) is { } ph ? string.Create(CultureInfo.InvariantCulture, $", pH {ph:F1}") : string.Empty;
        var gases = Supersaturated(network, state);
        text += gases.Count > 0 ? $"; over its solubility at 1 atm, so that bubbles can form: {string.Join(", ", gases)}" : string.Empty;
        return state.Settled ? text : $"{text}; not settled";
    }

    /// <summary>-log10 of the protons' concentration; null where the network has none.</summary>
    public static double? Ph(ReactionNetwork network, RadiolysisState state)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(state);
        return network.Find("H+") is >= 0 and var proton && state.MolPerL[proton] > 0 ? -Math.Log10(state.MolPerL[proton]) : null;
    }

    /// <summary>Gases of which there is more than dissolves under one atmosphere of them.</summary>
    public static IReadOnlyList<string> Supersaturated(ReactionNetwork network, RadiolysisState state)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(state);
        return [.. Solubilities.Where(gas => network.Find(gas.Gas) is >= 0 and var index && state.MolPerL[index] > gas.MolPerL).Select(gas => gas.Gas)];
    }
}
