using System.Text.Json;

namespace LiveLtem.App.Tests.Verbs;

public sealed class RadiolysisVerbTests
{
    [Fact]
    public async Task Dose_rate_and_voltage_give_absorbed_dose_and_products()
    {
        var run = await ProgramRun.RunAsync("radiolysis", "--dose-rate", "10", "--kv", "300", "--liquid-nm", "150", "--aerated", "--json");

        Assert.True(run.ExitCode == 0, run.Error);
        using var json = JsonDocument.Parse(run.Output);
        Assert.Equal(1, json.RootElement.GetProperty("dose_rate_Gy_s").GetDouble() / 5.27e7, 0.004);
        Assert.True(json.RootElement.GetProperty("steady").GetBoolean());
        Assert.Equal(1, json.RootElement.GetProperty("concentration_mol_L").GetProperty("H2O2").GetDouble() / 6.67e-4, 0.01);
        Assert.Contains("pure bulk water", json.RootElement.GetProperty("assumptions").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_has_a_row_a_quarter_decade()
    {
        using var folder = new TempFolder();
        var run = await ProgramRun.RunAsync("radiolysis", "--table", folder.File("steady.csv"));

        Assert.True(run.ExitCode == 0, run.Error);
        var lines = File.ReadAllLines(folder.File("steady.csv"));
        Assert.Equal(38, lines.Length);
        Assert.StartsWith("dose_rate_Gy_s,steady,settling_time_s,e-_mol_L,H+_mol_L", lines[0], StringComparison.Ordinal);
        Assert.All(lines[1..], line => Assert.Equal("true", line.Split(',')[1]));
    }

    [Theory]
    [InlineData("name the dose rate: --dose-rate in e-/A^2/s")]
    [InlineData("--dose-rate needs --kv", "--dose-rate", "10")]
    [InlineData("--liquid-nm: no mean free path is known at 120 kV", "--dose-rate", "10", "--kv", "120", "--liquid-nm", "100")]
    [InlineData("--gy-s and --dose-rate say the same twice", "--dose-rate", "10", "--gy-s", "1")]
    [InlineData("--start Xe=1: there is no Xe among the reactions", "--gy-s", "1", "--start", "Xe=1")]
    [InlineData("--start O2: write a species and its concentration", "--gy-s", "1", "--start", "O2")]
    [InlineData("--kv 5000: must be from 20 to 400 kV", "--dose-rate", "10", "--kv", "5000")]
    [InlineData("--network nowhere.txt: cannot be read", "--gy-s", "1", "--network", "nowhere.txt")]
    public async Task What_cannot_be_meant_is_refused_with_one_line(string message, params string[] arguments)
    {
        var run = await ProgramRun.RunAsync(["radiolysis", .. arguments]);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
    }
}
