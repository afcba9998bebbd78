namespace LiveLtem.Session.Log;

/// <summary>The names of the files in a session's folder.</summary>
internal static class SessionFiles
{
    /// <summary>What the session is; a folder that holds it is a session.</summary>
    public const string Manifest = "session.json";

    /// <summary>Raw frames of 8 and 16 bit counts and of floats.</summary>
    public const string Mrc = "frames.mrc";

    /// <summary>Raw frames of 32 bit counts, for which MRC has no mode.</summary>
    public const string Tiff = "frames.tif";

    /// <summary>One record for each received frame, written with the frame.</summary>
    public const string Index = "frames.idx";

    /// <summary>Everything derived, and what happened.</summary>
    public const string Database = "session.db";

    /// <summary>Held open and locked by whoever writes the session.</summary>
    public const string Lock = "session.lock";

    /// <summary>Space kept back, so that the session can be closed on a full disk.</summary>
    public const string Reserve = "reserve.tmp";
}
