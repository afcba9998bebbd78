using LiveLtem.Core;
using LiveLtem.Core.Pipeline;

namespace LiveLtem.App.Hosting;

/// <summary>Turns the end of a session into what the command line says and its exit code.</summary>
internal static class SessionEnd
{
    /// <summary>Throws what broke the session, so that it is told on one line; what came before it is kept.</summary>
    /// <exception cref="InputException">The recording is at fault (exit code 2).</exception>
    /// <exception cref="PipelineFaultException">Something failed while running (exit code 1).</exception>
    public static void Demand(SessionReport report)
    {
        var analysis = report.Pipeline.Ledger.Of(FrameBranches.Analysis)!;
        switch (report.Pipeline.Fault)
        {
            case null:
                break;
            case InputException input:
                throw new InputException($"{input.Message}; {Kept(report)}", input);
            case var fault:
                throw new PipelineFaultException($"{fault.Message}; {Kept(report)}", fault);
        }

        if (report.Figures.Processed == 0 && analysis.Failed > 0)
        {
            throw new PipelineFaultException($"no frame could be analysed: {analysis.FailedBy[0].Why}");
        }
    }

    private static string Kept(SessionReport report) => $"the results of {report.Figures.Rows} frames before it are kept";
}
