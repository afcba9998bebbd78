using LiveLtem.Acquisition.Gauge;
using LiveLtem.Core;
using LiveLtem.Dose;
using LiveLtem.HardwareSim;
using LiveLtem.HardwareSim.Scenes;

namespace LiveLtem.App.Tests.Hosting;

/// <summary>The dose account against a simulated camera whose beam is known: a crystal under it, dead time, lost frames, a blanked beam and a step of five.</summary>
public sealed class DoseTruthTests
{
    private const int Frames = 120;
    private const double FrameTimeS = 0.1;
    private static readonly Dictionary<(long Seed, double Exposure), List<GaugeReading>> Movies = [];
    private static readonly Lock Gate = new();

    [Theory]
    [InlineData(410, 0.1)]
    [InlineData(411, 0.06)]
    [InlineData(412, 0.03)]
    public void Camera_and_specimen_dose_are_right_when_calibrated_and_the_fluence_follows_the_clock(long seed, double exposureS)
    {
        var settings = Settings(seed, exposureS);
        var movie = Movie(seed, exposureS);
        var incident = settings.DosePerFrameEPerA2 / exposureS;

        var transmission = Transmission(settings, movie);
        var calibration = settings.Calibration with { Transmission = new Calibrated(transmission, "hole frame") };
        var specimen = Run(calibration, movie);
        var camera = Run(calibration with { Transmission = null }, movie);
        var truth = 0.0;
        var next = 0L;
        foreach (var (row, dark) in specimen.Zip(camera))
        {
            for (; next <= row.Gauge.Header.Number; next++)
            {
                truth += Beam(next) * incident * FrameTimeS;
            }

            var beam = Beam(row.Gauge.Header.Number);
            if (beam > 0)
            {
                Assert.Equal(1, row.RateEPerA2PerS!.Value / (beam * incident), 0.02);
                Assert.Equal(1, dark.RateEPerA2PerS!.Value / (beam * incident * transmission), 0.02);
            }
            else
            {
                Assert.InRange(row.RateEPerA2PerS!.Value, 0, 0.01 * incident);
            }

            Assert.Equal(1, row.DoseEPerA2!.Value / truth, 0.01);
        }
    }

    [Theory]
    [InlineData(410, 0.1)]
    [InlineData(411, 0.06)]
    public void A_typed_dose_gives_the_same_fluence_over_losses_blanks_and_steps(long seed, double exposureS)
    {
        var settings = Settings(seed, exposureS);
        var typed = new Calibration
        {
            DosePerFrameEPerA2 = new Calibrated(settings.DosePerFrameEPerA2, "typed"),
            DarkLevel = settings.Calibration.DarkLevel,
            ExposureS = settings.Calibration.ExposureS,
            FrameTimeS = settings.Calibration.FrameTimeS,
        };
        var rows = Run(typed, Movie(seed, exposureS));

        var truth = Enumerable.Range(0, Frames).Sum(number => Beam(number)) * settings.DosePerFrameEPerA2 / exposureS * FrameTimeS;
        Assert.Equal(1, rows[^1].DoseEPerA2!.Value / truth, 0.01);
    }

    [Fact]
    public void The_stated_error_is_the_true_one_when_the_calibration_is_off()
    {
        var settings = Settings(413, 0.1);
        var movie = Movie(413, 0.1);
        var truth = settings.DosePerFrameEPerA2 / 0.1;
        var transmission = Transmission(settings, movie);
        var random = new Random(9);
        var (within, squares) = (0, 0.0);
        const int Draws = 400;
        for (var draw = 0; draw < Draws; draw++)
        {
            var calibration = settings.Calibration with
            {
                CountsPerElectron = Off(settings.Detector.CountsPerElectron, 0.03),
                PixelSizeNm = Off(settings.PixelSizeNm, 0.015),
                Transmission = Off(transmission, 0.05),
                ExposureS = Off(0.1, 0.001),
            };
            var ledger = new DoseLedger(calibration);
            var rows = new List<FrameDose>();
            foreach (var reading in movie.Take(10))
            {
                ledger.Add(reading, reading.Header.SourceTimeS, rows);
            }

            var z = Math.Log(rows[5].RateEPerA2PerS!.Value / truth) / ledger.Statement.RelativeErr!.Value;
            within += Math.Abs(z) < 1 ? 1 : 0;
            squares += z * z;
        }

        // 68.3 % within one sigma and a mean square of one; 400 draws tell them to 2.3 % and 7 %.
        Assert.InRange(within / (double)Draws, 0.61, 0.76);
        Assert.InRange(squares / Draws, 0.8, 1.25);

        Calibrated Off(double value, double relative)
        {
            var normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            return new Calibrated(value * (1 + (relative * normal)), "measured", value * relative);
        }
    }

    // Blanked, five-fold with frames lost inside of it, and losses in the normal beam.
    private static double Beam(long number) => number switch
    {
        >= 30 and < 40 => 0,
        >= 60 and < 80 => 5,
        _ => 1,
    };

    private static bool IsLost(long number) => number is (>= 15 and < 22) or 50 or (>= 68 and < 72) or (>= 95 and < 105);

    // As from a hole frame: electrons of ten pictures of the specimen over those of the beam without one.
    private static double Transmission(SceneSettings settings, List<GaugeReading> movie) =>
        movie.Take(10).Average(reading => reading.MeanCounts - settings.Detector.DarkLevel) / settings.Detector.CountsPerElectron / (settings.DosePerFrameEPerA2 * Area(settings));

    private static double Area(SceneSettings settings) => settings.PixelSizeNm * settings.PixelSizeNm * 100;

    private static SceneSettings Settings(long seed, double exposureS) =>
        SceneSettings.Resolve("crystal", new SceneOptions { Seed = seed, SizePx = 256, FrameTimeS = FrameTimeS, ExposureS = exposureS }, CrystalScene.Defaults);

    private static List<FrameDose> Run(Calibration calibration, List<GaugeReading> movie)
    {
        var ledger = new DoseLedger(calibration);
        var rows = new List<FrameDose>();
        movie.ForEach(reading => ledger.Add(reading, reading.Header.SourceTimeS, rows));
        ledger.Complete(rows);
        Assert.Equal(movie.Count, rows.Count);
        return rows;
    }

    private static List<GaugeReading> Movie(long seed, double exposureS)
    {
        lock (Gate)
        {
            if (!Movies.TryGetValue((seed, exposureS), out var readings))
            {
                Movies[(seed, exposureS)] = readings = Film(Settings(seed, exposureS));
            }

            return readings;
        }
    }

    private static List<GaugeReading> Film(SceneSettings settings)
    {
        using var pool = new FramePool();
        var simulator = new Simulator(new KnownBeam(settings));
        var gauge = new FrameGauge();
        var readings = new List<GaugeReading>();
        long number;
        do
        {
            var draft = pool.Rent(settings.SizePx, settings.SizePx, settings.Options.Type);
            var shown = simulator.Next(draft.Bytes);
            number = shown.Number;
            using var frame = draft.Publish(new FrameHeader { Number = number, SourceTimeS = shown.TimeS });
            readings.Add(gauge.Read(frame));
        }
        while (number < Frames - 1);
        return readings;
    }

    private sealed class KnownBeam(SceneSettings settings) : CrystalScene(settings)
    {
        public override SceneFrame NextFrame()
        {
            var frame = base.NextFrame();
            while (IsLost(frame.Number))
            {
                frame = base.NextFrame();
            }

            return frame with { DoseFactor = Beam(frame.Number) };
        }
    }
}
