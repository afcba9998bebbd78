using System.IO.Hashing;
using LiveLtem.Core;
using Microsoft.Data.Sqlite;

namespace LiveLtem.Session.Log;

/// <summary>What a look at every file of a session gave.</summary>
public sealed record VerifyReport
{
    /// <summary>Folder of the session.</summary>
    public required string Folder { get; init; }

    /// <summary>Received frames that left a record.</summary>
    public required long Received { get; init; }

    /// <summary>Frames whose pixels were kept and are there.</summary>
    public required long Kept { get; init; }

    /// <summary>Kept frames whose pixels are those that came, by their hash.</summary>
    public required long Verified { get; init; }

    /// <summary>Whether another process writes the session now: what it is about to write is not held against it.</summary>
    public required bool IsRecording { get; init; }

    /// <summary>What is wrong, one line each; empty where nothing is.</summary>
    public required IReadOnlyList<string> Problems { get; init; }

    /// <summary>Whether everything is as it was written.</summary>
    public bool IsWhole => Problems.Count == 0;
}

/// <summary>Checks every frame of a session against the hash it came with, and its files against each other. Changes nothing.</summary>
public static class SessionVerifier
{
    /// <summary>Verifies a session.</summary>
    /// <param name="folder">The session.</param>
    /// <param name="progress">Told how many frames were checked, now and then; null for nobody.</param>
    /// <param name="cancellationToken">Stops between frames.</param>
    /// <exception cref="InputException">It is no session, or a later version wrote it.</exception>
    public static VerifyReport Verify(string folder, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (!SessionDetails.IsSession(folder))
        {
            throw new InputException($"{folder} is no session: it holds no {SessionFiles.Manifest}");
        }

        var recording = SessionLock.IsHeld(folder);
        var problems = new List<string>();
        var manifest = Head(folder, problems);
        if (manifest?.State == SessionManifest.Recording && !recording)
        {
            problems.Add("the session was cut off and not repaired yet: 'liveltem sessions repair' does it");
        }

        using var frames = SessionFrames.Open(folder, manifest is null ? StackShape.Find(folder) : manifest.Shape);
        if (manifest?.Shape is { } said && StackShape.Find(folder) is { } found && said != found)
        {
            problems.Add($"{SessionFiles.Manifest} says frames of {said}, the file of frames says {found}");
        }

        var (received, kept, verified) = CheckFrames(frames, recording, problems, progress, cancellationToken);
        CheckDatabase(folder, received, recording, problems);
        return new VerifyReport
        {
            Folder = folder,
            Received = received,
            Kept = kept,
            Verified = verified,
            IsRecording = recording,
            Problems = problems,
        };
    }

    private static SessionManifest? Head(string folder, List<string> problems)
    {
        try
        {
            return ManifestFile.Read(folder);
        }
        catch (InputException error) when (error is not LaterVersionException)
        {
            problems.Add(error.Message);
            return null;
        }
    }

    private static (long Received, long Kept, long Verified) CheckFrames(
        SessionFrames frames, bool recording, List<string> problems, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        const int ReportEvery = 256;
        var (received, kept, verified, damagedRecords) = (0L, 0L, 0L, 0L);
        var (damaged, missing, guessed) = (new NumberRanges(), new NumberRanges(), new NumberRanges());
        var whole = frames.WholeFrames;
        var pixels = new byte[whole > 0 ? frames.Layout!.Shape.Bytes : 0];
        foreach (var (_, record) in frames.Records())
        {
            cancellationToken.ThrowIfCancellationRequested();
            received++;
            if (record is not { } frame)
            {
                damagedRecords++;
            }
            else if (frame.IsKept && !frames.TryReadPixels(frame.Position, pixels))
            {
                missing.Add(frame.Number);
            }
            else if (frame.IsKept)
            {
                kept++;
                if (frame.Flags.HasFlag(IndexFlags.Recovered))
                {
                    guessed.Add(frame.Number);
                }
                else if (XxHash64.HashToUInt64(pixels) == frame.Hash)
                {
                    verified++;
                }
                else
                {
                    damaged.Add(frame.Number);
                }

                if (kept % ReportEvery == 0)
                {
                    progress?.Report(kept);
                }
            }
        }

        Say(damagedRecords > 0, $"{damagedRecords} records of {SessionFiles.Index} are damaged");
        Say(!frames.HasIndex, $"{SessionFiles.Index} is missing");
        Say(frames is { HasIndex: true, HasIndexHeader: false }, $"the head of {SessionFiles.Index} is damaged");
        Say(damaged.Count > 0, $"damaged: the pixels of frame {damaged} are not those that were received");

        // The last frames of a session that is being written may have come since this began.
        Say(missing.Count > 0 && !recording, $"missing: the pixels of frame {missing} are not there, {frames.Layout?.FileName ?? "the file of frames"} ends before");
        Say(guessed.Count > 0, $"not to be verified: frame {guessed} had lost its record");
        Say(kept < whole && !recording, $"{whole - kept} frames have no record");
        Say(!recording && frames.HeaderFrames is { } counted && counted != whole, $"the header of {frames.Layout?.FileName} says {frames.HeaderFrames} frames, there are {whole}");
        Say(!recording && frames.Rest > 0, $"{frames.Rest} bytes of a frame that is not whole are at the end of {frames.Layout?.FileName}");
        return (received, kept, verified);

        void Say(bool so, string problem)
        {
            if (so)
            {
                problems.Add(problem);
            }
        }
    }

    private static void CheckDatabase(string folder, long received, bool recording, List<string> problems)
    {
        try
        {
            using var reader = SessionReader.Open(Path.Combine(folder, SessionFiles.Database));
            if (reader.Text("PRAGMA quick_check(1)") is not "ok" and var problem)
            {
                problems.Add($"{SessionFiles.Database} is damaged: {problem}");
            }
            else if (!recording && reader.Scalar("SELECT count(*) FROM frames") is var stored && stored != received)
            {
                problems.Add($"{SessionFiles.Database} knows {stored} frames, {SessionFiles.Index} {received}");
            }
        }
        catch (SqliteException error)
        {
            problems.Add($"{SessionFiles.Database} cannot be read: {SqliteReason.Of(error)}");
        }
    }
}
