using System.CommandLine;

namespace LiveLtem.App.Verbs;

/// <summary>Every verb of the command line: adding one is one file here and one line below.</summary>
internal static class VerbList
{
    /// <summary>The verbs in the order that help lists them.</summary>
    public static IEnumerable<Command> All() =>
    [
        InfoVerb.Create(),
        DoctorVerb.Create(),
        AnalyzeVerb.Create(),
        RunVerb.Create(),
        ReplayVerb.Create(),
        DemoVerb.Create(),
        SessionsVerb.Create(),
        BenchVerb.Create(),
        TestVerb.Create(),
        SimulateVerb.Create(),
        CameraSimVerb.Create(),
        TrainVerb.Create(),
        LinkVerb.Create(),
        ScoreVerb.Create(),
        CalibrateVerb.Create(),
        RadiolysisVerb.Create(),
    ];
}
