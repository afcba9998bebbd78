using CsCheck;
using LiveLtem.Core;

namespace LiveLtem.Dose.Tests;

public sealed class DoseLedgerTests
{
    /// <summary>Pixel area 25 A^2, 20 counts an electron, dark 100: counts of 600 are 1 e-/A^2 on the camera.</summary>
    private static readonly Calibration Counts = new()
    {
        PixelSizeNm = new Calibrated(0.5, "typed"),
        CountsPerElectron = new Calibrated(20, "typed"),
        DarkLevel = new Calibrated(100, "typed"),
        ExposureS = new Calibrated(0.1, "typed"),
        FrameTimeS = new Calibrated(0.1, "typed"),
    };

    private static readonly Calibration Typed = new()
    {
        DosePerFrameEPerA2 = new Calibrated(2, "typed"),
        DarkLevel = new Calibrated(100, "typed"),
        ExposureS = new Calibrated(0.1, "typed"),
        FrameTimeS = new Calibrated(0.1, "typed"),
    };

    [Fact]
    public void Camera_dose_follows_from_the_counts()
    {
        var rows = Run(Counts, Steady(4, 600), out var statement);

        Assert.All(rows, row => Assert.Equal(10, row.RateEPerA2PerS!.Value, 1e-9));
        Assert.Equal([1.0, 2.0, 3.0, 4.0], rows.Select(row => Math.Round(row.DoseEPerA2!.Value, 9)));
        Assert.Equal((DoseSource.Counts, DoseKind.Camera), (statement.Source, statement.Kind));
        Assert.Empty(statement.Missing);
    }

    [Fact]
    public void Specimen_dose_is_camera_dose_over_transmission()
    {
        var rows = Run(Counts with { Transmission = new Calibrated(0.2, "typed") }, Steady(3, 600), out var statement);

        Assert.Equal(50, rows[0].RateEPerA2PerS!.Value, 1e-9);
        Assert.Equal(15, rows[2].DoseEPerA2!.Value, 1e-9);
        Assert.Equal(DoseKind.Specimen, statement.Kind);
    }

    [Fact]
    public void Dead_time_between_exposures_counts()
    {
        var rows = Run(Counts with { FrameTimeS = new Calibrated(0.4, "typed") }, Steady(3, 600, 0.4), out _);

        Assert.Equal(10, rows[0].RateEPerA2PerS!.Value, 1e-9);
        Assert.Equal([4.0, 8.0, 12.0], rows.Select(row => Math.Round(row.DoseEPerA2!.Value, 9)));
    }

    [Fact]
    public void Lost_frames_count_at_the_rate_of_their_neighbours()
    {
        var frames = Steady(6, 600);
        frames.Add(Gauge(16, 1100, droppedBefore: 10));

        var rows = Run(Counts, frames, out _);

        // Ten frames at the mean of 10 and 20 e-/A^2/s, then the frame's own at 20.
        Assert.Equal(6 + 15 + 2, rows[^1].DoseEPerA2!.Value, 1e-9);
    }

    [Fact]
    public void Typed_dose_is_that_of_a_normal_frame_nothing_in_a_blank_and_five_fold_in_a_step()
    {
        var frames = Steady(8, 600);
        frames.Add(Gauge(8, 100));
        frames.Add(Gauge(9, 2600));

        var rows = Run(Typed, frames, out var statement);

        Assert.Equal(16, rows[7].DoseEPerA2!.Value, 1e-9);
        Assert.Equal(0, rows[8].RateEPerA2PerS!.Value, 1e-12);
        Assert.Equal(16, rows[8].DoseEPerA2!.Value, 1e-9);
        Assert.Equal(100, rows[9].RateEPerA2PerS!.Value, 1e-9);
        Assert.Equal(26, rows[9].DoseEPerA2!.Value, 1e-9);
        Assert.Equal((DoseSource.Typed, DoseKind.Specimen), (statement.Source, statement.Kind));
    }

    [Fact]
    public void Typed_dose_beats_the_counts()
    {
        var rows = Run(Counts with { DosePerFrameEPerA2 = new Calibrated(7, "typed") }, Steady(6, 600), out var statement);

        Assert.Equal(42, rows[^1].DoseEPerA2!.Value, 1e-9);
        Assert.Equal(DoseSource.Typed, statement.Source);
    }

    [Fact]
    public void Flagged_frame_takes_its_neighbours_rate()
    {
        var frames = Steady(6, 600);
        frames.Add(Gauge(6, 3000) with { SaturatedFraction = 0.3 });
        frames.Add(Gauge(7, 50) with { Repeated = true });
        frames.Add(Gauge(8, double.NaN));
        frames.Add(Gauge(9, 600));

        var rows = Run(Counts, frames, out _);

        Assert.All(rows, row => Assert.Equal(10, row.RateEPerA2PerS!.Value, 1e-9));
        Assert.Equal(10, rows[^1].DoseEPerA2!.Value, 1e-9);
    }

    [Fact]
    public void Flagged_frames_at_the_start_are_no_reference_and_take_it()
    {
        List<GaugeReading> frames = [Gauge(0, 65000) with { SaturatedFraction = 1 }, Gauge(1, 65000) with { SaturatedFraction = 1 }];
        frames.AddRange(Enumerable.Range(2, 6).Select(i => Gauge(i, 600)));

        var rows = Run(Typed, frames, out _);

        Assert.All(rows, row => Assert.Equal(20, row.RateEPerA2PerS!.Value, 1e-9));
    }

    [Fact]
    public void Counts_without_a_dark_level_give_no_dose_and_say_what_is_missing()
    {
        var rows = Run(Counts with { DarkLevel = null }, Steady(6, 600), out var statement);

        Assert.All(rows, row => Assert.Null(row.RateEPerA2PerS));
        Assert.All(rows, row => Assert.Null(row.DoseEPerA2));
        Assert.Equal(["dark level"], statement.Missing);
        Assert.Equal((DoseSource.None, DoseKind.None), (statement.Source, statement.Kind));
    }

    [Fact]
    public void Nothing_known_lists_everything_that_is_missing()
    {
        var rows = Run(Calibration.Unknown, Steady(6, 600).Select(gauge => gauge).ToList(), out var statement, withTimes: false);

        Assert.All(rows, row => Assert.Null(row.DoseEPerA2));
        Assert.Equal(["pixel size", "counts per electron", "dark level", "exposure", "frame time"], statement.Missing);
    }

    [Fact]
    public void Typed_dose_accrues_by_frame_where_there_is_no_clock()
    {
        var frames = Steady(6, 600);
        frames.Add(Gauge(9, 600, droppedBefore: 3));

        var rows = Run(new Calibration { DosePerFrameEPerA2 = new Calibrated(2, "typed") }, frames, out var statement, withTimes: false);

        Assert.Null(rows[^1].RateEPerA2PerS);
        Assert.Equal(20, rows[^1].DoseEPerA2!.Value, 1e-9);
        Assert.Equal(["exposure or frame time"], statement.Missing);
        Assert.Contains("dark level", Assert.Single(statement.Assumptions), StringComparison.Ordinal);
    }

    [Fact]
    public void Relative_errors_add_in_quadrature_the_pixel_size_twice()
    {
        Run(
            Counts with
            {
                PixelSizeNm = new Calibrated(0.5, "typed", 0.01),
                CountsPerElectron = new Calibrated(20, "typed", 0.6),
                Transmission = new Calibrated(0.2, "typed", 0.024),
            },
            Steady(6, 600),
            out var statement);

        // 2 x 2 %, 3 %, 12 % and 1/sqrt(25e6) of counting.
        Assert.Equal(Math.Sqrt((0.04 * 0.04) + (0.03 * 0.03) + (0.12 * 0.12) + (1 / 25e6)), statement.RelativeErr!.Value, 1e-9);
        Assert.Equal(["exposure"], statement.WithoutErr);
    }

    [Fact]
    public void Dose_never_falls_and_is_the_integral_of_the_rate_whatever_is_lost()
    {
        Gen.Select(Gen.Double[0, 5000], Gen.Int[0, 3]).List[1, 60].Sample(steps =>
        {
            var frames = new List<GaugeReading>();
            long number = -1;
            foreach (var (counts, gap) in steps)
            {
                var lost = frames.Count == 0 ? 0 : gap;
                number += 1 + lost;
                frames.Add(Gauge(number, counts, lost));
            }

            var rows = Run(Counts, frames, out _);

            Assert.Equal(frames.Count, rows.Count);
            var dose = 0.0;
            for (var i = 0; i < rows.Count; i++)
            {
                var between = i == 0 ? 0 : 0.1 * rows[i].Gauge.DroppedBefore * (rows[i - 1].RateEPerA2PerS!.Value + rows[i].RateEPerA2PerS!.Value) / 2;
                dose += (0.1 * rows[i].RateEPerA2PerS!.Value) + between;
                Assert.Equal(dose, rows[i].DoseEPerA2!.Value, 1e-6 + (1e-9 * dose));
                Assert.True(i == 0 || rows[i].DoseEPerA2 >= rows[i - 1].DoseEPerA2);
            }
        });
    }

    private static List<GaugeReading> Steady(int frames, double counts, double frameTimeS = 0.1) =>
        [.. Enumerable.Range(0, frames).Select(i => Gauge(i, counts) with { Header = new FrameHeader { Number = i, SourceTimeS = i * frameTimeS } })];

    private static GaugeReading Gauge(long number, double counts, long droppedBefore = 0) => new()
    {
        Header = new FrameHeader { Number = number, SourceTimeS = number * 0.1 },
        MeanCounts = counts,
        MinCounts = counts,
        MaxCounts = counts,
        SaturatedFraction = 0,
        Pixels = 1_000_000,
        Hash = (ulong)number,
        DroppedBefore = droppedBefore,
        Repeated = false,
    };

    private static List<FrameDose> Run(Calibration calibration, List<GaugeReading> frames, out DoseStatement statement, bool withTimes = true)
    {
        var ledger = new DoseLedger(calibration);
        var rows = new List<FrameDose>();
        frames.ForEach(frame => ledger.Add(frame, withTimes ? frame.Header.SourceTimeS : null, rows));
        ledger.Complete(rows);
        statement = ledger.Statement;
        return rows;
    }
}
