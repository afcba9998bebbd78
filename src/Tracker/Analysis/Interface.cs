using LiveLtem.Core.Analysis;
using LiveLtem.Tracker.Linking;

namespace LiveLtem.Tracker.Analysis;

/// <summary>S12: the edge of a crystal as a line under tension: its stiffness and mobility by capillary-wave theory.</summary>
/// <remarks>
/// The edge is the longest one along a dense row of the crystal (<see cref="CrystalEdge"/>, <see cref="Crystallinity"/>) that is not the border of
/// the field, chosen once; h(x) is the outermost crystalline particle of each column. <c>stiffness_kT_per_nm</c> from
/// &lt;|h_q|^2&gt; = kT/(stiffness L Q^2) + noise over all modes (<see cref="InterfaceModes"/>). <c>mobility_nm3_kT_s</c> from
/// &lt;h_q(t) h_q*(0)&gt; ~ exp(-t/tau_q), tau_q = kT/(mobility stiffness Q^2), growth limited by attachment (Hoyt, Asta and Karma 2001,
/// doi:10.1103/PhysRevLett.86.5530, for the fluctuations). Errors: Fisher's information of the modes, correlated frames counted as often as they are
/// independent. n: independent measurements of modes. Noise floor: the noise's part of sqrt(&lt;h^2&gt;) stands in the table.
/// </remarks>
internal sealed class Interface(Conditions conditions) : IQuantity
{
    public const string Name = "interface";

    private const int LeastColumns = 8;
    private const int LeastCrystal = 24;
    private const int LeastFrames = 8;
    private const int Retry = 16;

    // Of the slowest mode from frame to frame: less is not told from none.
    private const double LeastKept = 0.05;
    private readonly Crystallinity _crystallinity = new();
    private readonly FrameClock _clock = new(conditions.FrameTimeS);
    private CrystalEdge? _edge;
    private InterfaceModes? _modes;
    private int _widest;
    private long _taken;
    private bool _wasCrystal;

    /// <inheritdoc/>
    public void Take(PhysicsFrame frame)
    {
        _clock.Take(frame);
        if (_edge is null && _taken++ >= Retry && _taken % Retry != 0)
        {
            return;
        }

        var layer = frame.Points.Where(point => point.IsWhole).GroupBy(point => point.Layer).MaxBy(points => points.Count())?.ToArray() ?? [];
        _crystallinity.Take([.. layer.Select(point => point.Position)]);
        if (_crystallinity.Largest.Count < LeastCrystal)
        {
            return;
        }

        _wasCrystal = true;
        Point2[] crystal = [.. _crystallinity.Largest.Select(i => layer[i].Position)];
        int[] particles = [.. _crystallinity.Largest.Select(i => layer[i].Particle)];
        if (_edge is null)
        {
            var found = CrystalEdge.Find(crystal, particles, Box(frame));
            _widest = Math.Max(_widest, found?.Columns ?? 0);
            if (found is null || found.Columns < LeastColumns)
            {
                return;
            }

            (_edge, _modes) = (found, new InterfaceModes(found.Columns, found.Spacing));
        }

        if (_edge.Heights(crystal, particles) is { } heights)
        {
            _modes!.Add(frame.Number, heights);
        }
    }

    /// <inheritdoc/>
    public void Cut()
    {
        _edge?.Cut();
        _modes?.Cut();
    }

    /// <inheritdoc/>
    public AnalysisResult Result()
    {
        if (!_wasCrystal)
        {
            return Nothing($"no crystal of {LeastCrystal} particles or more");
        }

        if (_modes is not { } modes)
        {
            return Nothing(_widest == 0
                ? "the crystal has no edge inside the field"
                : $"the crystal's longest edge inside the field has {_widest} columns, {LeastColumns} are needed");
        }

        if (modes.Frames < LeastFrames)
        {
            return Nothing($"the edge was seen whole in {modes.Frames} frames, {LeastFrames} are needed");
        }

        var fit = modes.Solve();
        var dt = _clock.FrameTimeS;
        var stiffness = 1 / (fit.Amplitude * modes.Length);
        var relative = fit.AmplitudeErr / fit.Amplitude;
        var isSeen = fit.Amplitude > 0 && relative < 0.5;
        var independent = Enumerable.Range(0, modes.Modes).Sum(mode => modes.Independent(mode, fit));
        const string TooNoisy = "the fluctuations of the edge do not stand out from the noise of its columns";
        var figures = new List<AnalysisFigure>
        {
            !conditions.HasNm ? AnalysisFigure.Unknown("stiffness_kT_per_nm", AnalysisFigures.NeedsPixelSize)
            : AnalysisFigures.Of("stiffness_kT_per_nm", "kT/nm", isSeen ? stiffness : double.NaN, relative * stiffness, independent, TooNoisy),
        };
        var slowness = fit.DecayErr / fit.Decay;
        var isRelaxing = slowness < 0.5 && Math.Exp(-fit.Decay * modes.Q(0) * modes.Q(0)) > LeastKept;
        var mobility = fit.Decay / stiffness / dt;
        figures.Add(AnalysisFigures.Missing(conditions, true, true, dt) is { } missing
            ? AnalysisFigure.Unknown("mobility_nm3_kT_s", missing)
            : AnalysisFigures.Of(
                "mobility_nm3_kT_s", "nm^3/(kT s)", isSeen && isRelaxing ? mobility : double.NaN, mobility * Math.Sqrt((slowness * slowness) + (relative * relative)), independent,
                isSeen ? "frames are too sparse or too few to see the edge relax" : TooNoisy));
        return new AnalysisResult { Name = Name, Figures = figures, Tables = [Table(modes, fit, isRelaxing ? dt : double.NaN)] };
    }

    private AnalysisTable Table(InterfaceModes modes, InterfaceModes.Fit fit, double dt)
    {
        var unit = conditions.HasNm ? "nm" : "px";
        var rows = Enumerable.Range(0, modes.Modes).Select(mode =>
        {
            var (q, n) = (modes.Q(mode), modes.Independent(mode, fit));
            var noise = Math.Max(0, fit.Noise) * modes.PerNoise(mode);
            return new[]
            {
                q, modes.Mean(mode), ((fit.Amplitude / q / q) + (fit.Noise * modes.PerNoise(mode))) / Math.Sqrt(n), noise, n, fit.Amplitude / q / q,
                dt / (fit.Decay * q * q),
            };
        });
        return new AnalysisTable(Name, [$"q_per_{unit}", $"h2_{unit}2", $"h2_err_{unit}2", $"noise_{unit}2", "n", $"fit_{unit}2", "tau_s"], [.. rows]);
    }

    private static AnalysisResult Nothing(string why) =>
        new() { Name = Name, Figures = [AnalysisFigure.Unknown("stiffness_kT_per_nm", why), AnalysisFigure.Unknown("mobility_nm3_kT_s", why)] };

    // The field; without a picture, as far as there are particles.
    private (double Left, double Right, double Top, double Bottom) Box(PhysicsFrame frame) =>
        conditions is { Width: { } width, Height: { } height }
            ? (0, width, 0, height)
            : (frame.Points.Min(point => point.Position.X), frame.Points.Max(point => point.Position.X),
                frame.Points.Min(point => point.Position.Y), frame.Points.Max(point => point.Position.Y));
}
