using System.Collections.Concurrent;
using LiveLtem.Core.Pipeline;

namespace LiveLtem.Core.Tests.Pipeline;

public sealed class PipelineRunTests
{
    private const FrameBranches Analysis = FrameBranches.Analysis;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Parallel_stage_hands_on_in_frame_order_whatever_finishes_first()
    {
        using var checkedPool = new LeakCheckedPool();
        var run = new PipelineRun(Analysis);
        var raw = run.AddEdge<Frame>("raw", EdgePolicy.Wait, 4, Analysis);
        var done = run.AddEdge<Frame>("done", EdgePolicy.Wait, 4, Analysis);
        var seen = new List<long>();
        var inside = 0;
        var most = 0;
        run.SetSource(new ScriptedSource(ScriptedSource.Count(300)), checkedPool.Pool, raw);
        run.AddParallelStage("work", raw, done, frame =>
        {
            var now = Interlocked.Increment(ref inside);
            InterlockedMax(ref most, now);

            // Every third frame takes far longer than the two behind it.
            SpinWait.SpinUntil(() => false, frame.Number % 3 == 0 ? 3 : 0);
            Interlocked.Decrement(ref inside);
            return frame;
        }, workers: 3);
        run.AddSink("end", done, frame => seen.Add(frame.Number));

        var report = await run.RunAsync(Stop);

        Assert.Equal(PipelineOutcome.Finished, report.Outcome);
        Assert.Equal(ScriptedSource.Count(300), seen);
        Assert.InRange(most, 1, 3);
        Assert.Equal(300, report.Ledger.Of(Analysis)!.Delivered);
        Assert.Equal(0, report.Stages.Single(stage => stage.Name == "end").Disordered);
    }

    [Fact]
    public async Task Parallel_stage_bounds_what_is_inside_when_its_output_stalls()
    {
        using var checkedPool = new LeakCheckedPool();
        var run = new PipelineRun(Analysis);
        var raw = run.AddEdge<Frame>("raw", EdgePolicy.Wait, 2, Analysis);
        var done = run.AddEdge<Frame>("done", EdgePolicy.Wait, 2, Analysis);
        using var gate = new SemaphoreSlim(0);
        var held = new TaskCompletionSource();
        var source = new ScriptedSource(ScriptedSource.Count(100));
        run.SetSource(source, checkedPool.Pool, raw);
        run.AddParallelStage("work", raw, done, frame => frame, workers: 2);
        run.AddSink("end", done, _ =>
        {
            held.TrySetResult();
            gate.Wait();
        });

        var running = run.RunAsync(Stop);
        await held.Task.WaitAsync(Stop);
        await UntilSteady(() => source.Delivered);

        // 1 in the sink, 2 on the edge to it, 3 places in the stage, 2 on the edge before, 1 in the source's hand.
        Assert.InRange(checkedPool.Pool.Outstanding, 1, 9);
        gate.Release(100);
        Assert.Equal(100, (await running).Ledger.Of(Analysis)!.Delivered);
    }

    [Fact]
    public async Task Latest_edge_never_slows_the_source_and_counts_what_it_drops()
    {
        using var checkedPool = new LeakCheckedPool();
        var run = new PipelineRun(Analysis | FrameBranches.Recording);
        var raw = run.AddEdge<Frame>("raw", EdgePolicy.Wait, 4, Analysis | FrameBranches.Recording);
        var live = run.AddEdge<Frame>("live", EdgePolicy.Latest, 1, Analysis);
        var disk = run.AddEdge<Frame>("disk", EdgePolicy.Wait, 4, FrameBranches.Recording);
        using var gate = new SemaphoreSlim(0);
        var seen = new List<long>();
        var allRecorded = new TaskCompletionSource();
        run.SetSource(new ScriptedSource(ScriptedSource.Count(200)), checkedPool.Pool, raw);
        run.AddFanOut("fork", raw, live, disk);
        run.AddSink("analyse", live, frame =>
        {
            gate.Wait();
            seen.Add(frame.Number);
        });
        run.AddSink("record", disk, frame =>
        {
            if (frame.Number == 199)
            {
                allRecorded.SetResult();
            }
        });

        // The reader of the live edge stalls until the last frame is on disk: a slow analysis costs the recording nothing.
        var running = run.RunAsync(Stop);
        await allRecorded.Task.WaitAsync(Stop);
        gate.Release(200);
        var report = await running;

        var analysis = report.Ledger.Of(Analysis)!;
        Assert.Equal(200, report.Ledger.Of(FrameBranches.Recording)!.Delivered);
        Assert.Equal(seen.Count, analysis.Delivered);
        Assert.Equal(200 - seen.Count, analysis.Skipped);
        Assert.True(analysis.Skipped >= 198, $"skipped only {analysis.Skipped}");
        Assert.Equal(199, seen[^1]);
        Assert.Equal("live", Assert.Single(analysis.SkippedBy).Where);
        Assert.Equal(analysis.Skipped, analysis.SkippedNumbers.Sum(interval => interval.Length));
        Assert.Equal(analysis.Skipped, report.Edges.Single(edge => edge.Name == "live").Dropped);
        Assert.Equal(analysis.Skipped, report.Stages.Single(stage => stage.Name == "analyse").Dropped);
    }

    [Fact]
    public async Task Waiting_edge_holds_the_source_back_and_loses_nothing()
    {
        using var checkedPool = new LeakCheckedPool();
        var run = new PipelineRun(Analysis);
        var raw = run.AddEdge<Frame>("raw", EdgePolicy.Wait, 4, Analysis);
        using var gate = new SemaphoreSlim(0);
        var source = new ScriptedSource(ScriptedSource.Count(50));
        run.SetSource(source, checkedPool.Pool, raw);
        run.AddSink("end", raw, _ => gate.Wait());

        var running = run.RunAsync(Stop);
        await UntilSteady(() => source.Delivered);

        Assert.InRange(source.Delivered, 4, 5);
        Assert.Equal(EdgeLevel.Full, run.Status.Edges[0].Level);
        gate.Release(50);
        var report = await running;
        Assert.Equal(50, report.Ledger.Of(Analysis)!.Delivered);
        Assert.True(report.Edges[0].HeldBack > TimeSpan.Zero);
        Assert.True(report.Edges[0].Alarms >= 1);
        Assert.Equal(4, report.Edges[0].PeakQueued);
    }

    [Theory]
    [InlineData("sequential")]
    [InlineData("parallel")]
    [InlineData("sink")]
    public async Task Stage_that_throws_loses_that_frame_and_goes_on(string where)
    {
        using var checkedPool = new LeakCheckedPool();
        var run = new PipelineRun(Analysis);
        var seen = new List<long>();
        Build(run, checkedPool.Pool, new ScriptedSource(ScriptedSource.Count(20)), seen, where, frame =>
        {
            if (frame.Number is 3 or 4 or 11)
            {
                throw new ArithmeticException("three\nlines\nlong");
            }
        });

        var report = await run.RunAsync(Stop);

        var analysis = report.Ledger.Of(Analysis)!;
        Assert.Equal(PipelineOutcome.Finished, report.Outcome);
        Assert.Equal(ScriptedSource.Count(20).Except([3, 4, 11]), seen);
        Assert.Equal((17, 3, 0, 0), (analysis.Delivered, analysis.Failed, analysis.Skipped, analysis.InFlight));
        Assert.Equal([3L, 4L, 11L], analysis.Failures.Select(failure => failure.Frame));
        Assert.Equal(new FrameReason(where, "three lines long", 3), Assert.Single(analysis.FailedBy));
        Assert.Equal(3, report.Stages.Single(stage => stage.Name == where).Failed);
    }

    [Theory]
    [InlineData("sequential")]
    [InlineData("parallel")]
    [InlineData("sink")]
    public async Task Stage_that_cannot_go_on_stops_the_session_and_keeps_what_came_before(string where)
    {
        using var checkedPool = new LeakCheckedPool();
        var run = new PipelineRun(Analysis);
        var seen = new List<long>();
        Build(run, checkedPool.Pool, new ScriptedSource(ScriptedSource.Endless()), seen, where, frame =>
        {
            if (frame.Number >= 10)
            {
                throw new PipelineFaultException("the disk is full");
            }
        });

        var report = await run.RunAsync(Stop);

        Assert.Equal(PipelineOutcome.Faulted, report.Outcome);
        Assert.Equal("the disk is full", report.Fault!.Message);
        Assert.Equal(ScriptedSource.Count(10), seen);
        AssertAddsUp(report);
    }

    [Fact]
    public async Task Failures_in_a_row_stop_the_session_but_scattered_ones_do_not()
    {
        using var checkedPool = new LeakCheckedPool();
        var run = new PipelineRun(Analysis, new PipelineOptions { MaxFailuresInARow = 5 });
        var seen = new List<long>();
        Build(run, checkedPool.Pool, new ScriptedSource(ScriptedSource.Endless()), seen, "parallel", frame =>
        {
            if (frame.Number is > 100 || frame.Number % 5 != 0)
            {
                throw new ArithmeticException("no");
            }
        });

        var report = await run.RunAsync(Stop);

        Assert.Equal(PipelineOutcome.Faulted, report.Outcome);
        Assert.Contains("5 frames in a row", report.Fault!.Message, StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(0, 21).Select(i => 5L * i), seen);
        AssertAddsUp(report);
    }

    [Fact]
    public async Task Cancellation_stops_the_source_and_drains_the_rest()
    {
        using var checkedPool = new LeakCheckedPool();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var run = new PipelineRun(Analysis);
        var seen = new List<long>();
        Build(run, checkedPool.Pool, new ScriptedSource(ScriptedSource.Endless()), seen, "parallel", frame =>
        {
            if (frame.Number == 50)
            {
                cancel.Cancel();
            }
        });

        var report = await run.RunAsync(cancel.Token);

        Assert.Equal(PipelineOutcome.Stopped, report.Outcome);
        Assert.Null(report.Fault);
        Assert.True(seen.Count > 50);
        Assert.Equal(report.Ledger.Received, report.Ledger.Of(Analysis)!.Delivered);
        Assert.Equal(ScriptedSource.Count(seen.Count), seen);
    }

    [Fact]
    public async Task Source_that_breaks_keeps_the_frames_before_it()
    {
        using var checkedPool = new LeakCheckedPool();
        var run = new PipelineRun(Analysis);
        var seen = new List<long>();
        var broken = new FrameFormatException("movie.mrc", "ends in the middle of frame 7");
        Build(run, checkedPool.Pool, new ScriptedSource(ScriptedSource.Count(7)) { Breaks = broken }, seen, "sink", _ => { });

        var report = await run.RunAsync(Stop);

        Assert.Equal(PipelineOutcome.Faulted, report.Outcome);
        Assert.Same(broken, report.Fault);
        Assert.Equal(7, seen.Count);
    }

    [Fact]
    public async Task Stage_may_hold_frames_and_let_them_go_later()
    {
        using var checkedPool = new LeakCheckedPool();
        var run = new PipelineRun(Analysis);
        var raw = run.AddEdge<Frame>("raw", EdgePolicy.Wait, 2, Analysis);
        var done = run.AddEdge<Frame>("done", EdgePolicy.Wait, 2, Analysis);
        var held = new List<Frame>();
        var seen = new List<long>();
        var stage = new LambdaStage(
            (frame, output) => Release(frame, output, 5),
            output => Release(null, output, 1));
        run.SetSource(new ScriptedSource(ScriptedSource.Count(13)), checkedPool.Pool, raw);
        run.AddStage("hold", raw, done, stage);
        run.AddSink("end", done, frame => seen.Add(frame.Number));

        var report = await run.RunAsync(Stop);

        Assert.Equal(ScriptedSource.Count(13), seen);
        Assert.Equal(1, stage.Completed);
        Assert.Equal(13, report.Ledger.Of(Analysis)!.Delivered);

        void Release(Frame? frame, ICollection<Frame> output, int atLeast)
        {
            if (frame is not null)
            {
                held.Add(frame);
            }

            if (held.Count >= atLeast)
            {
                held.ForEach(output.Add);
                held.Clear();
            }
        }
    }

    [Fact]
    public async Task Frames_that_a_broken_stage_still_holds_go_no_further()
    {
        using var checkedPool = new LeakCheckedPool();
        var run = new PipelineRun(Analysis);
        var raw = run.AddEdge<Frame>("raw", EdgePolicy.Wait, 2, Analysis);
        var done = run.AddEdge<Frame>("done", EdgePolicy.Wait, 2, Analysis);
        var held = new List<Frame>();
        var seen = new List<long>();
        run.SetSource(new ScriptedSource(ScriptedSource.Count(13)), checkedPool.Pool, raw);
        run.AddStage("learn", raw, done, new LambdaStage(
            (frame, _) =>
            {
                if (held.Count == 4)
                {
                    throw new PipelineFaultException("nothing to learn from");
                }

                held.Add(frame);
            },
            output => held.ForEach(output.Add)));
        run.AddSink("end", done, frame => seen.Add(frame.Number));

        var report = await run.RunAsync(Stop);

        Assert.Equal(PipelineOutcome.Faulted, report.Outcome);
        Assert.Empty(seen);
        AssertAddsUp(report);
    }

    [Fact]
    public async Task Sink_is_completed_once_after_its_last_item()
    {
        using var checkedPool = new LeakCheckedPool();
        var run = new PipelineRun(Analysis);
        var raw = run.AddEdge<Frame>("raw", EdgePolicy.Wait, 2, Analysis);
        var calls = new List<string>();
        run.SetSource(new ScriptedSource(ScriptedSource.Count(2)), checkedPool.Pool, raw);
        run.AddSink("end", raw, frame => calls.Add($"frame {frame.Number}"), _ =>
        {
            calls.Add("complete");
            return ValueTask.CompletedTask;
        });

        await run.RunAsync(Stop);

        Assert.Equal(["frame 0", "frame 1", "complete"], calls);
    }

    [Fact]
    public async Task Loose_edges_are_refused()
    {
        using var checkedPool = new LeakCheckedPool();
        var run = new PipelineRun(Analysis);
        var raw = run.AddEdge<Frame>("raw", EdgePolicy.Wait, 2, Analysis);
        run.SetSource(new ScriptedSource([]), checkedPool.Pool, raw);

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => run.RunAsync(Stop));

        Assert.Equal("edge raw has no reader", error.Message);
        Assert.Throws<ArgumentException>(() => run.AddEdge<Frame>("raw", EdgePolicy.Wait, 2, Analysis));
        Assert.Throws<ArgumentException>(() => run.AddEdge<Frame>("disk", EdgePolicy.Wait, 2, FrameBranches.Recording));
        run.AddSink("end", raw, _ => { });
        Assert.Throws<ArgumentException>(() => run.AddSink("other", raw, _ => { }));
        await run.RunAsync(Stop);
        await Assert.ThrowsAsync<InvalidOperationException>(() => run.RunAsync(Stop));
    }

    internal static void AssertAddsUp(PipelineReport report)
    {
        var ledger = report.Ledger;
        Assert.Equal(ledger.Expected, ledger.Received - ledger.Repeated + ledger.Lost);
        foreach (var branch in ledger.Branches)
        {
            Assert.Equal(0, branch.InFlight);
            Assert.Equal(ledger.Received, branch.Delivered + branch.Skipped + branch.Failed);
            Assert.Equal(branch.Skipped, branch.SkippedBy.Sum(reason => reason.Frames));
            Assert.Equal(branch.Failed, branch.FailedBy.Sum(reason => reason.Frames));
        }
    }

    /// <summary>Source, one sequential stage, one parallel stage, one sink, with <paramref name="act"/> called in the one named.</summary>
    internal static void Build(PipelineRun run, FramePool pool, IFrameSource source, List<long> seen, string where, Action<Frame> act)
    {
        var raw = run.AddEdge<Frame>("raw", EdgePolicy.Wait, 3, Analysis);
        var first = run.AddEdge<Frame>("first", EdgePolicy.Wait, 3, Analysis);
        var second = run.AddEdge<Frame>("second", EdgePolicy.Wait, 3, Analysis);
        run.SetSource(source, pool, raw);
        run.AddStage("sequential", raw, first, new LambdaStage((frame, output) =>
        {
            ActIn("sequential", frame);
            output.Add(frame);
        }));
        run.AddParallelStage("parallel", first, second, frame =>
        {
            ActIn("parallel", frame);
            return frame;
        }, workers: 2);
        run.AddSink("sink", second, frame =>
        {
            ActIn("sink", frame);
            seen.Add(frame.Number);
        });

        void ActIn(string stage, Frame frame)
        {
            if (stage == where)
            {
                act(frame);
            }
        }
    }

    /// <summary>Waits until a counter has stopped moving: everything that could move is blocked.</summary>
    internal static async Task UntilSteady(Func<long> counter)
    {
        for (long before = -1, same = 0; same < 20;)
        {
            await Task.Delay(5, Stop);
            var now = counter();
            same = now == before ? same + 1 : 0;
            before = now;
        }
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (var old = Volatile.Read(ref target); value > old; old = Volatile.Read(ref target))
        {
            Interlocked.CompareExchange(ref target, value, old);
        }
    }
}
