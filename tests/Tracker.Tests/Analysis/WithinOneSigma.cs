using LiveLtem.Core.Analysis;
using Xunit;

namespace LiveLtem.Tracker.Tests.Analysis;

/// <summary>Counts how often figures lie within their own 1-sigma error of the truth: 68 % of the repeats where errors are stated right.</summary>
internal sealed class WithinOneSigma
{
    private readonly SortedDictionary<string, (int Inside, int All)> _counts = [];

    /// <summary>Takes one repeat's figure.</summary>
    public void Add(AnalysisFigure figure, double truth)
    {
        Assert.True(figure is { Value: not null, Err: not null }, $"{figure.Name}: {figure.Missing}");
        var (inside, all) = _counts.GetValueOrDefault(figure.Name);
        _counts[figure.Name] = (inside + (Math.Abs(figure.Value.Value - truth) < figure.Err ? 1 : 0), all + 1);
    }

    /// <summary>Each figure within ten points of 68 %; the shares stand in the test's output.</summary>
    public void Demand(int repeats)
    {
        foreach (var (name, (inside, all)) in _counts)
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {100.0 * inside / all:F0} % of {all} repeats within 1 sigma");
        }

        Assert.All(_counts.Values, count => Assert.Equal(repeats, count.All));
        Assert.All(_counts.Values, count => Assert.InRange(count.Inside / (double)count.All, 0.58, 0.78));
    }
}
