using LiveLtem.Core;
using LiveLtem.Core.Live;
using Microsoft.Data.Sqlite;

namespace LiveLtem.Session.Log;

/// <summary>Brings the files of a session that was cut off, or damaged, back into agreement, and says what it did.</summary>
/// <remarks>Pixels are never changed, and no frame that is whole is ever taken away: only half a frame at the end is cut off. A session that
/// another process writes is refused. Repairing twice is the same as repairing once.</remarks>
public static class SessionRecovery
{
    /// <summary>Repairs a session.</summary>
    /// <param name="folder">The session.</param>
    /// <returns>What was done, one line each; empty where nothing was wrong.</returns>
    /// <exception cref="InputException">It is no session, it is being recorded, a later version wrote it, or its folder cannot be written.</exception>
    public static IReadOnlyList<string> Repair(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        try
        {
            if (!SessionDetails.IsSession(folder))
            {
                throw new InputException($"{folder} is no session: it holds no {SessionFiles.Manifest}");
            }

            RefuseLaterVersions(folder);
            using var held = SessionLock.Take(folder) ?? throw new InputException($"{folder} is being recorded by another process; it needs no repair");
            return new Run(folder).Repair();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{folder} cannot be repaired: {IoReason.Of(error)}", error);
        }
    }

    private static void RefuseLaterVersions(string folder)
    {
        try
        {
            _ = ManifestFile.Read(folder);
        }
        catch (InputException error) when (error is not LaterVersionException)
        {
            // Damaged or gone: that is what a repair is for.
        }

        try
        {
            SessionReader.Open(Path.Combine(folder, SessionFiles.Database)).Dispose();
        }
        catch (SqliteException)
        {
            // As above.
        }
    }

    private sealed class Run(string folder)
    {
        private readonly RepairJournal _journal = new();

        public IReadOnlyList<string> Repair()
        {
            var manifest = ReadManifest(out var rescued);
            var cutOff = rescued || manifest.State == SessionManifest.Recording;
            new IndexRepair(folder, _journal).Mend();
            var choice = ChooseShape(manifest);
            var (received, kept, ended) = new StackRepair(folder, _journal).Mend(choice, manifest, cutOff);
            new DatabaseRepair(folder, _journal).Mend(manifest, received);
            DeleteLeftovers();
            if (cutOff || _journal.Lines.Count > 0)
            {
                if (cutOff)
                {
                    _journal.Say($"the session was cut off; it holds {kept} frames of {received} received");
                }

                ManifestFile.Write(folder, manifest with
                {
                    State = cutOff ? SessionManifest.Interrupted : manifest.State,
                    Ended = manifest.Ended ?? (ended > 0 ? UnixTime.FromNanoseconds(ended) : manifest.Started),
                    Shape = choice.Shape ?? manifest.Shape,
                    Counts = (received, kept),
                    Notes = [.. manifest.Notes, .. _journal.Lines.Select(line => $"repaired: {line}")],
                });
            }

            return _journal.Lines;
        }

        private SessionManifest ReadManifest(out bool rescued)
        {
            rescued = false;
            try
            {
                return ManifestFile.Read(folder);
            }
            catch (InputException error) when (error is not LaterVersionException)
            {
                rescued = true;
                var path = Path.Combine(folder, SessionFiles.Manifest);
                if (File.Exists(path))
                {
                    File.Move(path, path + ".damaged", overwrite: true);
                }

                if (CopyInDatabase() is { } copy)
                {
                    _journal.Say($"{SessionFiles.Manifest} was damaged or gone; it was made anew from its copy in {SessionFiles.Database}");
                    return copy;
                }

                _journal.Say($"{SessionFiles.Manifest} was damaged or gone and there is no copy of it; source, profile and calibration are not known any more");
                return Unknown();
            }
        }

        private ShapeChoice ChooseShape(SessionManifest manifest)
        {
            var choice = ShapeChoice.Make(folder, manifest.Shape, CopyInDatabase()?.Shape);
            if (choice.Shape is { } shape && manifest.Shape is { } said && said != shape)
            {
                _journal.Say($"{SessionFiles.Manifest} said frames of {said}, they are {shape}");
            }
            else if (choice.Shape is null && manifest.Shape is not null)
            {
                _journal.Say("it is not certain what size the frames have: no frame verifies; they were left as they are");
            }

            return choice;
        }

        private SessionManifest? CopyInDatabase()
        {
            try
            {
                using var reader = SessionReader.Open(Path.Combine(folder, SessionFiles.Database));
                return reader.Text($"SELECT value FROM settings WHERE key = '{SessionFiles.Manifest}'") is { } text
                    ? SessionManifest.Parse(text, SessionFiles.Database)
                    : null;
            }
            catch (Exception error) when (error is SqliteException or FrameFormatException)
            {
                return null;
            }
        }

        private SessionManifest Unknown() => new()
        {
            Id = Path.GetFileName(folder),
            State = SessionManifest.Recording,
            Started = new DateTimeOffset(Directory.GetCreationTimeUtc(folder), TimeSpan.Zero),
            Description = new SessionDescription { Source = "", Calibration = Calibration.Unknown, ProfileName = "", ProfileText = "", Version = "" },
            Segments = [new SessionSegment(0, null, Calibration.Unknown)],
        };

        private void DeleteLeftovers()
        {
            File.Delete(Path.Combine(folder, SessionFiles.Reserve));
            File.Delete(Path.Combine(folder, SessionFiles.Manifest + ".next"));
            foreach (var partial in Directory.GetFiles(folder, "*.partial.*"))
            {
                File.Delete(partial);
            }
        }
    }
}
