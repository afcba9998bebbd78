using System.Globalization;
using LiveLtem.Training.Running;

namespace LiveLtem.Training.Commands;

/// <summary>Tells on stderr how a training goes.</summary>
/// <param name="steps">Steps in all.</param>
internal sealed class Progress(int steps)
{
    /// <summary>What is about to be trained.</summary>
    public void Start(TrainingRun run) => Say(
        $"liveltem: trains {run.Header.Name} ({run.Header.Network}, {run.Average.ParameterCount} weights) on {run.Header.Data}, step {run.Step} to {steps}\n    step     loss  (foreground boundary centre geometry)   held-out IoU     F1   steps/s   left");

    /// <summary>A step is done.</summary>
    public static void Step(long step)
    {
    }

    /// <summary>An epoch is done.</summary>
    public static void Epoch(EpochReport report) => Say(string.Create(
        CultureInfo.InvariantCulture,
        $"{report.Step,8} {report.Loss.Total,8:f4}  ({report.Loss.Foreground,10:f4} {report.Loss.Boundary,8:f4} {report.Loss.Centre,6:f4} {report.Loss.Geometry,8:f4})   {report.HeldOut.Iou,12:f4} {report.HeldOut.F1,6:f4} {report.StepsPerS,9:f2}   {TimeSpan.FromSeconds(report.LeftS):hh\\:mm\\:ss}"));

    /// <summary>It was stopped.</summary>
    public static void Stopped(long step, string command) => Say($"liveltem: stopped at step {step}; go on with: {command}");

    private static void Say(string line) => Console.Error.WriteLine(line);
}
