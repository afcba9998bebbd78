using LiveLtem.Core;
using LiveLtem.Core.Analysis;
using LiveLtem.Tracker.Analysis;

namespace LiveLtem.Tracker.Tests.Analysis;

/// <summary>Where one simulated particle is, px and degrees.</summary>
internal sealed record Spot(int Particle, double X, double Y)
{
    public double Err { get; init; }

    public double? RotationDeg { get; init; }

    public double AngleErrDeg { get; init; }

    public int Symmetry { get; init; }

    public double Major { get; init; } = 30;

    public double Minor { get; init; } = 30;

    public double? Area { get; init; }

    public int Layer { get; init; }

    public int Segment { get; init; }

    public int? State { get; init; }

    public DetectionFlags Flags { get; init; }

    public MeasuredOutline? Outline { get; init; }
}

/// <summary>Feeds analyses with simulated tracks, as the tracker would.</summary>
internal static class Played
{
    public const double FrameTimeS = 0.1;
    public const double PixelNm = 0.5;

    public static Calibration Calibrated(double? exposureS = null) => new()
    {
        PixelSizeNm = new Calibrated(PixelNm, "test"),
        FrameTimeS = new Calibrated(FrameTimeS, "test"),
        ExposureS = exposureS is { } open ? new Calibrated(open, "test") : null,
    };

    public static AnalysisResult Run(string name, IEnumerable<IReadOnlyList<Spot>> frames, Calibration? calibration = null, int? size = null, double doseRate = double.NaN) =>
        Run(name, frames, AnalysisSetup.Of(calibration ?? Calibrated(), size, size), doseRate);

    public static AnalysisResult Run(string name, IEnumerable<IReadOnlyList<Spot>> frames, AnalysisSetup setup, double doseRate = double.NaN)
    {
        var analysis = TrackAnalyses.Create(setup, [name])[0];
        Feed(analysis, frames, setup.CalibrationOf(0).FrameTimeS?.Value, doseRate);
        return analysis.Result();
    }

    public static void Feed(ITrackAnalysis analysis, IEnumerable<IReadOnlyList<Spot>> frames, double? frameTime = FrameTimeS, double doseRate = double.NaN)
    {
        var number = 0L;
        foreach (var frame in frames)
        {
            analysis.Add(Tracks(number, frame), Row(number, frameTime, doseRate));
            number++;
        }
    }

    public static FrameTracks Tracks(long number, IReadOnlyList<Spot> spots) => new()
    {
        Header = new FrameHeader { Number = number, Segment = spots.Count > 0 ? spots[0].Segment : 0 },
        Points = [.. spots.OrderBy(spot => spot.Particle).Select(spot => Point(number, spot))],
    };

    public static FrameRow Row(long number, double? frameTime, double doseRate = double.NaN) => new()
    {
        Frame = number,
        TimeS = number * frameTime,
        DoseRateEPerA2PerS = double.IsNaN(doseRate) ? null : doseRate,
        DoseEPerA2 = double.IsNaN(doseRate) ? null : doseRate * (number + 1) * frameTime,
        MeanCounts = 100,
        SaturatedFraction = 0,
        DroppedBefore = 0,
        Processed = true,
    };

    public static AnalysisFigure Figure(this AnalysisResult result, string name) => result.Figures.Single(figure => figure.Name == name);

    private static TrackPoint Point(long number, Spot spot) => new()
    {
        Frame = number,
        Particle = spot.Particle,
        RotationDeg = spot.RotationDeg,
        Layer = spot.Layer,
        State = spot.State,
        Score = 1,
        Flags = spot.Flags,
        Outline = spot.Outline,
        Fit = new ShapeFit
        {
            Symmetry = spot.Symmetry,
            XPx = spot.X,
            YPx = spot.Y,
            XErrPx = spot.Err,
            YErrPx = spot.Err,
            AngleDeg = spot.RotationDeg is { } turn && spot.Symmetry > 0 ? Simulated.Modulo(turn, 360.0 / spot.Symmetry) : null,
            AngleErrDeg = spot.RotationDeg is null ? null : spot.AngleErrDeg,
            AreaPx = spot.Area ?? spot.Major * spot.Minor,
            MajorPx = spot.Major,
            MinorPx = spot.Minor,
        },
    };
}
