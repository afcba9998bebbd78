using LiveLtem.Core;
using LiveLtem.Core.Analysis;

namespace LiveLtem.Dose.Maps;

/// <summary>What every place of the specimen has got, and every particle: the frames' dose laid where the field of view was.</summary>
/// <remarks>Places are those of the specimen: position in the frame less the common drift since the first one, jumps of the stage that the tracker followed among it. The
/// dose between two analysed frames goes along the way from one to the other. Lit is what is seen, evenly: a beam wider than the field gives the rest as much, so outside
/// of it the map is a lower bound. A change of conditions after which the dose is lower begins another area, with a map of its own.
/// A particle's fluence is what the place where it was first seen had got by then, and all that came since: D(t) = integral of phi(r(t')) dt'.
/// The lists are bounded: 2^20 cells in all, and of over 50,000 particles those seen in the fewest frames are forgotten first.</remarks>
public sealed class DoseMap : ITrackAnalysis
{
    /// <summary>Its part of the results.</summary>
    public const string PartName = "dose_map";

    private const int CellsAcross = 64;
    private const int MostCells = 1 << 20;
    private const int MostParticles = 50_000;
    private const int MostSteps = 256;
    private readonly AnalysisSetup _setup;
    private readonly bool _inNm;
    private readonly List<FluenceMap> _areas = [];
    private readonly Dictionary<int, ParticleDose> _particles = [];
    private View? _view;
    private FrameRow? _last;
    private int _segment;

    /// <summary>Opens a map.</summary>
    /// <param name="setup">Size of the frames and calibration of each segment.</param>
    public DoseMap(AnalysisSetup setup)
    {
        ArgumentNullException.ThrowIfNull(setup);
        _setup = setup;
        _inNm = setup.CalibrationOf(0).PixelSizeNm is not null;
    }

    /// <inheritdoc/>
    public string Name => PartName;

    private FluenceMap? Map => _areas.Count > 0 ? _areas[^1] : null;

    /// <inheritdoc/>
    public void Add(FrameTracks tracks, FrameRow row)
    {
        ArgumentNullException.ThrowIfNull(tracks);
        ArgumentNullException.ThrowIfNull(row);
        if (_setup.Height is not { } height || _setup.Width is not { } width || row.DoseEPerA2 is not { } dose)
        {
            return;
        }

        var view = Look(tracks, row, height, width);
        var given = dose - (_last?.DoseEPerA2 ?? 0);
        if (Map is null || given < 0)
        {
            // The first frame of an area: what it had before stays with it, wherever in it one looks.
            _areas.Add(new FluenceMap(Math.Max(view.Width, view.Height) / CellsAcross, MostCells));
            _particles.Clear();
            (given, _view) = (dose, null);
        }

        // Another magnification is switched to, not drifted to.
        Lay(Map!, _view is { } from && from.Scale == view.Scale ? from : view, view, given);
        Follow(tracks, row, view, dose);
        (_view, _last) = (view, row);
    }

    /// <inheritdoc/>
    public AnalysisResult Result()
    {
        const string Unknown = "the dose is not known";
        if (Map is not { } map || _view is not { } view)
        {
            return new AnalysisResult { Name = PartName, Figures = [AnalysisFigure.Unknown("max_fluence_e_A2", Unknown), AnalysisFigure.Unknown("view_fluence_e_A2", Unknown)] };
        }

        var seen = map.Lit().Where(cell => view.Holds(cell.X, cell.Y)).Select(cell => cell.FluenceEPerA2).Order().ToList();
        return new AnalysisResult
        {
            Name = PartName,
            Figures =
            [
                new AnalysisFigure { Name = "max_fluence_e_A2", Value = _areas.Max(area => area.Highest), Unit = "e-/A^2", N = _areas.Count },
                seen.Count > 0
                    ? new AnalysisFigure { Name = "view_fluence_e_A2", Value = seen[seen.Count / 2], Unit = "e-/A^2", N = seen.Count }
                    : AnalysisFigure.Unknown("view_fluence_e_A2", "the map is full"),
            ],
            Tables = [Cells(), Particles()],
            Note = "The dose map takes the field of view as lit, evenly: what lies outside of it has got at least what it says"
                + (_areas.Any(area => area.IsFull) ? "; the specimen was moved over more than it can hold, and places seen after that are missing" : string.Empty),
        };
    }

    private AnalysisTable Cells()
    {
        var unit = _inNm ? "nm" : "px";
        return new AnalysisTable(
            "dose_map",
            ["area", $"x_{unit}", $"y_{unit}", "fluence_e_A2"],
            [.. _areas.SelectMany((map, area) => map.Lit().Select(cell => new[] { area, cell.X, cell.Y, cell.FluenceEPerA2 }))]);
    }

    private AnalysisTable Particles() => new(
        "particle_dose",
        ["particle", "first_frame", "last_frame", "frames", "before_e_A2", "fluence_e_A2", "rate_e_A2_s"],
        [.. _particles.OrderBy(entry => entry.Key).Select(entry => entry.Value.Row(entry.Key))]);

    private View Look(FrameTracks tracks, FrameRow row, int height, int width)
    {
        var scale = _inNm ? _setup.CalibrationOf(tracks.Header.Segment).PixelSizeNm?.Value ?? _view?.Scale ?? 1 : 1;
        var before = _view;
        var (drift, anchor) = ((X: row.DriftXPx ?? before?.Drift.X ?? 0, Y: row.DriftYPx ?? before?.Drift.Y ?? 0), (X: 0.0, Y: 0.0));
        if (before is { } known)
        {
            anchor = known.Anchor;
            if (tracks.Header.Segment != _segment)
            {
                // Another magnification keeps the middle of the view where it was; drift is counted on from there.
                anchor = (known.Left + (known.Width / 2) - (((width / 2.0) - drift.X) * scale), known.Top + (known.Height / 2) - (((height / 2.0) - drift.Y) * scale));
            }
        }

        _segment = tracks.Header.Segment;
        return new View(scale, drift, anchor, width * scale, height * scale);
    }

    private static void Lay(FluenceMap map, View from, View to, double fluence)
    {
        var way = Math.Sqrt(Math.Pow(to.Left - from.Left, 2) + Math.Pow(to.Top - from.Top, 2));
        var steps = (int)Math.Clamp(Math.Ceiling(way / (map.CellSide / 2)), 1, MostSteps);
        for (var step = 0; step < steps; step++)
        {
            var part = (step + 0.5) / steps;
            map.Add(from.Left + (part * (to.Left - from.Left)), from.Top + (part * (to.Top - from.Top)), to.Width, to.Height, fluence / steps);
        }
    }

    private void Follow(FrameTracks tracks, FrameRow row, View view, double dose)
    {
        foreach (var point in tracks.Points)
        {
            if (!_particles.TryGetValue(point.Particle, out var particle))
            {
                var (x, y) = view.Place(point.Fit.XPx, point.Fit.YPx);

                // A centre beyond the border: the place beside it that is seen.
                var place = Map!.At(Math.Clamp(x, view.Left, Math.BitDecrement(view.Left + view.Width)), Math.Clamp(y, view.Top, Math.BitDecrement(view.Top + view.Height)));
                _particles[point.Particle] = particle = new ParticleDose(row.Frame, row.TimeS, place, dose);
            }

            particle.See(row, dose);
        }

        if (_particles.Count > MostParticles)
        {
            foreach (var (id, _) in _particles.Where(entry => entry.Value.LastFrame < row.Frame).OrderBy(entry => entry.Value.Frames).ThenBy(entry => entry.Key).Take(MostParticles / 2).ToList())
            {
                _particles.Remove(id);
            }
        }
    }

    // Where the frame lies on the specimen, in nm or px: a pixel is at anchor + (pixel - drift) * scale, pixel centres at integers.
    private readonly record struct View(double Scale, (double X, double Y) Drift, (double X, double Y) Anchor, double Width, double Height)
    {
        public double Left => Anchor.X - (Drift.X * Scale);

        public double Top => Anchor.Y - (Drift.Y * Scale);

        public (double X, double Y) Place(double xPx, double yPx) => (Left + ((xPx + 0.5) * Scale), Top + ((yPx + 0.5) * Scale));

        public bool Holds(double x, double y) => x >= Left && x < Left + Width && y >= Top && y < Top + Height;
    }

    private sealed class ParticleDose(long firstFrame, double? firstTimeS, double place, double doseAtFirst)
    {
        private double _since;
        private double? _watchedS;

        public long LastFrame { get; private set; }

        public int Frames { get; private set; }

        public void See(FrameRow row, double dose)
        {
            LastFrame = row.Frame;
            (_since, _watchedS) = (dose - doseAtFirst, row.TimeS - firstTimeS);
            Frames++;
        }

        public double[] Row(int id) => [id, firstFrame, LastFrame, Frames, place, place + _since, _watchedS is > 0 and var time ? _since / time : double.NaN];
    }
}
