using LiveLtem.App.Development;

namespace LiveLtem.App.Tests;

public sealed class TestReportTests : IDisposable
{
    private const string Xml =
        """
        <assemblies><assembly errors="1">
          <errors><error type="assembly-cleanup" name="Fixture"><failure><message>it fell over</message></failure></error></errors>
          <collection>
            <test name="A.passes" result="Pass"/><test name="A.passes_too" result="Pass"/>
            <test name="A.fails" result="Fail"><failure><message>2 is not 3</message><stack-trace>at A.fails()</stack-trace></failure></test>
            <test name="A.waits" result="Skip"><reason>no samples</reason></test>
            <test name="A.explicit" result="NotRun"/>
          </collection>
        </assembly></assemblies>
        """;

    private readonly TempFolder _folder = new();

    [Fact]
    public void Every_result_counts_once_and_faults_of_the_run_count_as_failures()
    {
        var result = Read(Xml, exitCode: 1);
        Assert.Equal(2, result.Passed);
        Assert.Equal(["A.fails", "Fixture"], result.Failures.Select(failure => failure.Name));
        Assert.Equal("2 is not 3\nat A.fails()", result.Failures[0].Text);
        Assert.Equal([new TestOutcome("A.waits", "no samples")], result.Skips);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("<assemblies><assembly>")]
    public void A_test_program_that_died_is_a_failure_that_shows_its_last_words(string? xml)
    {
        var failure = Assert.Single(Read(xml, exitCode: 134).Failures);
        Assert.Contains("134", failure.Text, StringComparison.Ordinal);
        Assert.Contains("last words", failure.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bad_exit_code_without_a_failed_test_is_a_failure() =>
        Assert.Single(Read("<assemblies><assembly><collection><test name=\"A\" result=\"Pass\"/></collection></assembly></assemblies>", exitCode: 139).Failures);

    public void Dispose() => _folder.Dispose();

    private LiveLtem.App.Development.TestResult Read(string? xml, int exitCode)
    {
        if (xml is not null)
        {
            File.WriteAllText(_folder.File("results.xml"), xml);
        }

        return TestReport.Read("A.Tests", _folder.File("results.xml"), exitCode, "last words", 1);
    }
}
