using LiveLtem.Core.Analysis;

namespace LiveLtem.Tracker.Analysis;

/// <summary>S11: nuclei of crystals, how often a particle joins or leaves one of n particles, and the size from which on they grow.</summary>
/// <remarks>
/// Nuclei: clusters of crystalline particles (<see cref="Crystallinity"/>) followed by <see cref="NucleusBook"/>; those that reach to the border of the field
/// are left out while they do. <c>critical_size</c>: the size at which a particle joins as often as one leaves, by the odds over all sizes
/// (<see cref="GrowthOdds"/>): the kinetic definition, P(grow | n) = 1/2, which needs no equilibrium and holds on few events (ten Wolde and Frenkel 1998,
/// doi:10.1063/1.477658; Pan and Chandler 2004, doi:10.1021/jp0471249); n: events. <c>critical_size_low, _high</c>: its 68 % interval.
/// <c>rate_per_um2_s</c>: nuclei which came up while watched and reached 1.5 critical sizes, and 8 particles at least, over area and time; Poisson error.
/// <c>largest_nucleus</c>: particles of the largest one that was seen. <c>nucleation.csv</c>: by size.
/// </remarks>
internal sealed class Nucleation(Conditions conditions) : IQuantity
{
    public const string Name = "nucleation";

    private const int LeastSize = 4;
    private const int LeastEvents = 20;
    private const int LeastNucleus = 8;
    private const double Committed = 1.5;

    // Sizes by themselves up to here, then eight bins an octave.
    private const int Singly = 64;
    private const int Bins = Singly + (8 * 24);
    private readonly Crystallinity _crystallinity = new();
    private readonly NucleusBook _book = new();
    private readonly FrameClock _clock = new(conditions.FrameTimeS);
    private readonly (double Frames, double Sizes, double Attached, double Detached, double Reached)[] _bins = new (double, double, double, double, double)[Bins];
    private (double Left, double Right, double Top, double Bottom) _box = (double.MaxValue, double.MinValue, double.MaxValue, double.MinValue);
    private int _largest;
    private long _first = -1;
    private long _last;
    private long _earlierFrames;

    /// <inheritdoc/>
    public void Take(PhysicsFrame frame)
    {
        _clock.Take(frame);
        _first = _first < 0 ? frame.Number : _first;
        _last = frame.Number;
        var layer = frame.Points.Where(point => point.IsWhole).GroupBy(point => point.Layer).MaxBy(points => points.Count())?.ToArray() ?? [];
        foreach (var point in layer)
        {
            var p = point.Position;
            _box = (Math.Min(_box.Left, p.X), Math.Max(_box.Right, p.X), Math.Min(_box.Top, p.Y), Math.Max(_box.Bottom, p.Y));
        }

        _crystallinity.Take([.. layer.Select(point => point.Position)]);
        var (left, right, top, bottom) = Field;
        var reach = 1.5 * _crystallinity.Spacing;
        _book.Take(frame.Number, layer, _crystallinity.ClusterOf, point =>
            point.Position.X - left < reach || right - point.Position.X < reach || point.Position.Y - top < reach || bottom - point.Position.Y < reach);
        foreach (var nucleus in _book.Nuclei)
        {
            Count(nucleus);
        }
    }

    /// <inheritdoc/>
    public void Cut()
    {
        _book.Cut();
        _earlierFrames += _last - _first;
        _first = -1;
    }

    /// <inheritdoc/>
    public AnalysisResult Result()
    {
        if (_largest < LeastSize)
        {
            const string None = "no crystalline cluster was seen";
            return new AnalysisResult { Name = Name, Figures = [AnalysisFigure.Unknown("critical_size", None), AnalysisFigure.Unknown("rate_per_um2_s", None)] };
        }

        var seen = _bins.Where(bin => bin.Frames > 0 && bin.Sizes / bin.Frames >= LeastSize).ToList();
        var events = seen.Sum(bin => bin.Attached + bin.Detached);
        var odds = events >= LeastEvents
            ? GrowthOdds.Of([.. seen.Where(bin => bin.Attached + bin.Detached > 0).Select(bin => (bin.Sizes / bin.Frames, bin.Attached, bin.Detached))])
            : default;
        var isKnown = odds is { IsCrossing: true, RelativeErr: < 0.5 };
        var figures = new List<AnalysisFigure>
        {
            AnalysisFigures.Of("critical_size", string.Empty, isKnown ? odds.Critical : double.NaN, odds.Critical * odds.RelativeErr, events, Why(events, odds)),
            Rate(isKnown ? Math.Max(LeastNucleus, Committed * odds.Critical) : LeastNucleus),
        };
        if (isKnown)
        {
            figures.Add(AnalysisFigures.Of("critical_size_low", string.Empty, odds.Critical * Math.Exp(-odds.RelativeErr), null, events, string.Empty));
            figures.Add(AnalysisFigures.Of("critical_size_high", string.Empty, odds.Critical * Math.Exp(odds.RelativeErr), null, events, string.Empty));
        }

        figures.Add(AnalysisFigures.Of("largest_nucleus", string.Empty, _largest, null, 1, string.Empty));
        return new AnalysisResult { Name = Name, Figures = figures, Tables = [Table(_clock.FrameTimeS)] };
    }

    private (double Left, double Right, double Top, double Bottom) Field =>
        conditions is { Width: { } width, Height: { } height } ? (0, width, 0, height) : _box;

    private static string Why(double events, GrowthOdds odds)
    {
        if (events < LeastEvents)
        {
            return $"particles joined or left a nucleus inside the field {events} times, {LeastEvents} are needed";
        }

        return odds.Mean switch
        {
            > 0.5 => "nuclei of every size seen grow rather than shrink: the critical size is smaller",
            < -0.5 => "nuclei of every size seen shrink rather than grow: the critical size is larger",
            _ => "how often particles join and leave does not depend on the size clearly enough",
        };
    }

    private static int BinOf(int size) => size <= Singly ? size - 1 : Math.Min(Bins - 1, Singly + (int)(8 * Math.Log2((double)size / Singly)));

    private void Count(NucleusBook.Nucleus nucleus)
    {
        if (nucleus.IsCut)
        {
            return;
        }

        if (nucleus.Before > 0)
        {
            ref var bin = ref _bins[BinOf(nucleus.Before)];
            bin = (bin.Frames + 1, bin.Sizes + nucleus.Before, bin.Attached + nucleus.Joined, bin.Detached + nucleus.Left, bin.Reached);
        }

        _largest = Math.Max(_largest, nucleus.Size);
        // What stood there when the watching began did not come up; it takes a few frames to be seen.
        var cameUp = nucleus.Born - _first > 2 * NucleusBook.HoldFrames;
        for (var size = nucleus.Largest + 1; size <= nucleus.Size; size++)
        {
            if (cameUp && (size == 1 || BinOf(size) != BinOf(size - 1)))
            {
                _bins[BinOf(size)].Reached++;
            }
        }

        nucleus.Largest = Math.Max(nucleus.Largest, nucleus.Size);
    }

    private AnalysisFigure Rate(double threshold)
    {
        const string Figure = "rate_per_um2_s";
        if (AnalysisFigures.Missing(conditions, true, true, _clock.FrameTimeS) is { } missing)
        {
            return AnalysisFigure.Unknown(Figure, missing);
        }

        var reached = _bins[BinOf((int)Math.Ceiling(threshold))].Reached;
        var (left, right, top, bottom) = Field;
        var exposure = (right - left) * (bottom - top) * 1e-6 * (_earlierFrames + _last - _first) * _clock.FrameTimeS;
        return AnalysisFigures.Of(
            Figure, "1/(um^2 s)", reached > 0 ? reached / exposure : double.NaN, Math.Sqrt(reached) / exposure, reached,
            $"no nucleus that came up while watched reached {Math.Ceiling(threshold)} particles inside the field");
    }

    private AnalysisTable Table(double dt)
    {
        var rows = _bins.Where(bin => bin.Frames > 0).Select(bin =>
        {
            var time = bin.Frames * dt;
            return new[]
            {
                bin.Sizes / bin.Frames, bin.Frames, bin.Attached, bin.Detached, bin.Attached / time, Math.Sqrt(Math.Max(1, bin.Attached)) / time,
                bin.Detached / time, Math.Sqrt(Math.Max(1, bin.Detached)) / time, bin.Reached,
            };
        });
        return new AnalysisTable(
            Name, ["size", "frames", "attached", "detached", "attach_per_s", "attach_err_per_s", "detach_per_s", "detach_err_per_s", "reached"], [.. rows]);
    }
}
