using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Dose.Alerts;

namespace LiveLtem.Dose.Tests.Alerts;

/// <summary>Rules over dose, times, tracks and calibrations, by frames whose figures are given.</summary>
public sealed class RuleTests : IDisposable
{
    private static readonly Calibration Scaled = new() { PixelSizeNm = new Calibrated(1, "test") };
    private readonly FramePool _pool = new();
    private readonly AlertBook _book = new(_ => { });

    [Fact]
    public void A_dose_rate_over_the_limit_is_raised_with_its_second_frame_and_clears_by_the_hysteresis()
    {
        var watch = Watch(new AlertOptions { Rules = Rule(AlertKind.DoseRateHigh, threshold: 50) });
        Run(watch, 30, frame => frame with { Rate = frame.Number switch { < 10 => 40, < 15 => 60, < 20 => 47, _ => 44 } });
        var alert = Assert.Single(_book.All);
        Assert.Equal(("dose_rate_high", "critical", 11L, 14L, 5L, "cleared"), (alert.Kind, alert.Severity, alert.Frame, alert.FrameLast, alert.Count, alert.State));
        Assert.Equal((60.0, 50.0, "the dose rate is 60 e-/A^2/s; the limit is 50"), (alert.Value, alert.Threshold, alert.Message));
    }

    [Fact]
    public void The_budget_is_told_at_its_parts_one_alert_at_a_time_and_the_last_goes_on_counting()
    {
        var watch = Watch(new AlertOptions { BudgetEPerA2 = 100 });
        Run(watch, 130, frame => frame with { Dose = frame.Number + 1, Rate = 10 });
        var alerts = _book.All.Where(alert => alert.Kind == "dose_budget").ToList();
        Assert.Equal([(69L, "warning", "cleared"), (89L, "warning", "cleared"), (99L, "critical", "raised")], alerts.Select(alert => (alert.Frame!.Value, alert.Severity, alert.State)));
        Assert.Equal((0.7, 0.9, 1.0), (alerts[0].Threshold, alerts[1].Threshold, alerts[2].Threshold));
        Assert.Equal((1.3, "130 % of the dose that this sample may get is used (130 of 100 e-/A^2)"), (alerts[2].Value, alerts[2].Message));
    }

    [Fact]
    public void A_budget_that_soon_is_used_up_is_told_with_the_time_it_lasts()
    {
        // 1 e-/A^2 a frame and 10 a second: less than 60 s are left from the dose 401 on.
        var watch = Watch(new AlertOptions { BudgetEPerA2 = 1000 });
        Run(watch, 405, frame => frame with { Dose = frame.Number + 1, Rate = 10 });
        var alert = Assert.Single(_book.All);
        Assert.Equal(("dose_projection", 402L), (alert.Kind, alert.Frame));
        Assert.Equal(59.5, alert.Value!.Value, 0.1);
    }

    [Fact]
    public void Rules_without_a_limit_a_budget_or_a_dose_say_so()
    {
        var none = Watch(new AlertOptions());
        Assert.Contains("dose_rate_high: no limit is set (alerts.dose_rate_high.threshold)", none.Missing);
        Assert.Contains("dose_projection: no budget is set (alerts.dose_budget.budget_e_A2)", none.Missing);
        Assert.Contains("analysis_lag: a recording waits for its analysis: no frame is left out", none.Missing);
        var unknown = Watch(new AlertOptions { BudgetEPerA2 = 100, Rules = Rule(AlertKind.DoseRateHigh, threshold: 50) });
        Run(unknown, 3, frame => frame);
        Assert.Contains("dose_rate_high: there is no dose rate: see the calibration", unknown.Missing);
        Assert.Contains("dose_budget: there is no dose: see the calibration", unknown.Missing);
    }

    [Fact]
    public void Noise_that_drowns_the_contrast_is_raised_and_so_is_what_the_asked_precision_needs()
    {
        Run(Watch(new AlertOptions()), 60, frame => frame with { Snr = frame.Number < 30 ? 2 : 0.2, Points = Particles(frame.Number, 3) });
        var low = Assert.Single(_book.All);
        Assert.Equal(("snr_low", 0.2, 0.3), (low.Kind, low.Value, low.Threshold));
        Assert.InRange(low.Frame!.Value, 34, 38);

        // Errors go with the inverse of the ratio: 0.1 px at 2, so 0.05 px needs 4.
        var book = new AlertBook(_ => { });
        Run(Watch(new AlertOptions { PositionErrPx = 0.05 }, book: book), 30, frame => frame with { Snr = 2, Points = Particles(frame.Number, 3) });
        var asked = Assert.Single(book.All);
        Assert.Equal(4, asked.Threshold!.Value, 1e-9);
        Assert.Contains("positions are good to 0.10 px only, 0.05 px are asked for", asked.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Particles_that_are_found_no_more_are_told_but_a_movie_without_any_is_not()
    {
        Run(Watch(new AlertOptions()), 60, frame => frame with { Snr = frame.Number < 30 ? 2 : null, Points = frame.Number < 30 ? Particles(frame.Number, 3) : [] });
        Assert.Equal((34L, "no particle stands out of the noise any more"), (_book.All.Single().Frame!.Value, _book.All.Single().Message));
        var empty = new AlertBook(_ => { });
        Run(Watch(new AlertOptions(), book: empty), 60, frame => frame with { Snr = null, Points = [] });
        Assert.Empty(empty.All);
    }

    [Theory]
    [InlineData(3, true)]
    [InlineData(1, false)]
    public void Particles_that_shrink_faster_than_allowed_are_told_with_the_rate(double nmPerS, bool raised)
    {
        var random = new Random(3);
        Run(Watch(new AlertOptions(), Scaled), 60, frame => frame with { Points = Particles(frame.Number, 12, radiusPx: 40 - (nmPerS * 0.1 * frame.Number), random, radiusErrPx: 0.02) });
        if (!raised)
        {
            Assert.Empty(_book.All);
            return;
        }

        var alert = Assert.Single(_book.All);
        Assert.Equal(("etching_fast", 2.0, "nm/s"), (alert.Kind, alert.Threshold, alert.Unit));
        Assert.Equal(nmPerS, alert.Value!.Value, 0.1);
        Assert.Contains("(12 particles); 2.00 nm/s are allowed", alert.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sizes_that_scatter_are_no_etching_and_without_a_pixel_size_the_rule_says_what_it_needs()
    {
        var random = new Random(4);
        Run(Watch(new AlertOptions(), Scaled), 120, frame => frame with { Points = Particles(frame.Number, 3, radiusPx: 40, random, radiusErrPx: 6) });
        Assert.Empty(_book.All);
        Assert.Contains("etching_fast: it needs the pixel size", Watch(new AlertOptions()).Missing);
    }

    [Theory]
    [InlineData(2.0, "they move")]
    [InlineData(1.0, null)]
    public void Motion_that_grows_with_a_step_of_the_beam_is_told_as_driven_by_it(double growth, string? said)
    {
        var random = new Random(6);
        var (x, y) = (new double[20], new double[20]);
        var watch = Watch(new AlertOptions(), new Calibration { DarkLevel = new Calibrated(100, "test") });
        for (var number = 0; number < 140; number++)
        {
            var step = 0.5 * (number < 90 ? 1 : growth);
            for (var i = 0; i < x.Length; i++)
            {
                (x[i], y[i]) = (x[i] + (step * Normal(random)), y[i] + (step * Normal(random)));
            }

            using var frame = WatchedMovie.Frame(_pool, number, number < 90 ? 50 : 100, number);
            Show(watch, frame, WatchedMovie.Gauge(frame), new Given(number) { Points = [.. x.Select((_, i) => Particle(number, i, x[i], y[i], 20))] });
        }

        var driven = _book.All.Where(alert => alert.Kind == "beam_driven").ToList();
        Assert.Single(_book.All, alert => alert.Kind == "dose_rate_step");
        if (said is null)
        {
            Assert.Empty(driven);
            return;
        }

        // Twice the step is four times the mean square; the frames over which it is measured are what it takes.
        var alert = Assert.Single(driven);
        Assert.InRange(alert.Frame!.Value, 95, 125);

        // The largest of readings that are good to a tenth each.
        Assert.InRange(alert.Value!.Value, 3.5, 5.5);
        Assert.Contains(said, alert.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_counting_camera_that_misses_too_many_electrons_is_told_with_the_part()
    {
        // 40 readouts an exposure. Recorded 0.2 a pixel and readout of -ln(1 - 0.2) = 0.2231: 10.4 % are missed; of 0.1 it is 5.1 %.
        var calibration = new Calibration { CountsPerElectron = new Calibrated(1, "test"), ExposureS = new Calibrated(0.1, "test"), DarkLevel = new Calibrated(0, "test") };
        var watch = Watch(new AlertOptions { CountingReadoutsPerS = 400 }, calibration);
        Run(watch, 20, frame => frame with { MeanCounts = frame.Number < 10 ? 4 : 8 });
        var alert = Assert.Single(_book.All);
        Assert.Equal(("coincidence_loss", 12L), (alert.Kind, alert.Frame));
        Assert.Equal(1 - (0.2 / -Math.Log(0.8)), alert.Value!.Value, 1e-9);
        Assert.Contains("coincidence_loss: for a counting camera, alerts.coincidence_loss.readouts_per_s must be set", Watch(new AlertOptions(), calibration).Missing);
        Assert.Contains("coincidence_loss: it needs counts per electron and the exposure", Watch(new AlertOptions { CountingReadoutsPerS = 400 }).Missing);
    }

    [Fact]
    public void An_analysis_that_leaves_out_most_frames_is_told_live()
    {
        var watch = Watch(new AlertOptions(), live: true);
        Run(watch, 300, frame => frame with { Analysed = frame.Number < 100 || frame.Number % 4 == 0 });
        var alert = Assert.Single(_book.All);
        Assert.Equal("analysis_lag", alert.Kind);

        // Three of four since frame 100: over a half of the last hundred from frame 168 on, for twenty frames.
        Assert.InRange(alert.Frame!.Value, 165, 195);
        Assert.InRange(alert.Value!.Value, 0.5, 0.76);
    }

    [Fact]
    public void Frames_that_are_missing_by_the_sources_own_times_are_told_where_numbers_say_nothing()
    {
        var watch = Watch(new AlertOptions());
        Run(watch, 40, frame => frame with { SourceTimeS = (frame.Number * 0.1) + (frame.Number >= 20 ? 0.3 : 0) + (frame.Number % 2 * 0.01) });
        var alert = Assert.Single(_book.All);
        Assert.Equal(("frames_lost", 20L, 3.0), (alert.Kind, alert.Frame, alert.Value));
        Assert.Equal("3 frames before frame 20 did not arrive; their dose is counted all the same", alert.Message);
        var without = Watch(new AlertOptions());
        Run(without, 3, frame => frame);
        Assert.Contains("frames_lost: the recording has neither frame numbers that skip nor times of its own", without.Missing);
    }

    [Fact]
    public void A_calibration_that_is_too_old_is_told_with_its_age_and_one_that_is_not_is_not()
    {
        var now = new DateTimeOffset(2026, 7, 1, 0, 0, 0, TimeSpan.Zero);
        var old = new Calibration { DarkLevel = new Calibrated(100, "--dark-level", Date: now.AddDays(-200)), PixelSizeNm = new Calibrated(1, "--pixel-size-nm", Date: now.AddDays(-100)) };
        Run(Watch(new AlertOptions(), old, date: now), 3, frame => frame);
        var alert = Assert.Single(_book.All);
        Assert.Equal(("calibration_expired", 0L, 200.0, "the calibration of dark level is 200 days old; 180 are allowed: calibrate again"), (alert.Kind, alert.Frame, alert.Value, alert.Message));

        var book = new AlertBook(_ => { });
        Run(Watch(new AlertOptions(), old with { DarkLevel = null }, book: book, date: now), 3, frame => frame);
        Assert.Empty(book.All);
        Assert.Contains("calibration_expired: no calibration in use has a date", Watch(new AlertOptions(), date: now).Missing);
        Assert.Contains("calibration_expired: the recording has no date", Watch(new AlertOptions(), old).Missing);
    }

    [Fact]
    public void A_step_of_the_beam_states_no_factor_where_the_dark_level_is_not_known()
    {
        // Counts of 150 become 250 where the beam has become three times as strong: 100 are there without one.
        var watch = Watch(new AlertOptions());
        for (var number = 0; number < 40; number++)
        {
            watch.Show(_pool, number, number < 25 ? 50 : 150, number);
        }

        var alert = Assert.Single(_book.All);
        Assert.Equal("dose_rate_step", alert.Kind);
        Assert.Null(alert.Value);
        Assert.StartsWith("the beam is stronger than before:", alert.Message, StringComparison.Ordinal);
        Assert.Contains("the counts are 1.67 times as many, by more than that the beam", alert.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _pool.Dispose();

    private static Dictionary<string, RuleOptions> Rule(AlertKind kind, double threshold) => new() { [kind.Name] = RuleOptions.Of(kind) with { Threshold = threshold } };

    private static List<TrackPoint> Particles(long frame, int count, double radiusPx = 10, Random? random = null, double radiusErrPx = 0) =>
        [.. Enumerable.Range(0, count).Select(i => Particle(frame, i, 50 * i, 20, radiusPx + (random is null ? 0 : radiusErrPx * Normal(random))))];

    private static TrackPoint Particle(long frame, int particle, double x, double y, double radiusPx) => new()
    {
        Frame = frame,
        Particle = particle,
        Fit = new ShapeFit { Symmetry = 0, XPx = x, YPx = y, XErrPx = 0.1, YErrPx = 0.1, AreaPx = Math.PI * radiusPx * radiusPx, MajorPx = 2 * radiusPx, MinorPx = 2 * radiusPx },
    };

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static void Show(AlertWatch watch, Frame frame, GaugeReading gauge, Given given)
    {
        var timeS = given.Number * 0.1;
        watch.Look(frame, gauge);
        watch.Accounted(new FrameDose(gauge, timeS, given.Rate, given.Dose));
        var row = new FrameRow
        {
            Frame = given.Number,
            TimeS = timeS,
            Snr = given.Snr,
            Particles = given.Points.Count,
            MeanCounts = gauge.MeanCounts,
            SaturatedFraction = 0,
            DroppedBefore = 0,
            Processed = given.Analysed,
        };
        if (given.Analysed)
        {
            watch.Analysed(row, new FrameTracks { Header = frame.Header, Points = given.Points });
        }
        else
        {
            watch.LeftOut(row);
        }
    }

    private AlertWatch Watch(AlertOptions options, Calibration? calibration = null, AlertBook? book = null, bool live = false, DateTimeOffset? date = null) =>
        new(options, new WatchedSession { Calibration = calibration ?? Calibration.Unknown, IsLive = live, Date = date }, book ?? _book);

    // Frames too small to be looked at: their figures alone count.
    private void Run(AlertWatch watch, int frames, Func<Given, Given> scene)
    {
        for (var number = 0; number < frames; number++)
        {
            var given = scene(new Given(number));
            using var frame = _pool.Rent(8, 8, PixelType.UInt16).Publish(new FrameHeader { Number = number, SourceTimeS = given.SourceTimeS });
            Show(watch, frame, WatchedMovie.Gauge(frame) with { MeanCounts = given.MeanCounts, Hash = (ulong)number, MinCounts = 0, MaxCounts = 50 }, given);
        }
    }

    private sealed record Given(long Number)
    {
        public double? Rate { get; init; }

        public double? Dose { get; init; }

        public double? Snr { get; init; } = 2;

        public double MeanCounts { get; init; } = 10;

        public double? SourceTimeS { get; init; }

        public bool Analysed { get; init; } = true;

        public List<TrackPoint> Points { get; init; } = [];
    }
}
