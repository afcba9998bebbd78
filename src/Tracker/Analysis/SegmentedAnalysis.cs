using LiveLtem.Core;
using LiveLtem.Core.Analysis;
using LiveLtem.Tracker.Linking;

namespace LiveLtem.Tracker.Analysis;

/// <summary>Feeds a quantity with frames in physical units and keeps it from crossing a change of conditions.</summary>
/// <remarks>Each set of conditions (pixel size, frame time, exposure) has a quantity of its own; coming back to one goes on with it, its tracks
/// cut. The figures are those of the conditions with a pixel size under which most points were seen, and a note says so where there were
/// others. Without a pixel size everything is measured in px, of which only what has no length in it becomes a figure.</remarks>
internal sealed class SegmentedAnalysis(string name, AnalysisSetup setup, Func<Conditions, IQuantity> create) : ITrackAnalysis
{
    private readonly List<Stretch> _stretches = [];
    private Stretch? _current;
    private int _segment;

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public void Add(FrameTracks tracks, FrameRow row)
    {
        if (_current is null || tracks.Header.Segment != _segment)
        {
            Enter(tracks.Header.Segment);
        }

        var stretch = _current!;
        var points = new PhysicsPoint[tracks.Points.Count];
        for (var i = 0; i < points.Length; i++)
        {
            points[i] = Read(tracks.Points[i], stretch.Pixel);
        }

        stretch.Frames++;
        stretch.Points += points.Length;
        stretch.Quantity.Take(new PhysicsFrame
        {
            Number = tracks.Header.Number,
            TimeS = row.TimeS ?? double.NaN,
            DoseRate = row.DoseRateEPerA2PerS ?? double.NaN,
            Dose = row.DoseEPerA2 ?? double.NaN,
            PixelLength = stretch.Pixel,
            Conditions = stretch.Conditions,
            Points = points,
        });
    }

    /// <inheritdoc/>
    public AnalysisResult Result()
    {
        if (_stretches.Count == 0)
        {
            var (conditions, _) = Read(setup.CalibrationOf(0));
            return create(conditions).Result();
        }

        var chosen = _stretches.OrderByDescending(stretch => stretch.Conditions.HasNm).ThenByDescending(stretch => stretch.Points).First();
        var result = chosen.Quantity.Result();
        return _stretches.Count == 1
            ? result
            : result with { Note = $"the conditions changed: figures are of {chosen.Frames} of {_stretches.Sum(stretch => stretch.Frames)} frames, those under one set of conditions" };
    }

    private void Enter(int segment)
    {
        _segment = segment;
        var (conditions, pixel) = Read(setup.CalibrationOf(segment));
        var next = _stretches.Find(stretch => stretch.Conditions == conditions && stretch.Pixel == pixel);
        if (next is null)
        {
            next = new Stretch(conditions, pixel, create(conditions));
            _stretches.Add(next);
        }
        else if (next != _current)
        {
            next.Quantity.Cut();
        }

        _current = next;
    }

    private (Conditions Conditions, double Pixel) Read(Calibration calibration)
    {
        var pixel = calibration.PixelSizeNm?.Value ?? 1;
        var frameTime = calibration.FrameTimeS?.Value;
        var conditions = new Conditions(
            calibration.PixelSizeNm is not null,
            frameTime,
            calibration.ExposureS?.Value is { } exposure ? Math.Min(exposure, frameTime ?? exposure) : frameTime,
            setup.Width * pixel,
            setup.Height * pixel);
        return (conditions, pixel);
    }

    private static PhysicsPoint Read(TrackPoint point, double pixel)
    {
        var fit = point.Fit;
        return new PhysicsPoint
        {
            Particle = point.Particle,
            Layer = point.Layer,
            Symmetry = fit.Symmetry,
            Position = new Point2(fit.XPx * pixel, fit.YPx * pixel),
            XErr = fit.XErrPx * pixel,
            YErr = fit.YErrPx * pixel,
            AngleDeg = fit.AngleDeg ?? double.NaN,
            AngleErrDeg = fit.AngleErrDeg ?? double.NaN,
            RotationDeg = point.RotationDeg ?? double.NaN,
            Area = fit.AreaPx * pixel * pixel,
            Major = fit.MajorPx * pixel,
            Minor = fit.MinorPx * pixel,
            Flags = point.Flags,
            Outline = point.Outline,
        };
    }

    private sealed class Stretch(Conditions conditions, double pixel, IQuantity quantity)
    {
        public Conditions Conditions => conditions;

        public double Pixel => pixel;

        public IQuantity Quantity => quantity;

        public long Frames { get; set; }

        public long Points { get; set; }
    }
}
