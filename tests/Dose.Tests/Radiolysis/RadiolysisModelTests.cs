using LiveLtem.Core;
using LiveLtem.Dose.Radiolysis;

namespace LiveLtem.Dose.Tests.Radiolysis;

public sealed class RadiolysisModelTests
{
    private static readonly string[] Columns = ["e-", "H+", "OH-", "H2O2", "HO2-", "H", "OH", "O-", "HO2", "O2-", "O2", "H2"];

    // Micromol/L. The equations of the program published with Schneider et al. 2014 (water_radiolysis.m, github.com/NMSchneider/Radiolysis, 235cb4b), evaluated as they
    // stand there and integrated by scipy 1.10.1 (Radau, rtol 1e-7, atol 1e-11 micromol/L, exact Jacobian) from neutral water until they were steady. The paper itself
    // shows its steady states as curves only. That program takes 1.6e-19 C and 6.022e23 for the constants, 0.14 % away from ours.
    public static TheoryData<string, double, double, double[]> Published => new()
    {
        { "electrons", 0, 1e4, [0.02566, 0.32212, 0.14919, 8.8503, 0.00029928, 0.078871, 0.74346, 1.3925e-05, 0.0024511, 0.14696, 0.42301, 10.24] },
        { "electrons", 0, 1e6, [0.27645, 2.7856, 1.294, 82.305, 0.024117, 0.8564, 7.4413, 0.0012034, 0.17211, 1.1897, 3.4556, 94.438] },
        { "electrons", 0, 7.5e7, [2.5208, 22.417, 10.023, 651.08, 1.4475, 6.4563, 62.461, 0.075482, 7.0616, 8.3462, 37.761, 777.96] },
        { "electrons", 0, 1e9, [9.7151, 81.883, 28.957, 2060.5, 12.562, 17.948, 212.94, 0.67287, 52.97, 29.922, 214.13, 2719.3] },
        { "electrons", 0, 1e10, [31.441, 266.61, 65.968, 5646.7, 68, 42.408, 613.99, 3.433, 276.36, 97.368, 1018.6, 8594.2] },
        { "electrons", 255, 1e4, [0.00065898, 4.3091, 0.010777, 83.355, 0.00020524, 0.00025949, 0.099091, 1.3258e-07, 0.68846, 4.2974, 230.28, 41.447] },
        { "electrons", 255, 1e7, [0.42116, 15.791, 1.8755, 349.23, 0.14779, 0.31169, 17.121, 0.0039242, 7.7053, 13.341, 183.74, 246.63] },
        { "gamma", 0, 0.25, [5.5538e-06, 0.11014, 0.091011, 0.31431, 6.3894e-06, 8.4923e-06, 0.00045967, 5.2545e-09, 7.8262e-05, 0.019116, 0.25502, 0.85338] },
        { "gamma", 0, 100, [0.00070049, 0.14669, 0.070501, 1.6041, 2.5291e-05, 0.00083064, 0.037295, 3.3023e-07, 0.00042223, 0.075459, 0.75355, 3.2429] },
    };

    [Theory]
    [MemberData(nameof(Published))]
    public void Steady_states_of_water_are_those_of_the_published_program(string yields, double oxygenMicroMol, double doseRate, double[] microMol)
    {
        var model = new RadiolysisModel(ReactionNetwork.Water, yields);
        var state = model.SteadyState(doseRate, Water(oxygenMicroMol));

        Assert.True(state.Settled);
        for (var i = 0; i < Columns.Length; i++)
        {
            Assert.Equal(1, state.MolPerL[model.Network.Find(Columns[i])] * 1e6 / microMol[i], 0.005);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1e5)]
    [InlineData(1e9)]
    public void Atoms_and_charge_are_kept(double doseRate)
    {
        var model = new RadiolysisModel(ReactionNetwork.Water);
        var start = Water(255);
        foreach (var time in (double[])[1e-6, 1e-3, 1, 1e4])
        {
            var state = model.After(doseRate, time, start);

            // To 1e-10 of what there is, over up to 1e13 Gy, which take the water apart a hundred thousand times.
            Assert.Equal(0, Sum(state, species => species.Atoms.GetValueOrDefault("H")) - (2 * 55.56) - 2e-7, 1e-8);
            Assert.Equal(0, Sum(state, species => species.Atoms.GetValueOrDefault("O")) - 55.56 - 1e-7 - (2 * 255e-6), 1e-8);
            Assert.Equal(0, Sum(state, species => species.Charge), 1e-4 * state.MolPerL[model.Network.Find("H+")]);

            // Oxidising and reducing equivalents, in which water does not count: H - 2 O - charge.
            Assert.Equal(-4 * 255e-6, Sum(state, species => species.Atoms.GetValueOrDefault("H") - (2 * species.Atoms.GetValueOrDefault("O")) - species.Charge), 1e-8);
            Assert.All(state.MolPerL, concentration => Assert.True(concentration > -1e-18));
        }

        double Sum(RadiolysisState state, Func<Species, double> weight) => state.MolPerL.Select((c, i) => c * weight(model.Network.Species[i])).Sum();
    }

    [Fact]
    public void Water_without_a_beam_stays_neutral()
    {
        var model = new RadiolysisModel(ReactionNetwork.Water);
        var state = model.SteadyState(0);

        Assert.True(state.Settled);
        Assert.Equal(6.9995, RadiolysisText.Ph(model.Network, state)!.Value, 1e-4);
        Assert.Equal(0, state.MolPerL[model.Network.Find("H2O2")], 1e-12);
    }

    [Fact]
    public void Production_alone_is_the_yield_times_the_dose()
    {
        // Before anything reacts: G x 1.036e-7 mol/J x Gy/s x 1 kg/L.
        var model = new RadiolysisModel(ReactionNetwork.Water);
        var state = model.After(1e7, 1e-10);

        Assert.Equal(1, state.MolPerL[model.Network.Find("e-")] / (3.47 * 1.03643e-7 * 1e7 * 1e-10), 1e-4);
        Assert.Equal(1, state.MolPerL[model.Network.Find("H2")] / (0.17 * 1.03643e-7 * 1e7 * 1e-10), 1e-4);
    }

    [Fact]
    public void A_radical_that_only_recombines_settles_at_the_root_of_its_rate()
    {
        var network = ReactionNetwork.Parse("yield beam A 2\nyield beam A2 -1\nstart A2 1\nreaction 2 A -> A2 ; 1e9", "pair");
        var state = new RadiolysisModel(network).SteadyState(1e6);

        Assert.True(state.Settled);
        Assert.Equal(1, state.MolPerL[0] / Math.Sqrt(2 * RadiolysisModel.MolPerJForG * 1e6 / (2 * 1e9)), 1e-5);

        // tanh(t sqrt(2 k R)) = 0.95.
        Assert.Equal(1, state.SettlingTimeS!.Value / (Math.Atanh(0.95) / Math.Sqrt(2 * 1e9 * 2 * RadiolysisModel.MolPerJForG * 1e6)), 0.2);
    }

    [Fact]
    public void Products_that_keep_growing_are_not_called_steady()
    {
        var network = ReactionNetwork.Parse("yield beam A 2\nyield beam A2 -1\nstart A2 1e9\nreaction A + A2 -> A2 + A ; 1", "growing");

        Assert.False(new RadiolysisModel(network).SteadyState(1).Settled);
    }

    [Fact]
    public void The_jacobian_is_the_slope_of_the_rates()
    {
        var network = ReactionNetwork.Water;
        var kinetics = new RadiolysisModel.Kinetics(network, network.Yields["electrons"], 1e7);
        var random = new Random(5);
        double[] y = [.. Enumerable.Range(0, 16).Select(_ => Math.Pow(10, (4 * random.NextDouble()) - 8))];
        var (jacobian, up, down) = (new double[256], new double[16], new double[16]);
        kinetics.Jacobian(y, jacobian);
        for (var j = 0; j < 16; j++)
        {
            // Rates are of second order at most in any species: the central difference is exact but for rounding.
            var (there, back) = (y.ToArray(), y.ToArray());
            there[j] *= 1.5;
            back[j] *= 0.5;
            kinetics.Derivative(there, up);
            kinetics.Derivative(back, down);
            for (var i = 0; i < 16; i++)
            {
                Assert.Equal(jacobian[(i * 16) + j], (up[i] - down[i]) / y[j], 1e-6 * (1 + Math.Abs(jacobian[(i * 16) + j])) + (1e-13 * Math.Abs(up[i]) / y[j]));
            }
        }
    }

    [Fact]
    public void Yields_that_are_not_there_are_refused_by_name()
    {
        Assert.Contains("no yields are called alpha; there are electrons, gamma", Assert.Throws<InputException>(() => new RadiolysisModel(ReactionNetwork.Water, "alpha")).Message, StringComparison.Ordinal);
    }

    private static double[] Water(double oxygenMicroMol)
    {
        var start = ReactionNetwork.Water.Start.ToArray();
        start[ReactionNetwork.Water.Find("O2")] = oxygenMicroMol * 1e-6;
        return start;
    }
}
