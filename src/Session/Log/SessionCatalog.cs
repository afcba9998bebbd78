using LiveLtem.Core;
using LiveLtem.Core.Live;
using Microsoft.Data.Sqlite;

namespace LiveLtem.Session.Log;

/// <summary>The sessions in one folder, read while others may write them. Thread-safe; nothing is changed or repaired.</summary>
public sealed class SessionCatalog : ISessionCatalog
{
    private const string Damaged = "damaged";
    private readonly string _root;

    /// <summary>Opens a catalogue.</summary>
    /// <param name="root">Folder of all sessions; one that does not exist holds none.</param>
    public SessionCatalog(string root)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        _root = Path.GetFullPath(root);
    }

    /// <inheritdoc/>
    /// <exception cref="InputException">The folder cannot be read.</exception>
    public IReadOnlyList<SessionEntry> List()
    {
        try
        {
            return !Directory.Exists(_root)
                ? []
                : [.. Directory.GetDirectories(_root).Where(SessionDetails.IsSession).Select(Entry).OrderByDescending(entry => entry.Started).ThenByDescending(entry => entry.Id, StringComparer.Ordinal)];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{_root}: cannot be read: {IoReason.Of(error)}", error);
        }
    }

    /// <inheritdoc/>
    public SessionEntry Find(string id) => Entry(FolderOf(id));

    /// <inheritdoc/>
    public IReadOnlyList<FrameRow> Frames(string id, long fromFrame, int most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        return Read(id, reader => reader.RowsFromFrame(fromFrame, most));
    }

    /// <inheritdoc/>
    public IReadOnlyList<TrackPoint> Tracks(string id, long fromFrame, int most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        return Read(id, reader => reader.PointsFromFrame(fromFrame, most));
    }

    /// <inheritdoc/>
    public IReadOnlyList<SessionEvent> Events(string id, long afterId) => Read(id, reader => reader.EventsAfter(afterId));

    /// <summary>What is known of the session in a folder, whatever state it is in.</summary>
    internal static SessionEntry Entry(string folder)
    {
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        var entry = new SessionEntry
        {
            Id = Path.GetFileName(folder),
            Folder = folder,
            Started = new DateTimeOffset(Directory.GetCreationTimeUtc(folder), TimeSpan.Zero),
            State = Damaged,
            Source = "",
            Frames = 0,
            Bytes = Directory.EnumerateFiles(folder).Sum(Length),
        };
        try
        {
            var manifest = ManifestFile.Read(folder);
            entry = entry with
            {
                Started = manifest.Started,
                Ended = manifest.Ended,
                State = State(manifest, folder),
                Source = manifest.Description.Source,
                Height = manifest.Shape?.Height ?? 0,
                Width = manifest.Shape?.Width ?? 0,
                Dtype = manifest.Shape?.Type.NumpyName(),
            };
            using var reader = SessionReader.Open(Path.Combine(folder, SessionFiles.Database));
            using var frames = SessionFrames.Open(folder, manifest.Shape);
            return entry with { Frames = manifest.Counts?.Kept ?? frames.WholeFrames, Tracks = reader.Scalar("SELECT coalesce(max(particle) + 1, 0) FROM tracks") };
        }
        catch (Exception error) when (error is InputException or SqliteException)
        {
            return entry with { State = Damaged };
        }
    }

    private static string State(SessionManifest manifest, string folder) => manifest.State switch
    {
        SessionManifest.Closed => SessionManifest.Closed,
        SessionManifest.Recording when SessionLock.IsHeld(folder) => SessionManifest.Recording,
        _ => SessionManifest.Interrupted,
    };

    private static long Length(string path)
    {
        try
        {
            return new FileInfo(path).Length;
        }
        catch (IOException)
        {
            // Gone meanwhile: a session that is being recorded makes and removes files.
            return 0;
        }
    }

    private string FolderOf(string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);

        // An id comes over the wire: it names a folder in the root and nothing else.
        return id.AsSpan().IndexOfAny('/', '\\') < 0 && id is not ("." or "..") && SessionDetails.IsSession(Path.Combine(_root, id))
            ? Path.Combine(_root, id)
            : throw new InputException($"there is no session {id} in {_root}");
    }

    private T Read<T>(string id, Func<SessionReader, T> read)
    {
        var folder = FolderOf(id);
        try
        {
            using var reader = SessionReader.Open(Path.Combine(folder, SessionFiles.Database));
            return read(reader);
        }
        catch (SqliteException error)
        {
            throw new InputException($"{folder}/{SessionFiles.Database} cannot be read: {SqliteReason.Of(error)}; 'liveltem sessions repair' mends what can be", error);
        }
    }
}
