using System.Globalization;
using LiveLtem.Training.Running;
using Spectre.Console;

namespace LiveLtem.Training.Commands;

/// <summary>Tells on stderr how a training goes: a line for each epoch, and on a terminal a bar below them.</summary>
internal sealed class TrainingProgress : IDisposable
{
    private readonly IAnsiConsole? _terminal;
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _bar = Task.CompletedTask;
    private ProgressTask? _task;

    private TrainingProgress(TrainingRun run)
    {
        if (Console.IsErrorRedirected)
        {
            return;
        }

        _terminal = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        _bar = _terminal.Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                _task = context.AddTask(Markup.Escape(run.Header.Name), maxValue: run.Header.Options.Steps);
                _task.Value = run.Step;
                await _done.Task.ConfigureAwait(false);
            });
    }

    /// <summary>Starts to tell.</summary>
    /// <param name="run">What is being trained.</param>
    public static TrainingProgress Start(TrainingRun run)
    {
        var progress = new TrainingProgress(run);
        progress.Say($"liveltem: trains {run.Header.Name} ({run.Header.Network}, {run.Average.ParameterCount} weights), steps {run.Step} to {run.Header.Options.Steps}; {run.Header.Data}");
        progress.Say("    step     loss  (foreground boundary centre geometry)   held-out IoU     F1   steps/s       left");
        return progress;
    }

    /// <summary>A step is done.</summary>
    public void Step(long step)
    {
        if (_task is { } task)
        {
            task.Value = step;
        }
    }

    /// <summary>An epoch is done.</summary>
    public void Epoch(EpochReport report) => Say(string.Create(
        CultureInfo.InvariantCulture,
        $"{report.Step,8} {report.Loss.Total,8:f4}  ({report.Loss.Foreground,10:f4} {report.Loss.Boundary,8:f4} {report.Loss.Centre,6:f4} {report.Loss.Geometry,8:f4})   {report.HeldOut.Iou,12:f4} {report.HeldOut.F1,6:f4} {report.StepsPerS,9:f2} {TimeSpan.FromSeconds(report.LeftS),10:d\\.hh\\:mm\\:ss}"));

    /// <summary>One line, above the bar if there is one.</summary>
    public void Say(string line)
    {
        if (_terminal is { } terminal)
        {
            terminal.WriteLine(line);
        }
        else
        {
            Console.Error.WriteLine(line);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _done.TrySetResult();
        _bar.GetAwaiter().GetResult();
    }
}
