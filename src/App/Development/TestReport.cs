using System.Xml;
using System.Xml.Linq;

namespace LiveLtem.App.Development;

/// <summary>Reads the result file that an xUnit.net test program writes with <c>-result-xml</c>.</summary>
internal static class TestReport
{
    /// <summary>Sums up one test program.</summary>
    /// <param name="project">Name to report it under.</param>
    /// <param name="path">The result file; a missing or broken one counts as a failure, since the program died.</param>
    /// <param name="exitCode">What the test program ended with.</param>
    /// <param name="output">The end of what it printed, shown where it died.</param>
    /// <param name="timeS">How long it ran, s.</param>
    public static TestResult Read(string project, string path, int exitCode, string output, double timeS)
    {
        var passed = 0;
        var failures = new List<TestOutcome>();
        var skips = new List<TestOutcome>();
        try
        {
            var document = XDocument.Load(path);
            foreach (var test in document.Descendants("test"))
            {
                var name = (string?)test.Attribute("name") ?? "a test without a name";
                switch ((string?)test.Attribute("result"))
                {
                    case "Pass":
                        passed++;
                        break;
                    case "Skip":
                        skips.Add(new TestOutcome(name, test.Element("reason")?.Value ?? "no reason given"));
                        break;
                    case "Fail":
                        failures.Add(new TestOutcome(name, FailureText(test)));
                        break;
                    default:
                        break;
                }
            }

            foreach (var error in document.Descendants("error"))
            {
                failures.Add(new TestOutcome((string?)error.Attribute("name") ?? $"{project} ({(string?)error.Attribute("type")})", FailureText(error)));
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or XmlException)
        {
            failures.Add(new TestOutcome($"{project} died", $"exit code {exitCode}, no results ({error.GetType().Name})\n{output}"));
        }

        if (exitCode != 0 && failures.Count == 0 && passed + skips.Count > 0)
        {
            failures.Add(new TestOutcome($"{project} ended badly", $"exit code {exitCode} although no test failed\n{output}"));
        }

        return new TestResult { Project = project, Passed = passed, Failures = failures, Skips = skips, TimeS = timeS };
    }

    private static string FailureText(XElement element)
    {
        var failure = element.Element("failure");
        var parts = new[] { failure?.Element("message")?.Value, failure?.Element("stack-trace")?.Value, element.Element("output")?.Value };
        return string.Join('\n', parts.Where(part => !string.IsNullOrWhiteSpace(part)));
    }
}
