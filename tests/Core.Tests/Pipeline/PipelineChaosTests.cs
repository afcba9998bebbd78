using CsCheck;
using LiveLtem.Core.Pipeline;

namespace LiveLtem.Core.Tests.Pipeline;

public sealed class PipelineChaosTests
{
    private const FrameBranches Analysis = FrameBranches.Analysis;
    private const FrameBranches Recording = FrameBranches.Recording;

    [Fact]
    public void Whatever_fails_stalls_or_stops_every_frame_is_accounted_for_and_given_back()
    {
        var gen = Gen.Select(
            Gen.Int[0, 3].Array[1, 120],
            Gen.Int[1, 4],
            Gen.Int[1, 3],
            Gen.Bool,
            Gen.Int[-1, 130],
            Gen.Int[0, 1000]);
        gen.Sample(
            (gaps, capacity, workers, latest, cancelAt, seed) => RunOnce(gaps, capacity, workers, latest, cancelAt, seed).GetAwaiter().GetResult(),
            iter: 150,
            threads: 1);
    }

    private static async Task RunOnce(int[] gaps, int capacity, int workers, bool latest, int cancelAt, int seed)
    {
        using var checkedPool = new LeakCheckedPool();
        using var cancel = new CancellationTokenSource();
        var run = new PipelineRun(Analysis | Recording, new PipelineOptions { MaxFailuresInARow = 6 });
        var raw = run.AddEdge<Frame>("raw", EdgePolicy.Wait, capacity, Analysis | Recording);
        var live = run.AddEdge<Frame>("live", latest ? EdgePolicy.Latest : EdgePolicy.Wait, capacity, Analysis);
        var disk = run.AddEdge<Frame>("disk", EdgePolicy.Wait, capacity, Recording);
        var mapped = run.AddEdge<Frame>("mapped", EdgePolicy.Wait, capacity, Analysis);
        var done = run.AddEdge<Frame>("done", EdgePolicy.Wait, capacity, Analysis);
        var seen = new List<long>();
        var recorded = 0;
        run.SetSource(new ScriptedSource(Numbers(gaps)), checkedPool.Pool, raw);
        run.AddFanOut("fork", raw, live, disk);
        run.AddParallelStage("map", live, mapped, frame => Act(frame, 1), workers);
        run.AddStage("step", mapped, done, new LambdaStage((frame, output) => output.Add(Act(frame, 2))));
        run.AddSink("end", done, frame => seen.Add(Act(frame, 3).Number));
        run.AddSink("record", disk, frame =>
        {
            Act(frame, 4);
            if (recorded++ == cancelAt)
            {
                cancel.Cancel();
            }
        });

        var report = await run.RunAsync(cancel.Token);

        PipelineRunTests.AssertAddsUp(report);
        Assert.Equal(seen.Count, report.Ledger.Of(Analysis)!.Delivered);
        Assert.Equal(seen.Order(), seen);
        Assert.NotEqual(PipelineOutcome.CutShort, report.Outcome);

        // Which frames fail follows from the seed alone, whatever thread they are on.
        Frame Act(Frame frame, int stage)
        {
            var dice = (uint)HashCode.Combine(frame.Number, stage, seed) % 20;
            return dice == 0 ? throw new ArithmeticException("chaos") : frame;
        }
    }

    private static IEnumerable<long> Numbers(int[] gaps)
    {
        long number = 0;
        foreach (var gap in gaps)
        {
            yield return number;
            number += gap;
        }
    }
}
