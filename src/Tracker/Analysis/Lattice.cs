using LiveLtem.Core.Analysis;
using LiveLtem.Tracker.Linking;

namespace LiveLtem.Tracker.Analysis;

/// <summary>S7: sites of a crystal, its cell, and how its particles vibrate and turn about them.</summary>
/// <remarks>
/// <c>a1_nm, a2_nm, angle_deg</c>: see <see cref="CellFit"/>, over the mean places of the sites that are held.
/// <c>displacement_rms_nm</c>: sqrt of the variance about the site over both axes; drift and rotation of the crystal removed frame by frame
/// (<see cref="Crystal"/>; the three degrees of freedom that this takes of the 2N of a frame are given back), corrected for the site being
/// the mean of the same correlated frames and for the localisation error (<see cref="VibrationFit"/>).
/// <c>displacement_rms_raw_nm</c> is the same with nothing corrected. <c>rotation_rms_deg</c> likewise about each particle's own mean.
/// <c>lindemann_gamma</c> = &lt;|u_i - u_j|^2&gt; / (2 a^2) over pairs of neighbours, a their mean distance (Zahn, Lenke and Maret 1999,
/// doi:10.1103/PhysRevLett.82.2721; Chakraborty 1996 for the critical 0.033), with the same corrections.
/// <c>psi4, psi6</c> = |&lt;(1/n_j) sum_l exp(i k phi_jl)&gt;| over the particles of a frame, then over frames (Nelson and Halperin 1979,
/// doi:10.1103/PhysRevB.19.2457); neighbours by <see cref="NeighbourMap"/>, particles at the border and at edges left out.
/// <c>body_order</c> = |&lt;exp(i n theta)&gt;| over the particles of a frame, then over frames, <c>body_alignment</c> = &lt;cos n(theta - phi)&gt; with phi the direction of a1
/// (<see cref="BodyOrder"/>). <c>pmf.csv</c>: -ln P(u) (<see cref="DisplacementMap"/>); <c>modes.csv</c>: <see cref="NormalModes"/>.
/// Errors leave out one group of particles after the other (<see cref="Jackknife"/>); those of the cell come from the residuals of its fit,
/// those of psi from the scatter over frames. n: displacements that are independent in time; sites; pairs.
/// Two layers are two crystals; displacements are counted over both, the cell and psi are those of the larger one.
/// </remarks>
internal sealed class Lattice(Conditions conditions) : IQuantity
{
    public const string Name = "lattice";

    private static readonly string[] OfLattice = ["a1_nm", "a2_nm", "angle_deg", "displacement_rms_nm", "rotation_rms_deg", "lindemann_gamma"];
    private const string NoLattice = "the particles do not lie on a lattice";
    private readonly SortedDictionary<int, Crystal> _layers = [];

    /// <inheritdoc/>
    public void Take(PhysicsFrame frame)
    {
        foreach (var layer in frame.Points.Where(point => point.IsWhole).GroupBy(point => point.Layer))
        {
            if (!_layers.TryGetValue(layer.Key, out var crystal))
            {
                _layers[layer.Key] = crystal = new Crystal(layer.Key);
            }

            crystal.Take(frame, [.. layer]);
        }
    }

    /// <inheritdoc/>
    public void Cut()
    {
        foreach (var crystal in _layers.Values)
        {
            crystal.Cut();
        }
    }

    /// <inheritdoc/>
    public AnalysisResult Result()
    {
        var fitted = _layers.Values.Select(crystal => (Crystal: crystal, Sites: Held(crystal))).Select(layer => (layer.Crystal, layer.Sites, Cell: CellFit.Of([.. layer.Sites.Select(site => site.Mean)]))).ToList();
        if (fitted.Count == 0)
        {
            return Nothing("no particle was followed");
        }

        var main = fitted.OrderByDescending(layer => layer.Cell?.Sites ?? 0).ThenByDescending(layer => layer.Sites.Count).First();
        var psi = new[] { Order("psi4", main.Crystal.Psi4), Order("psi6", main.Crystal.Psi6) };
        if (main.Cell is not { } cell)
        {
            return Nothing(main.Sites.Count < 6 ? $"{main.Sites.Count} particles at sites are too few for a lattice" : NoLattice, psi);
        }

        var crystals = fitted.Where(layer => layer.Cell is not null).Select(layer => layer.Crystal).ToList();
        var displacement = new Vibration(crystals.Select(crystal => crystal.Displacements()).ToList());
        var rotation = new Vibration(crystals.Select(crystal => crystal.Rotations()).ToList());
        var degrees = (All: crystals.Sum(crystal => crystal.Degrees.All), Free: crystals.Sum(crystal => crystal.Degrees.Free));
        var given = degrees.Free > 0 ? Math.Sqrt(degrees.All / degrees.Free) : 1;
        var pairs = main.Crystal.Pairs();
        List<AnalysisFigure> figures =
        [
            Length("a1_nm", cell.A1, cell.A1Err, cell.Sites),
            Length("a2_nm", cell.A2, cell.A2Err, cell.Sites),
            AnalysisFigures.Of("angle_deg", "deg", cell.AngleDeg, cell.AngleErrDeg, cell.Sites, NoLattice),
            Length("displacement_rms_nm", Math.Sqrt(2) * given * displacement.Rms, Math.Sqrt(2) * given * displacement.Err, displacement.Independent / 2, Math.Sqrt(2) * displacement.Noise),
            AnalysisFigures.Of("rotation_rms_deg", "deg", rotation.Rms, rotation.Err, rotation.Independent, "the particles have no orientation", rotation.Noise),
            Lindemann(pairs, displacement),
            psi[0],
            psi[1],
            .. Bodies(main.Crystal.Bodies, cell),
            Length("displacement_rms_raw_nm", displacement.Raw, null, displacement.Independent / 2, Math.Sqrt(2) * displacement.Noise),
        ];
        return new AnalysisResult { Name = Name, Figures = figures, Tables = [Table(fitted), .. Vibrations(main.Crystal, displacement.Memory)] };
    }

    private List<AnalysisTable> Vibrations(Crystal crystal, double memory)
    {
        var unit = conditions.HasNm ? "nm" : "px";
        var tables = new List<AnalysisTable>();
        if (crystal.Distances.Rows(memory) is { Count: > 0 } rings)
        {
            tables.Add(new AnalysisTable("pmf", [$"r_{unit}", "pmf_kT", "pmf_err_kT", "n"], rings));
        }

        if (crystal.Modes.Frames > 0)
        {
            tables.Add(new AnalysisTable(
                "modes", ["way", $"qx_per_{unit}", $"qy_per_{unit}", $"soft_{unit}2", $"stiff_{unit}2", $"omega_soft_per_{unit}", $"omega_stiff_per_{unit}", "omega_relative_err", $"noise_{unit}2"],
                [.. crystal.Modes.Rows(memory)]));
        }

        return tables;
    }

    private static IEnumerable<AnalysisFigure> Bodies(BodyOrder bodies, CellFit cell)
    {
        const string None = "the particles have no orientation";
        var series = bodies.Series;
        var isKnown = series.Count > 0;
        yield return AnalysisFigures.Of("body_order", string.Empty, series.Mean, series.Err, series.Independent, None, isKnown ? bodies.Chance : null);
        var direction = Math.Atan2(cell.First.Y, cell.First.X) * 180 / Math.PI;
        yield return AnalysisFigures.Of("body_alignment", string.Empty, isKnown ? bodies.Alignment(direction) : double.NaN, series.Err, series.Independent, None, isKnown ? bodies.Chance : null);
    }

    private static AnalysisFigure Order(string name, OrderSeries series) =>
        AnalysisFigures.Of(name, string.Empty, series.Mean, series.Err, series.Independent, "no particle has neighbours all around it");

    private static AnalysisResult Nothing(string why, params AnalysisFigure[] psi) => new()
    {
        Name = Name,
        Figures =
        [
            .. OfLattice.Select(name => AnalysisFigure.Unknown(name, why)),
            .. psi.Length > 0 ? psi : [AnalysisFigure.Unknown("psi4", why), AnalysisFigure.Unknown("psi6", why)],
        ],
    };

    private static AnalysisFigure Lindemann(PairSums pairs, Vibration displacement)
    {
        var gamma = pairs.Pairs == 0 ? double.NaN : pairs.Gamma(displacement.Memory, displacement.AxisNoise, -1);
        var err = Jackknife.Error(pairs.Has, group => pairs.Gamma(displacement.Memory, displacement.AxisNoise, group));
        return AnalysisFigures.Of("lindemann_gamma", string.Empty, gamma, err, pairs.Pairs, "no pair of neighbours was seen long enough");
    }

    // Sites that were held long enough for their mean to mean something.
    private static List<CrystalSite> Held(Crystal crystal)
    {
        var longest = crystal.Sites.Select(site => site.X.Count).DefaultIfEmpty(0).Max();
        return [.. crystal.Sites.Where(site => site.X.Count >= Math.Max(2, longest / 8)).OrderBy(site => site.Particle)];
    }

    private AnalysisFigure Length(string name, double value, double? err, double n, double? noise = null) =>
        conditions.HasNm
            ? AnalysisFigures.Of(name, "nm", value, err, n, "no particle was seen long enough at its site", noise)
            : AnalysisFigure.Unknown(name, AnalysisFigures.NeedsPixelSize);

    private AnalysisTable Table(List<(Crystal Crystal, List<CrystalSite> Sites, CellFit? Cell)> layers)
    {
        var unit = conditions.HasNm ? "nm" : "px";
        var rows = new List<double[]>();
        foreach (var (crystal, sites, cell) in layers)
        {
            for (var k = 0; k < sites.Count; k++)
            {
                var site = sites[k];
                var (i, j) = cell?.Indices[k] is { } index ? (index.I, (double)index.J) : (double.NaN, double.NaN);
                rows.Add(
                [
                    site.Particle, crystal.Layer, i, j, site.Mean.X, site.Mean.Y, site.X.Count,
                    Math.Sqrt(site.X.Variance + site.Y.Variance), Math.Sqrt((site.X.NoiseSum + site.Y.NoiseSum) / site.X.Count),
                    Math.Sqrt(site.Turn.Variance), Math.Sqrt(site.Turn.NoiseSum / site.Turn.Count),
                    site.Order.Psi4 / site.Order.Count, site.Order.Psi6 / site.Order.Count,
                ]);
            }
        }

        return new AnalysisTable(
            Name,
            ["particle", "layer", "i", "j", $"x_{unit}", $"y_{unit}", "frames", $"displacement_rms_raw_{unit}", $"noise_{unit}", "rotation_rms_raw_deg", "rotation_noise_deg", "psi4", "psi6"],
            rows);
    }

    /// <summary>The vibration along one axis, of all layers.</summary>
    private sealed class Vibration
    {
        public Vibration(List<VibrationSums> layers)
        {
            var sums = VibrationSums.Of(layers);
            var fit = VibrationFit.Of(sums);
            Raw = Math.Sqrt(2 * fit.RawVariance);
            Memory = fit.MemoryFrames;
            AxisNoise = fit.NoiseVariance;
            Noise = Math.Sqrt(fit.NoiseVariance);
            Rms = sums.Traces == 0 ? double.NaN : Math.Sqrt(fit.Variance);
            Err = Jackknife.Error(sums.Has, group => Math.Sqrt(VibrationFit.Of(sums, group).Variance));
            Independent = sums.Values / Math.Max(1, 2 * fit.MemoryFrames);
        }

        public double Rms { get; }

        public double Raw { get; }

        public double? Err { get; }

        public double Noise { get; }

        public double AxisNoise { get; }

        public double Memory { get; }

        public double Independent { get; }
    }
}
