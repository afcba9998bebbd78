using System.CommandLine;
using LiveLtem.App.Development;

namespace LiveLtem.App.Verbs;

/// <summary><c>liveltem test</c>: builds and runs every test of the checkout.</summary>
internal static class TestVerb
{
    /// <summary>Creates the verb.</summary>
    public static Command Create()
    {
        var filter = new Option<string?>("--filter") { Description = "Run only tests whose full name holds this text.", HelpName = "TEXT" };
        var noSkips = new Option<bool>("--no-skips") { Description = "Count a skipped test as a failure of the run." };
        var verb = new Command("test", "Builds and runs the tests; the last line sums them up.\n\nExample:\n  liveltem test --filter Linker_keeps")
        {
            filter,
            noSkips,
        };
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            var run = new TestRun(TestRun.FindRoot(), Console.Out, Console.Error);
            return await run.RunAsync(parsed.GetValue(filter), parsed.GetValue(noSkips), cancellationToken).ConfigureAwait(false) ? 0 : 1;
        });
        return verb;
    }
}
