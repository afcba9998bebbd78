using LiveLtem.Core;
using LiveLtem.Core.Live;
using Microsoft.Data.Sqlite;

namespace LiveLtem.Session.Log;

/// <summary>Everything about a kept session that fits a page.</summary>
/// <param name="Entry">The line in the list.</param>
/// <param name="Description">What it was made with.</param>
/// <param name="Segments">The conditions it was recorded under.</param>
/// <param name="Received">Frames received; null where it is not known before a repair.</param>
/// <param name="Rows">Rows of results.</param>
/// <param name="Points">Measured points.</param>
/// <param name="Events">What happened.</param>
/// <param name="Notes">What a person should know.</param>
public sealed record SessionOverview(
    SessionEntry Entry,
    SessionDescription Description,
    IReadOnlyList<SessionSegment> Segments,
    long? Received,
    long Rows,
    long Points,
    IReadOnlyList<SessionEvent> Events,
    IReadOnlyList<string> Notes)
{
    /// <summary>Reads a session; one that is damaged as far as it goes.</summary>
    /// <param name="folder">Its folder.</param>
    /// <exception cref="InputException">It is no session, its head is damaged, or a later version wrote it.</exception>
    public static SessionOverview Read(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var manifest = ManifestFile.Read(folder);
        var overview = new SessionOverview(
            SessionCatalog.Entry(folder), manifest.Description, manifest.Segments, manifest.Counts?.Received, 0, 0, [], manifest.Notes);
        try
        {
            using var reader = SessionReader.Open(Path.Combine(folder, SessionFiles.Database));
            return overview with
            {
                Received = overview.Received ?? reader.Scalar("SELECT count(*) FROM frames"),
                Rows = reader.Scalar("SELECT count(*) FROM rows"),
                Points = reader.Scalar("SELECT count(*) FROM tracks"),
                Events = reader.EventsAfter(0),
            };
        }
        catch (SqliteException error)
        {
            return overview with { Notes = [.. manifest.Notes, $"{SessionFiles.Database} cannot be read: {SqliteReason.Of(error)}; 'liveltem sessions repair' mends what can be"] };
        }
    }
}
