namespace LiveLtem.Session.Report;

/// <summary>What the host wants a report to say besides what the tables tell. Thread-safe.</summary>
public sealed class ReportNotes
{
    private readonly Lock _gate = new();
    private readonly List<(string Name, string Text)> _facts = [];
    private readonly List<string> _warnings = [];

    /// <summary>Adds a line to the account of how the movie was analysed.</summary>
    /// <param name="name">What it is about: <c>Detector</c>, <c>Speed</c>, …</param>
    /// <param name="text">The fact.</param>
    public void AddFact(string name, string text)
    {
        lock (_gate)
        {
            _facts.Add((name, text));
        }
    }

    /// <summary>Adds something that a person should know before trusting the figures; the same words are kept once.</summary>
    public void AddWarning(string text)
    {
        lock (_gate)
        {
            if (!_warnings.Contains(text))
            {
                _warnings.Add(text);
            }
        }
    }

    internal IReadOnlyList<(string Name, string Text)> Facts()
    {
        lock (_gate)
        {
            return [.. _facts];
        }
    }

    internal IReadOnlyList<string> Warnings()
    {
        lock (_gate)
        {
            return [.. _warnings];
        }
    }
}
