using LiveLtem.Core;
using Spectre.Console;

namespace LiveLtem.App.Hosting;

/// <summary>Shows on stderr how far a session is: a bar on a terminal, else a line now and then.</summary>
internal static class SessionProgress
{
    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(5);

    /// <summary>Waits for the session and shows its progress.</summary>
    /// <param name="session">The running session.</param>
    /// <param name="figures">What it has found so far.</param>
    /// <param name="frames">Frames there are, or null where nobody knows.</param>
    public static async Task<SessionReport> FollowAsync(Task<SessionReport> session, Func<SessionFigures> figures, long? frames)
    {
        if (Console.IsErrorRedirected)
        {
            await WriteLinesAsync(session, figures, frames).ConfigureAwait(false);
        }
        else
        {
            await ShowBarAsync(session, figures, frames).ConfigureAwait(false);
        }

        return await session.ConfigureAwait(false);
    }

    private static async Task WriteLinesAsync(Task session, Func<SessionFigures> figures, long? frames)
    {
        while (await Task.WhenAny(session, Task.Delay(LineEvery)).ConfigureAwait(false) != session)
        {
            Console.Error.WriteLine($"liveltem: {Done(figures(), frames)}");
        }
    }

    private static async Task ShowBarAsync(Task session, Func<SessionFigures> figures, long? frames)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        await console.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                var bar = context.AddTask("analysing", maxValue: frames ?? 1);
                bar.IsIndeterminate = frames is null;
                while (await Task.WhenAny(session, Task.Delay(Refresh)).ConfigureAwait(false) != session)
                {
                    var now = figures();
                    bar.Description = Markup.Escape(Done(now, frames));
                    if (frames is not null)
                    {
                        bar.Value = now.Rows;
                    }
                }
            })
            .ConfigureAwait(false);
    }

    private static string Done(SessionFigures figures, long? frames) =>
        $"{figures.Rows}{(frames is { } total ? $" of {total}" : string.Empty)} frames, {figures.Tracks} tracks";
}
