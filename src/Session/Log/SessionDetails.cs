using LiveLtem.Core;

namespace LiveLtem.Session.Log;

/// <summary>A session as a source of frames describes itself.</summary>
internal static class SessionDetails
{
    public const string Format = "LiveLTEM session";

    /// <summary>True for a folder that is a session, or was one before a file of it was lost.</summary>
    public static bool IsSession(string folder) =>
        File.Exists(Path.Combine(folder, SessionFiles.Manifest))
        || (File.Exists(Path.Combine(folder, SessionFiles.Database)) && File.Exists(Path.Combine(folder, SessionFiles.Index)));

    /// <summary>What the session is, by its head and the frames that are there.</summary>
    public static SourceInfo Info(SessionManifest manifest, SessionFrames frames)
    {
        var shape = manifest.Shape ?? new FrameShape(0, 0, PixelType.UInt8);
        var metadata = new Dictionary<string, object>
        {
            ["session"] = manifest.Id,
            ["recorded_from"] = manifest.Description.Source,
            ["profile"] = manifest.Description.ProfileName,
            ["segments"] = manifest.Segments.Count,
        };
        foreach (var (key, value) in manifest.Description.SourceMetadata)
        {
            metadata.TryAdd(key, value);
        }

        return new SourceInfo
        {
            NumbersTellLosses = true,
            Name = manifest.Id,
            Format = Format,
            Height = shape.Height,
            Width = shape.Width,
            Type = shape.Type,
            Frames = frames.Kept().LongCount(),
            Calibration = manifest.Segments[0].Calibration,
            Date = manifest.Started,
            Metadata = metadata,
        };
    }
}
