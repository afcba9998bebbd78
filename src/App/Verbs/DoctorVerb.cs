using System.CommandLine;
using System.Text.Json;
using LiveLtem.App.Diagnosis;

namespace LiveLtem.App.Verbs;

/// <summary><c>liveltem doctor</c>: what works on this machine and what to do about the rest.</summary>
internal static class DoctorVerb
{
    private static readonly JsonSerializerOptions Layout = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Creates the verb.</summary>
    public static Command Create()
    {
        var folder = new Option<DirectoryInfo>("--dir")
        {
            Description = "Folder whose disk to look at, where recordings and results would go.",
            HelpName = "DIR",
            DefaultValueFactory = _ => new DirectoryInfo(Path.GetTempPath()),
        };
        var json = new Option<bool>("--json") { Description = "Print the findings as JSON." };
        var verb = new Command(
            "doctor",
            "Says what works on this machine and what to do about the rest. Exit code 0: recordings can be analysed here.\n\nExample:\n  liveltem doctor --dir /data/sessions")
        {
            folder,
            json,
        };
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            var findings = await new Doctor(parsed.GetValue(folder)!.FullName).ExamineAsync(cancellationToken).ConfigureAwait(false);
            var healthy = findings.All(finding => finding.State != FindingState.Fault);
            if (parsed.GetValue(json))
            {
                Console.Out.WriteLine(JsonSerializer.Serialize(new { ok = healthy, findings }, Layout));
            }
            else
            {
                Print(findings, healthy);
            }

            return healthy ? 0 : 1;
        });
        return verb;
    }

    private static void Print(IReadOnlyList<Finding> findings, bool healthy)
    {
        foreach (var finding in findings)
        {
            var mark = finding.State switch
            {
                FindingState.Ok => "ok     ",
                FindingState.Warning => "warning",
                _ => "FAULT  ",
            };
            Console.Out.WriteLine($"{mark}  {finding.Name,-18} {finding.Found}");
            if (finding.Advice is { } advice)
            {
                Console.Out.WriteLine($"         {"",-18} -> {advice}");
            }
        }

        Console.Out.WriteLine(healthy ? "Recordings can be analysed on this machine." : "Mend what is marked FAULT first.");
    }
}
