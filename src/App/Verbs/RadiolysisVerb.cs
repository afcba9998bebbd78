using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LiveLtem.Core;
using LiveLtem.Dose.Radiolysis;

namespace LiveLtem.App.Verbs;

/// <summary><c>liveltem radiolysis</c>: what the beam makes of water.</summary>
internal static class RadiolysisVerb
{
    private const double MostGyPerS = 1e14;

    // Air-saturated water at 25 C, as in the published input files (github.com/BirkFritsch/Radiolysis-simulations).
    private const double AeratedMolPerL = 2.55e-4;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>The verb with its options.</summary>
    public static Command Create()
    {
        var options = new Options();
        var command = new Command(
            "radiolysis",
            "Species in water under the beam, from the dose rate on the specimen: absorbed dose rate and concentrations once they are steady, or after a time.\n\nExample: liveltem radiolysis --dose-rate 10 --kv 300 --liquid-nm 150")
        {
            options.DoseRate, options.Kv, options.Liquid, options.FreePath, options.GyPerS, options.Time, options.Aerated, options.Start, options.Network, options.Yields, options.Table, options.Json,
        };
        command.SetAction(parsed => Run(options, parsed));
        return command;
    }

    private static int Run(Options options, ParseResult parsed)
    {
        var model = new RadiolysisModel(Network(parsed.GetValue(options.Network)), parsed.GetValue(options.Yields));
        var start = Start(options, parsed, model.Network);
        var table = parsed.GetValue(options.Table);
        if (table is not null)
        {
            WriteTable(table, model, start);
        }

        if (table is not null && parsed.GetValue(options.DoseRate) is null && parsed.GetValue(options.GyPerS) is null)
        {
            return 0;
        }

        var (doseRate, how) = DoseRate(options, parsed);
        var state = InRange("--time-s", parsed.GetValue(options.Time), 1e-12, RadiolysisModel.LongestS, "s") is { } time
            ? model.After(doseRate, time, start)
            : model.SteadyState(doseRate, start);
        Console.Out.WriteLine(parsed.GetValue(options.Json) ? Json(model.Network, doseRate, how, state) : Text(model.Network, doseRate, how, state, parsed.GetValue(options.Time) is not null));
        return 0;
    }

    private static ReactionNetwork Network(string? file)
    {
        if (file is null)
        {
            return ReactionNetwork.Water;
        }

        try
        {
            return ReactionNetwork.Parse(File.ReadAllText(file), file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"--network {file}: cannot be read: {IoReason.Of(error)}", error);
        }
    }

    private static List<double> Start(Options options, ParseResult parsed, ReactionNetwork network)
    {
        var start = network.Start.ToList();
        if (parsed.GetValue(options.Aerated))
        {
            Set("--aerated", "O2", AeratedMolPerL);
        }

        foreach (var text in parsed.GetValue(options.Start) ?? [])
        {
            var parts = text.Split('=');
            if (parts.Length != 2 || !double.TryParse(parts[1], NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || value is not (>= 0 and <= 100))
            {
                throw new InputException($"--start {text}: write a species and its concentration in mol/L, 0 to 100, as in --start O2=2.55e-4");
            }

            Set($"--start {text}", parts[0], value);
        }

        return start;

        void Set(string option, string formula, double value)
        {
            var index = network.Find(formula);
            start[index >= 0 ? index : throw new InputException($"{option}: there is no {formula} among the reactions; there are {string.Join(", ", network.Species.Select(species => species.Formula))}")] = value;
        }
    }

    private static (double GyPerS, string How) DoseRate(Options options, ParseResult parsed)
    {
        var typed = InRange("--gy-s", parsed.GetValue(options.GyPerS), 0, MostGyPerS, "Gy/s");
        var rate = InRange("--dose-rate", parsed.GetValue(options.DoseRate), 0, 1e7, "e-/A^2/s");
        if (typed is null == rate is null)
        {
            throw new InputException(typed is null
                ? "name the dose rate: --dose-rate in e-/A^2/s on the specimen with --kv, or --gy-s in Gy/s"
                : "--gy-s and --dose-rate say the same twice; keep one");
        }

        if (typed is not null)
        {
            return (typed.Value, "as typed");
        }

        var (least, most) = AbsorbedDose.KvRange;
        var kv = InRange("--kv", parsed.GetValue(options.Kv), least, most, "kV") ?? throw new InputException("--dose-rate needs --kv: how much energy an electron leaves depends on the voltage");
        var liquid = InRange("--liquid-nm", parsed.GetValue(options.Liquid), 0, 1e5, "nm");
        var path = InRange("--mean-free-path-nm", parsed.GetValue(options.FreePath), 1, 1e5, "nm") ?? AbsorbedDose.MeanFreePathNm(kv);
        if (liquid is not null && path is null)
        {
            throw new InputException(FormattableString.Invariant($"--liquid-nm: no mean free path is known at {kv} kV; name it with --mean-free-path-nm, or leave the thickness away for a thin film"));
        }

        var how = FormattableString.Invariant($"{rate} e-/A^2/s on the specimen at {kv:G4} kV, stopping power {AbsorbedDose.StoppingPower(kv):F3} MeV cm^2/g, ")
            + (liquid is null ? "thin film: scattering adds nothing" : FormattableString.Invariant($"times 1 + {liquid} nm / {path} nm for scattering"));
        return (rate!.Value * AbsorbedDose.GyPerEPerA2(kv, liquid, path), how);
    }

    private static double? InRange(string option, double? value, double least, double most, string unit) => value switch
    {
        null => null,
        { } number when number >= least && number <= most => number,
        { } number => throw new InputException(FormattableString.Invariant($"{option} {number}: must be from {least} to {most} {unit}")),
    };

    private static string Text(ReactionNetwork network, double doseRate, string how, RadiolysisState state, bool asked)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"Absorbed dose rate {doseRate:G4} Gy/s ({how})");
        text.AppendLine(asked ? FormattableString.Invariant($"After {state.TimeS:G3} s in the beam:")
            : state.Settled ? FormattableString.Invariant($"Steady state, all species within 5 % of it after {state.SettlingTimeS:G2} s:")
            : FormattableString.Invariant($"No steady state: the products still grow after {state.TimeS:G1} s, when there is:"));
        for (var i = 0; i < network.Species.Count; i++)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  {network.Species[i].Formula,-5} {state.MolPerL[i]:0.000E+00} mol/L");
        }

        text.AppendLine(CultureInfo.InvariantCulture, $"  pH    {RadiolysisText.Ph(network, state):F2}");
        if (RadiolysisText.Supersaturated(network, state) is { Count: > 0 } gases)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"More than dissolves at 1 atm, so that bubbles can form: {string.Join(", ", gases)}");
        }

        return text.Append("This is ").Append(RadiolysisText.Assumptions).Append('.').ToString();
    }

    private static string Json(ReactionNetwork network, double doseRate, string how, RadiolysisState state)
    {
        var concentrations = new JsonObject();
        for (var i = 0; i < network.Species.Count; i++)
        {
            concentrations[network.Species[i].Formula] = state.MolPerL[i];
        }

        return new JsonObject
        {
            ["dose_rate_Gy_s"] = doseRate,
            ["dose_rate_from"] = how,
            ["time_s"] = state.TimeS,
            ["steady"] = state.Settled,
            ["settling_time_s"] = state.SettlingTimeS,
            ["concentration_mol_L"] = concentrations,
            ["pH"] = RadiolysisText.Ph(network, state),
            ["over_solubility"] = new JsonArray([.. RadiolysisText.Supersaturated(network, state).Select(gas => (JsonNode)gas)]),
            ["assumptions"] = RadiolysisText.Assumptions,
        }.ToJsonString(Indented);
    }

    private static void WriteTable(string file, RadiolysisModel model, List<double> start)
    {
        var text = new StringBuilder("dose_rate_Gy_s,steady,settling_time_s");
        foreach (var species in model.Network.Species)
        {
            text.Append(',').Append(species.Formula).Append("_mol_L");
        }

        text.Append('\n');
        for (var quarter = 8; quarter <= 44; quarter++)
        {
            var doseRate = Math.Pow(10, quarter / 4.0);
            var state = model.SteadyState(doseRate, start);
            text.Append(CultureInfo.InvariantCulture, $"{doseRate:G6},{(state.Settled ? "true" : "false")},{state.SettlingTimeS:G4}");
            foreach (var value in state.MolPerL)
            {
                text.Append(CultureInfo.InvariantCulture, $",{value:G6}");
            }

            text.Append('\n');
        }

        try
        {
            File.WriteAllText(file, text.ToString());
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"--table {file}: cannot be written: {IoReason.Of(error)}", error);
        }
    }

    private sealed class Options
    {
        public Option<double?> DoseRate { get; } = new("--dose-rate") { Description = "Dose rate on the specimen, e-/A^2/s; needs --kv.", HelpName = "RATE" };

        public Option<double?> Kv { get; } = new("--kv") { Description = "Acceleration voltage, kV.", HelpName = "KV" };

        public Option<double?> Liquid { get; } = new("--liquid-nm") { Description = "Thickness of the liquid, nm: scattered electrons leave more (default: a thin film).", HelpName = "NM" };

        public Option<double?> FreePath { get; } = new("--mean-free-path-nm") { Description = "Mean free path in the liquid, nm (known from 200 to 300 kV).", HelpName = "NM" };

        public Option<double?> GyPerS { get; } = new("--gy-s") { Description = "Absorbed dose rate, Gy/s, in place of --dose-rate.", HelpName = "RATE" };

        public Option<double?> Time { get; } = new("--time-s") { Description = "Time in the beam, s (default: until nothing changes any more).", HelpName = "S" };

        public Option<bool> Aerated { get; } = new("--aerated") { Description = "Water that stood in air: 2.55e-4 mol/L of oxygen at the start." };

        public Option<string[]> Start { get; } = new("--start") { Description = "A species at the start, mol/L, as in O2=2.55e-4; can be repeated.", HelpName = "SPECIES=MOL_L" };

        public Option<string?> Network { get; } = new("--network") { Description = "Reactions and yields of your own, as config/radiolysis/water.txt.", HelpName = "FILE" };

        public Option<string?> Yields { get; } = new("--yields") { Description = "Set of yields: electrons (300 keV) or gamma.", HelpName = "SET" };

        public Option<string?> Table { get; } = new("--table") { Description = "Also write steady states from 1e2 to 1e11 Gy/s, four a decade, as CSV.", HelpName = "FILE" };

        public Option<bool> Json { get; } = new("--json") { Description = "Print JSON." };
    }
}
