using System.CommandLine;
using LiveLtem.Acquisition;

namespace LiveLtem.App.Verbs;

/// <summary><c>info FILE</c>: what a recording is and what calibration is missing.</summary>
internal static class InfoVerb
{
    /// <summary>Builds the verb.</summary>
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "A recording, or a folder of images." };
        var json = new Option<bool>("--json") { Description = "One JSON object for scripts." };
        var command = new Command("info", "What a file is and what is missing. Example: liveltem info run7.mrc --json") { file, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var source = Sources.Create().Open(parsed.GetRequiredValue(file));
            Console.Out.WriteLine(parsed.GetValue(json) ? InfoText.Json(source.Info) : InfoText.Table(source.Info));
            return 0;
        });
        return command;
    }
}
