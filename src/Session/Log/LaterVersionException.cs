using LiveLtem.Core;

namespace LiveLtem.Session.Log;

/// <summary>A session that a later version of the program wrote: nothing of it is touched.</summary>
public sealed class LaterVersionException : InputException
{
    /// <summary>Creates the error.</summary>
    /// <param name="source">The file.</param>
    /// <param name="problem">Which version it is and what would do.</param>
    public LaterVersionException(string source, string problem)
        : base($"{source}: {problem}")
    {
    }
}
