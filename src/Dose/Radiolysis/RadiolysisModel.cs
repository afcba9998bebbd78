using LiveLtem.Core;

namespace LiveLtem.Dose.Radiolysis;

/// <summary>What the liquid holds after some time in the beam.</summary>
/// <param name="TimeS">Time in the beam, s.</param>
/// <param name="MolPerL">Concentrations in the order of <see cref="ReactionNetwork.Species"/>, mol/L.</param>
/// <param name="Settled">Whether nothing changes any more.</param>
/// <param name="SettlingTimeS">When the last species came within 5 % of its final concentration and stayed there, s; null where <paramref name="Settled"/> is false.</param>
public sealed record RadiolysisState(double TimeS, IReadOnlyList<double> MolPerL, bool Settled, double? SettlingTimeS);

/// <summary>The chemistry of a liquid in a beam: production by radiation, then homogeneous reactions.</summary>
/// <remarks>dc_i/dt = G_i rho P / (100 eV N_A) + sum over reactions of change_ir k_r prod c^order, after Schneider et al. 2014 (doi:10.1021/jp507400n): bulk liquid,
/// the same dose rate everywhere, no diffusion out of the beam, no gas leaving, no walls. Thread-safe: every call solves on its own.</remarks>
public sealed class RadiolysisModel
{
    /// <summary>mol/J made by a yield of one molecule for 100 eV.</summary>
    public const double MolPerJForG = 1 / (100 * 1.602176634e-19 * 6.02214076e23);

    /// <summary>No steady state is waited for longer than this, s.</summary>
    public const double LongestS = 1e9;

    // kg/L, water.
    private const double Density = 1;
    private const double Relative = 1e-6;
    private const double AbsoluteMolPerL = 1e-18;
    private const double FirstS = 1e-12;

    // Change of any species over a decade of time below which nothing moves any more.
    private const double Still = 1e-4;

    // Below this a species has no say in what has settled, mol/L.
    private const double Trace = 1e-17;
    private const double Near = 0.05;

    private readonly ReactionNetwork _network;
    private readonly double[] _yields;

    /// <summary>A model.</summary>
    /// <param name="network">Species and reactions.</param>
    /// <param name="yields">Name of the set of yields; null for the network's first.</param>
    /// <exception cref="InputException">There is no such set.</exception>
    public RadiolysisModel(ReactionNetwork network, string? yields = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        _network = network;
        var name = yields ?? network.Yields.Keys.First();
        _yields = network.Yields.TryGetValue(name, out var set)
            ? set
            : throw new InputException($"no yields are called {name}; there are {string.Join(", ", network.Yields.Keys)}");
    }

    /// <summary>Species and reactions.</summary>
    public ReactionNetwork Network => _network;

    /// <summary>The liquid after a time in the beam.</summary>
    /// <param name="doseRateGyPerS">Absorbed dose rate, Gy/s, >= 0.</param>
    /// <param name="timeS">Time in the beam, s, > 0.</param>
    /// <param name="start">Concentrations at the start, mol/L; null for the network's.</param>
    public RadiolysisState After(double doseRateGyPerS, double timeS, IReadOnlyList<double>? start = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(doseRateGyPerS);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(timeS);
        var y = (start ?? _network.Start).ToArray();
        var step = Math.Min(FirstS, timeS);
        new StiffSolver(new Kinetics(_network, _yields, doseRateGyPerS), Relative, AbsoluteMolPerL).Advance(y, 0, timeS, ref step);
        return new RadiolysisState(timeS, y, false, null);
    }

    /// <summary>The liquid once production and loss balance.</summary>
    /// <param name="doseRateGyPerS">Absorbed dose rate, Gy/s, >= 0.</param>
    /// <param name="start">Concentrations at the start, mol/L; null for the network's. A closed liquid remembers them: oxygen that was there stays there in some form.</param>
    /// <returns>The state, or that at <see cref="LongestS"/>, not settled, where the products keep growing.</returns>
    public RadiolysisState SteadyState(double doseRateGyPerS, IReadOnlyList<double>? start = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(doseRateGyPerS);
        var y = (start ?? _network.Start).ToArray();
        var solver = new StiffSolver(new Kinetics(_network, _yields, doseRateGyPerS), Relative, AbsoluteMolPerL);
        var path = new List<(double TimeS, double[] MolPerL)>();
        var (time, step) = (0.0, FirstS);
        for (var end = 1e-9; end <= LongestS; end *= 10)
        {
            var before = y.ToArray();
            solver.Advance(y, time, end, ref step, (at, state) => path.Add((at, state.ToArray())));
            time = end;
            if (end > 1e-3 && Furthest(before, y) < Still)
            {
                return new RadiolysisState(time, y, true, path.FindLast(point => Furthest(point.MolPerL, y) > Near).TimeS);
            }
        }

        return new RadiolysisState(time, y, false, null);
    }

    private static double Furthest(double[] from, double[] to)
    {
        var furthest = 0.0;
        for (var i = 0; i < to.Length; i++)
        {
            if (Math.Abs(to[i]) > Trace)
            {
                furthest = Math.Max(furthest, Math.Abs(to[i] - from[i]) / Math.Abs(to[i]));
            }
        }

        return furthest;
    }

    /// <summary>The rates of a network at one dose rate, in mol/L/s.</summary>
    internal sealed class Kinetics(ReactionNetwork network, double[] yields, double doseRateGyPerS) : IStiffSystem
    {
        private readonly double[] _production = [.. yields.Select(g => g * MolPerJForG * doseRateGyPerS * Density)];

        public int Size => network.Species.Count;

        public void Derivative(ReadOnlySpan<double> y, Span<double> derivative)
        {
            _production.CopyTo(derivative);
            foreach (var reaction in network.Reactions)
            {
                var rate = reaction.K;
                foreach (var (species, order) in reaction.Orders)
                {
                    rate *= Power(y[species], order);
                }

                foreach (var (species, change) in reaction.Changes)
                {
                    derivative[species] += change * rate;
                }
            }
        }

        public void Jacobian(ReadOnlySpan<double> y, Span<double> jacobian)
        {
            jacobian.Clear();
            foreach (var reaction in network.Reactions)
            {
                foreach (var (by, order) in reaction.Orders)
                {
                    var slope = reaction.K * order * Power(y[by], order - 1);
                    foreach (var (other, otherOrder) in reaction.Orders)
                    {
                        slope *= other == by ? 1 : Power(y[other], otherOrder);
                    }

                    foreach (var (species, change) in reaction.Changes)
                    {
                        jacobian[(species * Size) + by] += change * slope;
                    }
                }
            }
        }

        private static double Power(double value, int exponent)
        {
            var power = 1.0;
            for (var i = 0; i < exponent; i++)
            {
                power *= value;
            }

            return power;
        }
    }
}
