using System.CommandLine;
using LiveLtem.App.Profiles;
using LiveLtem.App.Sessions;
using LiveLtem.Session.Log;

namespace LiveLtem.App.Verbs;

/// <summary><c>sessions list|show|verify|repair|export|report</c>: the sessions that were recorded.</summary>
internal static class SessionsVerb
{
    private static readonly Option<string> Root = new("--root")
    {
        Description = $"Folder of all sessions; else ${SessionRoot.Variable}, else ~/LiveLTEM/sessions.",
        HelpName = "DIR",
        Recursive = true,
        DefaultValueFactory = _ => SessionRoot.Default,
    };

    private static readonly Option<bool> Json = new("--json") { Description = "JSON for scripts." };

    /// <summary>Builds the verb.</summary>
    public static Command Create() => new("sessions", "The sessions that were recorded. Example: liveltem sessions verify 20260304-101500-4f2a")
    {
        Root, List(), Show(), Verify(), Repair(), Export(), Report(),
    };

    private static Argument<string> Session() => new("SESSION") { Description = "Its id, or its folder." };

    private static Command List()
    {
        var command = new Command("list", "One line a session, newest first. Example: liveltem sessions list --json") { Json };
        command.SetAction(parsed =>
        {
            var root = parsed.GetRequiredValue(Root);
            var entries = new SessionCatalog(root).List();
            Console.Out.Write(parsed.GetValue(Json) ? SessionText.Json(entries) : SessionText.Table(entries, root));
        });
        return command;
    }

    private static Command Show()
    {
        var session = Session();
        var command = new Command("show", "What a session is and what happened in it. Example: liveltem sessions show 20260304-101500-4f2a") { session, Json };
        command.SetAction(parsed =>
        {
            var details = SessionOverview.Read(SessionRoot.Find(parsed.GetRequiredValue(Root), parsed.GetRequiredValue(session)));
            Console.Out.Write(parsed.GetValue(Json) ? SessionText.Json(details) : SessionText.Page(details));
        });
        return command;
    }

    private static Command Verify()
    {
        var session = Session();
        var command = new Command(
            "verify",
            "Reads every frame and holds it against the hash it came with; changes nothing. Exit code 1 where something is wrong. Example: liveltem sessions verify 20260304-101500-4f2a")
        {
            session, Json,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            var folder = SessionRoot.Find(parsed.GetRequiredValue(Root), parsed.GetRequiredValue(session));
            var progress = Console.IsErrorRedirected ? null : new Progress<long>(frames => Console.Error.Write($"\r{frames} frames checked "));
            var report = SessionVerifier.Verify(folder, progress, cancellationToken);
            if (progress is not null)
            {
                Console.Error.Write("\r                              \r");
            }

            Console.Out.Write(parsed.GetValue(Json) ? SessionText.Json(report) : SessionText.Lines(report));
            return Task.FromResult(report.IsWhole ? 0 : 1);
        });
        return command;
    }

    private static Command Repair()
    {
        var session = Session();
        var command = new Command(
            "repair",
            "Brings the files of a session that was cut off back into agreement and says what it did; pixels are never changed. Example: liveltem sessions repair 20260304-101500-4f2a")
        {
            session,
        };
        command.SetAction(parsed =>
        {
            var folder = SessionRoot.Find(parsed.GetRequiredValue(Root), parsed.GetRequiredValue(session));
            var done = SessionRecovery.Repair(folder);
            Console.Out.WriteLine(done.Count == 0 ? $"{Path.GetFileName(folder)}: nothing to repair" : string.Join('\n', done));
        });
        return command;
    }

    private static Command Export()
    {
        var session = Session();
        var output = new Option<string>("--out") { Description = "Folder for the tables; made where it is missing.", Required = true, HelpName = "DIR" };
        var command = new Command("export", "Writes the tables and the report of a session as it was analysed live. Example: liveltem sessions export 20260304-101500-4f2a --out tables")
        {
            session, output,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var folder = SessionRoot.Find(parsed.GetRequiredValue(Root), parsed.GetRequiredValue(session));
            await SessionExport.WriteAsync(folder, parsed.GetRequiredValue(output), SessionProfile.Load(null, folder).Analysis, cancellationToken).ConfigureAwait(false);
            Console.Out.WriteLine($"{Path.GetFileName(folder)}: tables and report in {parsed.GetRequiredValue(output)}");
            return 0;
        });
        return command;
    }

    private static Command Report()
    {
        var session = Session();
        var command = new Command("report", "Writes report.html into the session's folder and says where it is. Example: liveltem sessions report 20260304-101500-4f2a") { session };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var folder = SessionRoot.Find(parsed.GetRequiredValue(Root), parsed.GetRequiredValue(session));
            Console.Out.WriteLine(await SessionExport.WriteReportAsync(folder, SessionProfile.Load(null, folder).Analysis, cancellationToken).ConfigureAwait(false));
            return 0;
        });
        return command;
    }
}
