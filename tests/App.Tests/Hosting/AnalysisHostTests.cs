using LiveLtem.App.Hosting;
using LiveLtem.Core;
using LiveLtem.Core.Pipeline;
using LiveLtem.Dose;

namespace LiveLtem.App.Tests.Hosting;

public sealed class AnalysisHostTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static IEnumerable<long> Numbers(int frames) => Enumerable.Range(0, frames).Select(i => (long)i);

    [Fact]
    public async Task Offline_every_frame_is_analysed_and_everything_comes_out_in_order()
    {
        var (report, sink, detector) = await RunAsync(new CountingSource(40), new FakeDetector(), new ListSink(), live: false, lag: 7);

        Assert.Equal(PipelineOutcome.Finished, report.Pipeline.Outcome);
        Assert.Equal(Numbers(40), sink.Rows.Select(row => row.Frame));
        Assert.Equal(Numbers(40), sink.Tracks.Select(tracks => tracks.Row.Frame));
        Assert.Equal(Numbers(40), sink.Images);
        Assert.Equal(Numbers(40), detector.Measured);
        Assert.All(sink.Rows, row => Assert.True(row is { Processed: true, Particles: 1, Snr: 2, DriftXPx: 0.25, LatencyMs: >= 0 }));
        Assert.All(Numbers(40), frame => Assert.True(sink.Calls.IndexOf($"row {frame}") < sink.Calls.IndexOf($"tracks {frame}")));
        Assert.Equal("complete", sink.Calls[^1]);
        Assert.Equal((40, 40, 1), (report.Figures.Processed, report.Figures.Points, report.Figures.Tracks));
        Assert.Equal("one dot", report.Learnt);
    }

    [Fact]
    public async Task Times_and_doses_follow_the_calibration()
    {
        var (report, sink, _) = await RunAsync(new CountingSource(10), new FakeDetector(), new ListSink(), live: false);

        Assert.Equal(4.5, sink.Rows[9].TimeS!.Value, 1e-9);
        Assert.Equal(4, sink.Rows[2].DoseRateEPerA2PerS!.Value, 0.1);
        Assert.Equal(20, sink.Rows[9].DoseEPerA2!.Value, 0.3);
        Assert.Equal(DoseKind.Specimen, report.Dose.Kind);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(30)]
    public async Task Detector_learns_from_the_first_frames_once_and_they_are_analysed_too(int frames)
    {
        var (_, sink, detector) = await RunAsync(new CountingSource(frames), new FakeDetector { LearningFrames = 3 }, new ListSink(), live: false);

        Assert.Equal(Numbers(Math.Min(frames, 3)), detector.Learnt);
        Assert.Equal(Numbers(frames), detector.Measured);
        Assert.Equal(frames, sink.Rows.Count);
    }

    [Fact]
    public async Task Frame_that_fails_keeps_its_row_and_the_others_go_on()
    {
        var detector = new FakeDetector
        {
            OnSegment = frame => Fail(frame, 5),
            OnMeasure = frame => Fail(frame, 9),
        };
        var (report, sink, _) = await RunAsync(new CountingSource(30), detector, new ListSink(), live: false);

        Assert.Equal(Numbers(30), sink.Rows.Select(row => row.Frame));
        Assert.Equal([5L, 9L], sink.Rows.Where(row => !row.Processed).Select(row => row.Frame));
        Assert.All(sink.Rows.Where(row => !row.Processed), row => Assert.True(row is { Particles: null, LatencyMs: null }));
        Assert.Equal(["segment", "measure"], report.Pipeline.Ledger.Of(FrameBranches.Analysis)!.FailedBy.Select(reason => reason.Where));

        static void Fail(Frame frame, long number)
        {
            if (frame.Number == number)
            {
                throw new ArithmeticException("singular");
            }
        }
    }

    [Fact]
    public async Task Live_analysis_that_stalls_skips_frames_but_every_frame_has_its_row_and_dose()
    {
        using var gate = new SemaphoreSlim(0);
        var source = new CountingSource(300)
        {
            Live = true,
            Before = (number, _) =>
            {
                if (number == 299)
                {
                    gate.Release(1000);
                }

                return Task.CompletedTask;
            },
        };
        var detector = new FakeDetector { LearningFrames = 1, OnMeasure = _ => gate.Wait() };
        var (report, sink, _) = await RunAsync(source, detector, new ListSink(), live: true);

        var analysis = report.Pipeline.Ledger.Of(FrameBranches.Analysis)!;
        Assert.Equal(Numbers(300), sink.Rows.Select(row => row.Frame));
        Assert.True(analysis.Skipped > 200, $"skipped only {analysis.Skipped}");
        Assert.Equal(analysis.Delivered, sink.Rows.Count(row => row.Processed));
        Assert.All(sink.Rows, row => Assert.NotNull(row.DoseEPerA2));
        Assert.Equal(report.Figures.Processed, sink.Tracks.Count);
    }

    [Fact]
    public async Task Nothing_to_learn_from_stops_the_session_with_the_rows_kept()
    {
        var detector = new FakeDetector { LearningFails = new InvalidOperationException("no contrast") };
        var (report, sink, _) = await RunAsync(new CountingSource(60), detector, new ListSink(), live: false);

        Assert.Equal(PipelineOutcome.Faulted, report.Pipeline.Outcome);
        Assert.Contains("no contrast", report.Pipeline.Fault!.Message, StringComparison.Ordinal);
        Assert.NotEmpty(sink.Rows);
        Assert.All(sink.Rows, row => Assert.False(row.Processed));
        var told = Assert.Throws<PipelineFaultException>(() => SessionEnd.Demand(report));
        Assert.Contains("are kept", told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Movie_that_breaks_keeps_the_frames_before_and_is_the_inputs_fault()
    {
        var source = new CountingSource(12) { Breaks = new FrameFormatException("run7.mrc", "ends in the middle of frame 12") };
        var (report, sink, _) = await RunAsync(source, new FakeDetector(), new ListSink(), live: false);

        Assert.Equal(12, sink.Rows.Count(row => row.Processed));
        Assert.Equal("complete", sink.Calls[^1]);
        Assert.Throws<InputException>(() => SessionEnd.Demand(report));
    }

    [Fact]
    public async Task Results_that_cannot_be_written_stop_the_session()
    {
        var sink = new ListSink { OnRow = row => _ = row.Frame < 20 ? true : throw new IOException("no space left on device") };
        var (report, _, _) = await RunAsync(new CountingSource(1000), new FakeDetector(), sink, live: false);

        Assert.Equal(PipelineOutcome.Faulted, report.Pipeline.Outcome);
        Assert.Contains("no space left", report.Pipeline.Fault!.Message, StringComparison.Ordinal);
        Assert.Equal(20, sink.Rows.Count);
    }

    [Fact]
    public async Task Stopping_drains_and_completes_the_results()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var detector = new FakeDetector
        {
            OnMeasure = frame =>
            {
                if (frame.Number == 50)
                {
                    cancel.Cancel();
                }
            },
        };
        var (report, sink, _) = await RunAsync(new CountingSource(100_000), detector, new ListSink(), live: false, lag: 4, cancel.Token);

        Assert.Equal(PipelineOutcome.Stopped, report.Pipeline.Outcome);
        Assert.Equal(report.Pipeline.Ledger.Received, sink.Rows.Count);
        Assert.All(sink.Rows, row => Assert.True(row.Processed));
        Assert.Equal(sink.Rows.Count, sink.Tracks.Count);
        Assert.Equal("complete", sink.Calls[^1]);
        SessionEnd.Demand(report);
    }

    private static async Task<(SessionReport Report, ListSink Sink, FakeDetector Detector)> RunAsync(
        CountingSource source,
        FakeDetector detector,
        ListSink sink,
        bool live,
        int lag = 0,
        CancellationToken? stop = null)
    {
        using var pool = new FramePool();
        var host = new AnalysisHost(
            SessionInput.Plain(source),
            pool,
            detector,
            new FakeTracker(lag),
            sink,
            new AnalysisHostOptions { Live = live, WithImages = true, SegmentWorkers = 3 });
        var report = await host.RunAsync(stop ?? Stop);
        Assert.Equal(0, pool.Outstanding);
        Assert.Equal(0, detector.Outstanding);
        Assert.All(report.Pipeline.Ledger.Branches, branch => Assert.Equal(0, branch.InFlight));
        return (report, sink, detector);
    }
}
