using LiveLtem.Core;
using LiveLtem.Session.Log;

namespace LiveLtem.App.Profiles;

/// <summary>The profile to analyse something with: the one that is named, else the one that a session ran with, else the default.</summary>
internal static class SessionProfile
{
    /// <summary>Finds the profile.</summary>
    /// <param name="nameOrFile">What was typed, or null.</param>
    /// <param name="source">What is analysed: the folder of a session brings its own profile.</param>
    /// <exception cref="InputException">There is no such profile, or it says something that cannot be meant.</exception>
    public static Profile Load(string? nameOrFile, string source) =>
        nameOrFile is null && SessionSource.Recognises(source) && OfSession(source) is var (name, text)
            ? ProfileStore.Parse(text, $"profile of {source}") with { Name = name }
            : ProfileStore.Load(nameOrFile);

    private static (string Name, string Text)? OfSession(string folder)
    {
        try
        {
            return SessionSource.Profile(folder);
        }
        catch (FrameFormatException)
        {
            // A damaged head: opening the session repairs it, or says what is wrong with it.
            return null;
        }
    }
}
