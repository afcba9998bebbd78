using LiveLtem.Core.Pipeline;
using Microsoft.Extensions.Time.Testing;

namespace LiveLtem.Core.Tests.Pipeline;

public sealed class PipelineStopTests
{
    private const FrameBranches Analysis = FrameBranches.Analysis;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("sequential")]
    [InlineData("parallel")]
    [InlineData("sink")]
    public async Task Session_that_does_not_drain_is_cut_short_and_leaks_nothing(string where)
    {
        using var checkedPool = new LeakCheckedPool();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        using var gate = new SemaphoreSlim(0);
        var time = new FakeTimeProvider();
        var run = new PipelineRun(Analysis, new PipelineOptions { DrainTimeout = TimeSpan.FromSeconds(10) }, time);
        var source = new ScriptedSource(ScriptedSource.Endless());
        var seen = new List<long>();
        PipelineRunTests.Build(run, checkedPool.Pool, source, seen, where, frame =>
        {
            if (frame.Number >= 20)
            {
                gate.Wait();
            }
        });

        var running = run.RunAsync(cancel.Token);
        await PipelineRunTests.UntilSteady(() => source.Delivered);
        await cancel.CancelAsync();
        await AdvanceUntil(time, () => false, TimeSpan.FromSeconds(11));
        gate.Release(1000);
        var report = await running;

        Assert.Equal(PipelineOutcome.CutShort, report.Outcome);
        Assert.Null(report.Fault);
        Assert.Equal(ScriptedSource.Count(20), seen.Take(20));
        Assert.True(report.Ledger.Of(Analysis)!.Skipped > 0);
        Assert.All(report.Ledger.Of(Analysis)!.SkippedBy, reason => Assert.Equal("the session was stopped", reason.Why));
        PipelineRunTests.AssertAddsUp(report);
    }

    [Fact]
    public async Task Source_that_does_not_listen_is_left_behind()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        using var checkedPool = new LeakCheckedPool();
        var time = new FakeTimeProvider();
        var run = new PipelineRun(Analysis, new PipelineOptions { DrainTimeout = TimeSpan.FromSeconds(10) }, time);
        var never = new TaskCompletionSource();
        var seen = new List<long>();
        var source = new ScriptedSource(ScriptedSource.Count(9)) { Before = (number, _) => number == 5 ? never.Task : Task.CompletedTask };
        PipelineRunTests.Build(run, checkedPool.Pool, source, seen, "sink", _ => { });

        var running = run.RunAsync(cancel.Token);
        await PipelineRunTests.UntilSteady(() => source.Delivered);
        await cancel.CancelAsync();
        await AdvanceUntil(time, () => running.IsCompleted, TimeSpan.FromSeconds(11));
        var report = await running;

        Assert.Equal(PipelineOutcome.CutShort, report.Outcome);
        Assert.Equal(5, seen.Count);
        PipelineRunTests.AssertAddsUp(report);
        never.SetCanceled(Stop);
    }

    [Fact]
    public async Task Frames_held_by_a_stage_are_given_back_when_the_session_is_cut_short()
    {
        using var checkedPool = new LeakCheckedPool();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        using var gate = new SemaphoreSlim(0);
        var time = new FakeTimeProvider();
        var run = new PipelineRun(Analysis, new PipelineOptions { DrainTimeout = TimeSpan.FromSeconds(10) }, time);
        var raw = run.AddEdge<Frame>("raw", EdgePolicy.Wait, 2, Analysis);
        var done = run.AddEdge<Frame>("done", EdgePolicy.Wait, 1, Analysis);
        var held = new List<Frame>();
        var source = new ScriptedSource(ScriptedSource.Endless());
        run.SetSource(source, checkedPool.Pool, raw);
        run.AddStage("hold", raw, done, new LambdaStage(
            (frame, output) =>
            {
                held.Add(frame);
                if (held.Count == 6)
                {
                    held.ForEach(output.Add);
                    held.Clear();
                }
            },
            output => held.ForEach(output.Add)));
        run.AddSink("end", done, _ => gate.Wait());

        var running = run.RunAsync(cancel.Token);
        await PipelineRunTests.UntilSteady(() => source.Delivered);
        await cancel.CancelAsync();
        await AdvanceUntil(time, () => false, TimeSpan.FromSeconds(11));
        gate.Release(1000);

        var report = await running;
        Assert.Equal(PipelineOutcome.CutShort, report.Outcome);
        PipelineRunTests.AssertAddsUp(report);
    }

    /// <summary>Moves the clock in steps, for timers that are only set while it moves.</summary>
    private static async Task AdvanceUntil(FakeTimeProvider time, Func<bool> done, TimeSpan step)
    {
        for (var i = 0; i < 50 && !done(); i++)
        {
            time.Advance(step);
            await Task.Delay(2, Stop);
        }
    }
}
