using LiveLtem.Tracker.Linking;

namespace LiveLtem.Tracker.Analysis;

/// <summary>Correlations of the displacements of a crystal wave vector by wave vector, and its normal modes.</summary>
/// <remarks>U_q = N^-1/2 sum_j u_j exp(-i q.R_j) over the particles at their sites, M_ab(q) = &lt;U_a* U_b&gt; less the localisation noise on the diagonal; the eigenvalues
/// l of M give frequencies l^-1/2 in units of sqrt(kT/m), relative statistical error 1/sqrt(2(T - 1)) at T independent frames (Chaikin and Lubensky 1995, ch. 6;
/// Keim, Maret, Herz and von Gruenberg 2004, doi:10.1103/PhysRevLett.92.215504). Wave vectors lie between the middle of the zone and
/// the middles of its sides (X, Y) and its corner (M), eight on each way; they are laid when the cell is first known and kept.</remarks>
internal sealed class NormalModes
{
    /// <summary>Wave vectors on each way.</summary>
    public const int Steps = 8;

    private const int LeastSites = 12;
    private static readonly (double First, double Second)[] Ways = [(0.5, 0), (0, 0.5), (0.5, 0.5)];
    private readonly (double X, double Y)[] _q = new (double, double)[Ways.Length * Steps];
    private readonly (double Xx, double Yy, double Re, double Im)[] _sums = new (double, double, double, double)[Ways.Length * Steps];
    private readonly (double Xc, double Xs, double Yc, double Ys)[] _waves = new (double, double, double, double)[Ways.Length * Steps];
    private double _noise;

    /// <summary>Frames that were counted.</summary>
    public long Frames { get; private set; }

    /// <summary>Whether wave vectors are laid.</summary>
    public bool IsLaid { get; private set; }

    /// <summary>Lays the wave vectors, where the sites lie on a lattice.</summary>
    public void Lay(IReadOnlyList<CrystalSite> sites)
    {
        if (sites.Count < LeastSites || CellFit.Of([.. sites.Select(site => site.Mean)]) is not { } cell)
        {
            return;
        }

        // b1.a1 = 2 pi, b1.a2 = 0.
        var (a, b) = (cell.First, cell.Second);
        var area = (a.X * b.Y) - (a.Y * b.X);
        var scale = 2 * Math.PI / area;
        for (var i = 0; i < _q.Length; i++)
        {
            var (first, second) = Ways[i / Steps];
            var part = ((i % Steps) + 1.0) / Steps;
            _q[i] = (part * scale * ((first * b.Y) - (second * a.Y)), part * scale * ((second * a.X) - (first * b.X)));
        }

        IsLaid = true;
    }

    /// <summary>Takes the sites of one frame, their newest places against their means.</summary>
    public void Add(IReadOnlyList<(Point2 Site, double Dx, double Dy, double Noise)> displaced)
    {
        if (!IsLaid || displaced.Count < LeastSites)
        {
            return;
        }

        Frames++;
        _noise += displaced.Average(static site => site.Noise) / 2;
        Array.Clear(_waves);
        foreach (var (site, dx, dy, _) in displaced)
        {
            for (var way = 0; way < Ways.Length; way++)
            {
                // The wave vectors of a way are multiples of its first: exp(-iqR) by repeated multiplication.
                var first = _q[way * Steps];
                var (sin, cos) = Math.SinCos((first.X * site.X) + (first.Y * site.Y));
                var (c, s) = (1.0, 0.0);
                for (var step = 0; step < Steps; step++)
                {
                    (c, s) = ((c * cos) - (s * sin), (c * sin) + (s * cos));
                    ref var wave = ref _waves[(way * Steps) + step];
                    wave.Xc += dx * c;
                    wave.Xs -= dx * s;
                    wave.Yc += dy * c;
                    wave.Ys -= dy * s;
                }
            }
        }

        var n = displaced.Count;
        for (var i = 0; i < _q.Length; i++)
        {
            var (xc, xs, yc, ys) = _waves[i];
            ref var sum = ref _sums[i];
            sum = (
                sum.Xx + (((xc * xc) + (xs * xs)) / n), sum.Yy + (((yc * yc) + (ys * ys)) / n),
                sum.Re + (((xc * yc) + (xs * ys)) / n), sum.Im + (((xc * ys) - (xs * yc)) / n));
        }
    }

    /// <summary>A row for each wave vector: way (1 X, 2 Y, 3 M), its x and y, both eigenvalues, both frequencies, their relative error.</summary>
    /// <param name="memoryFrames">Frames after which a displacement is forgotten.</param>
    public IEnumerable<double[]> Rows(double memoryFrames)
    {
        var independent = Frames / Math.Max(1, 2 * memoryFrames);
        for (var i = 0; i < _q.Length && Frames > 0; i++)
        {
            var noise = _noise / Frames;
            noise = double.IsFinite(noise) ? noise : 0;
            var (xx, yy) = ((_sums[i].Xx / Frames) - noise, (_sums[i].Yy / Frames) - noise);
            var off = Math.Sqrt(Math.Pow(_sums[i].Re / Frames, 2) + Math.Pow(_sums[i].Im / Frames, 2));
            var spread = Math.Sqrt(Math.Pow((xx - yy) / 2, 2) + (off * off));
            var (soft, stiff) = (((xx + yy) / 2) + spread, ((xx + yy) / 2) - spread);
            yield return
            [
                (i / Steps) + 1, _q[i].X, _q[i].Y, soft, stiff,
                soft > 0 ? 1 / Math.Sqrt(soft) : double.NaN, stiff > 0 ? 1 / Math.Sqrt(stiff) : double.NaN,
                independent > 1.5 ? 1 / Math.Sqrt(2 * (independent - 1)) : double.NaN, noise,
            ];
        }
    }
}
