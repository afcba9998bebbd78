namespace LiveLtem.Session.Report;

/// <summary>What the host wants a report to say besides what the tables tell. Thread-safe.</summary>
public sealed class ReportNotes
{
    /// <summary>The fact that says how far denoised pictures can be trusted: told beside them and not among the others.</summary>
    public const string Trust = "How far the denoised frames can be trusted";

    private readonly Lock _gate = new();
    private readonly List<(string Name, Func<string?> Text)> _facts = [];
    private readonly List<string> _warnings = [];
    private readonly List<Func<string?>> _late = [];

    /// <summary>Adds a line to the account of how the movie was analysed.</summary>
    /// <param name="name">What it is about: <c>Detector</c>, <c>Speed</c>, …</param>
    /// <param name="text">The fact.</param>
    public void AddFact(string name, string text) => AddFact(name, () => text);

    /// <summary>Adds a line whose words are known only when the session has ended.</summary>
    /// <param name="name">What it is about.</param>
    /// <param name="text">Asked once, when the report is written; null leaves the line out.</param>
    public void AddFact(string name, Func<string?> text)
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

    /// <summary>Adds something of the kind that is known only when the session has ended.</summary>
    /// <param name="text">Asked once, when the report is written; null leaves it out.</param>
    public void AddWarning(Func<string?> text)
    {
        lock (_gate)
        {
            _late.Add(text);
        }
    }

    internal IReadOnlyList<(string Name, string Text)> Facts()
    {
        lock (_gate)
        {
            return [.. _facts.Select(fact => (fact.Name, Text: fact.Text())).Where(fact => fact.Text is not null).Select(fact => (fact.Name, fact.Text!))];
        }
    }

    internal IReadOnlyList<string> Warnings()
    {
        lock (_gate)
        {
            return [.. _warnings.Concat(_late.Select(text => text()).OfType<string>()).Distinct()];
        }
    }
}
