namespace LiveLtem.App.Development;

/// <summary>One test that did not simply pass.</summary>
/// <param name="Name">Full name of the test.</param>
/// <param name="Text">Message and stack of a failure, or the reason of a skip.</param>
internal sealed record TestOutcome(string Name, string Text);

/// <summary>What one test project came to.</summary>
internal sealed record TestResult
{
    /// <summary>Name of the project without <c>LiveLtem.</c>.</summary>
    public required string Project { get; init; }

    /// <summary>Tests that passed.</summary>
    public int Passed { get; init; }

    /// <summary>Tests that failed, and faults of the run itself.</summary>
    public IReadOnlyList<TestOutcome> Failures { get; init; } = [];

    /// <summary>Tests that were skipped, with their reasons.</summary>
    public IReadOnlyList<TestOutcome> Skips { get; init; } = [];

    /// <summary>How long the project's tests took, s.</summary>
    public double TimeS { get; init; }
}
