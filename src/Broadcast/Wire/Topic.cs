namespace LiveLtem.Broadcast.Wire;

/// <summary>What a live message is about.</summary>
public enum Topic
{
    /// <summary>The newest received frame, raw pixels.</summary>
    Frame,

    /// <summary>Outlines of the particles of an analysed frame.</summary>
    Overlay,

    /// <summary>The points of an analysed frame with their identities.</summary>
    Tracks,

    /// <summary>The row of one received frame: dose, counts, losses.</summary>
    Dose,

    /// <summary>An alert at one of its transitions.</summary>
    Alert,

    /// <summary>The session in figures.</summary>
    Status,

    /// <summary>An analysed frame without its noise, raw pixels.</summary>
    Denoised,

    /// <summary>Annotations, changes of the recording, the conditions, the model and the denoiser, alerts.</summary>
    Event,

    /// <summary>Where a denoised frame shows more than the raw ones carry.</summary>
    Unsupported,
}

/// <summary>Facts about a <see cref="Topic"/>.</summary>
public static class Topics
{
    /// <summary>How many there are; their values count from 0.</summary>
    internal const int Count = 9;

    private static readonly string[] Names = ["frame", "overlay", "tracks", "dose", "alert", "status", "denoised", "event", "unsupported"];

    /// <summary>The name on the wire.</summary>
    public static string Name(this Topic topic) => Names[(int)topic];

    /// <summary>Whether its payload is pixels, of which a slow reader wants the newest only.</summary>
    internal static bool IsPicture(this Topic topic) => topic is Topic.Frame or Topic.Denoised;

    /// <summary>The topic of that name, or null where there is none.</summary>
    public static Topic? Parse(string name)
    {
        var at = Array.IndexOf(Names, name);
        return at < 0 ? null : (Topic)at;
    }

    /// <summary>The name on the wire, UTF-8.</summary>
    internal static ReadOnlySpan<byte> Utf8(this Topic topic) => topic switch
    {
        Topic.Frame => "frame"u8,
        Topic.Overlay => "overlay"u8,
        Topic.Tracks => "tracks"u8,
        Topic.Dose => "dose"u8,
        Topic.Alert => "alert"u8,
        Topic.Status => "status"u8,
        Topic.Denoised => "denoised"u8,
        Topic.Unsupported => "unsupported"u8,
        _ => "event"u8,
    };
}
