using LiveLtem.Core.Pipeline;

namespace LiveLtem.Core.Tests.Pipeline;

/// <summary>What the whole process allocates is counted, so nothing else may run beside it.</summary>
[CollectionDefinition("allocation", DisableParallelization = true)]
public sealed class AllocationCollection;

[Collection("allocation")]
public sealed class PipelineAllocationTests
{
    private const FrameBranches All = FrameBranches.Analysis | FrameBranches.Preview;

    [Fact]
    public async Task Steady_state_allocates_only_small_records()
    {
        using var checkedPool = new LeakCheckedPool();
        var run = new PipelineRun(All);
        var raw = run.AddEdge<Frame>("raw", EdgePolicy.Wait, 4, All);
        var analysis = run.AddEdge<Frame>("analysis", EdgePolicy.Wait, 4, FrameBranches.Analysis);
        var preview = run.AddEdge<Frame>("preview", EdgePolicy.Latest, 1, FrameBranches.Preview);
        var mapped = run.AddEdge<Frame>("mapped", EdgePolicy.Wait, 4, FrameBranches.Analysis);
        var done = run.AddEdge<Frame>("done", EdgePolicy.Wait, 4, FrameBranches.Analysis);
        const int warm = 2_000, last = 12_000;
        long before = 0, after = 0;

        // 512 x 512 bytes: one pixel buffer made anew would be on the large object heap and count 262,144 bytes.
        run.SetSource(new ScriptedSource(ScriptedSource.Count(last + 1)) { Side = 512 }, checkedPool.Pool, raw);
        run.AddFanOut("fork", raw, analysis, preview);
        run.AddParallelStage("map", analysis, mapped, frame => frame, workers: 2);
        run.AddStage("step", mapped, done, new LambdaStage((frame, output) => output.Add(frame)));
        run.AddSink("show", preview, _ => { });
        run.AddSink("end", done, frame =>
        {
            if (frame.Number == warm)
            {
                before = GC.GetTotalAllocatedBytes(precise: true);
            }
            else if (frame.Number == last)
            {
                after = GC.GetTotalAllocatedBytes(precise: true);
            }
        });

        await run.RunAsync(TestContext.Current.CancellationToken);

        var perFrame = (after - before) / (double)(last - warm);
        TestContext.Current.TestOutputHelper?.WriteLine($"{perFrame:F0} bytes a frame");
        Assert.InRange(perFrame, 0, 1500);
    }
}
