using System.IO.Hashing;
using System.Threading.Channels;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace LiveLtem.Session.Log;

/// <summary>Plays the frames that a session kept: with their own numbers and times, so that losses and gaps are those of the recording.</summary>
/// <remarks>Opening a session that was cut off repairs it; what was done is among the warnings. Each frame is checked against its hash: one that is
/// damaged is passed over and said so, its number is missing then. Never writes to raw data.</remarks>
public sealed class SessionSource : IFrameSource
{
    private readonly SessionFrames _frames;
    private readonly SessionManifest _manifest;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    private SessionSource(SessionFrames frames, SessionManifest manifest, IReadOnlyList<string> warnings, TimeProvider time, ILogger logger)
    {
        _frames = frames;
        _manifest = manifest;
        _time = time;
        _logger = logger;
        Info = SessionDetails.Info(manifest, frames) with { Warnings = warnings };
        foreach (var warning in warnings)
        {
            logger.SessionWarning(Info.Name, warning);
        }
    }

    /// <inheritdoc/>
    public SourceInfo Info { get; }

    /// <inheritdoc/>
    public bool IsLive => false;

    /// <summary>The conditions it was recorded under, in their order; <see cref="FrameHeader.Segment"/> of each frame says which. Never empty.</summary>
    public IReadOnlyList<SessionSegment> Segments => _manifest.Segments;

    /// <summary>True for the folder of a session.</summary>
    public static bool Recognises(string folder) => SessionDetails.IsSession(folder);

    /// <summary>The profile that a session ran with: its name and its own text, YAML; null where it is not known.</summary>
    /// <param name="folder">Folder of the session.</param>
    /// <exception cref="InputException">The session is damaged, or of a later version.</exception>
    public static (string Name, string Text)? Profile(string folder)
    {
        var description = ManifestFile.Read(folder).Description;
        return description.ProfileText.Length > 0 ? (description.ProfileName, description.ProfileText) : null;
    }

    /// <summary>What segmented a session's frames, change by change; empty where that is not known.</summary>
    /// <param name="folder">Folder of the session.</param>
    /// <exception cref="InputException">The session is damaged, or of a later version.</exception>
    public static IReadOnlyList<ModelInUse> Models(string folder) => ManifestFile.Read(folder).Description.Models;

    /// <summary>What took the noise off a session's frames, change by change; empty where nothing did.</summary>
    /// <param name="folder">Folder of the session.</param>
    /// <exception cref="InputException">The session is damaged, or of a later version.</exception>
    public static IReadOnlyList<DenoiserInUse> Denoisers(string folder) => ManifestFile.Read(folder).Description.Denoisers;

    /// <summary>Where a session keeps the denoisers that were adapted to it.</summary>
    /// <param name="folder">Folder of the session.</param>
    public static string DenoiserFolder(string folder) => Path.Combine(folder, "denoise");

    /// <summary>Opens a session.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="time">The clock of receive times.</param>
    /// <param name="logger">Where warnings go; null for nowhere.</param>
    /// <exception cref="InputException">It is none, is damaged beyond what a repair mends, holds no frame, or a later version wrote it.</exception>
    public static SessionSource Open(string folder, TimeProvider time, ILogger? logger = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(time);
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        var warnings = Prepare(folder);
        var manifest = ManifestFile.Read(folder);
        if (manifest.Segments.Count > 1)
        {
            warnings.Add($"the session holds {manifest.Segments.Count} segments of different conditions; the calibration is that of the first: --frames chooses one");
        }

        var frames = SessionFrames.Open(folder, manifest.Shape);
        try
        {
            var source = new SessionSource(frames, manifest, warnings, time, logger ?? NullLogger.Instance);
            return source.Info.Frames > 0
                ? source
                : throw new InputException($"{folder}: the session holds no raw frames: its recording was off, or none came");
        }
        catch
        {
            frames.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public Task RunAsync(FramePool pool, ChannelWriter<Frame> output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(pool);
        ArgumentNullException.ThrowIfNull(output);
        return Task.Run(() => PlayAsync(pool, output, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _frames.Dispose();
        return ValueTask.CompletedTask;
    }

    private static List<string> Prepare(string folder)
    {
        var warnings = new List<string>();
        if (SessionLock.IsHeld(folder))
        {
            warnings.Add("the session is being recorded: the frames that are there now are read");
            return warnings;
        }

        try
        {
            if (ManifestFile.Read(folder).State != SessionManifest.Recording)
            {
                return warnings;
            }
        }
        catch (FrameFormatException)
        {
            // The repair finds a copy of the head, or says that there is none.
        }

        try
        {
            warnings.AddRange(SessionRecovery.Repair(folder));
        }
        catch (InputException error) when (error.InnerException is IOException or UnauthorizedAccessException)
        {
            warnings.Add($"the session was cut off and cannot be repaired where it is ({error.InnerException.Message}); the frames that are whole are read");
        }

        return warnings;
    }

    private async Task PlayAsync(FramePool pool, ChannelWriter<Frame> output, CancellationToken cancellationToken)
    {
        var (height, width, type) = _frames.Layout!.Shape;
        var left = Info.Frames!.Value;
        long? first = null;
        foreach (var record in _frames.Kept())
        {
            if (left-- == 0)
            {
                return; // what a session that is being recorded got since is not part of this reading
            }

            cancellationToken.ThrowIfCancellationRequested();
            first ??= record.Number;
            using var draft = pool.Rent(height, width, type);
            if (!TryFill(draft, record))
            {
                _logger.DamagedFrame(Info.Name, record.Number);
                continue;
            }

            var frame = draft.Publish(new FrameHeader
            {
                Number = record.Number,
                ReceivedTimestamp = _time.GetTimestamp(),
                SourceTimeS = TimeS(record, first.Value),
                Segment = record.Segment,
            });
            try
            {
                await output.WriteAsync(frame, cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                frame.Dispose();
                throw;
            }
        }
    }

    private bool TryFill(FrameDraft draft, IndexRecord record) =>
        _frames.TryReadPixels(record.Position, draft.Bytes)
        && (record.Flags.HasFlag(IndexFlags.Recovered) || XxHash64.HashToUInt64(draft.Bytes) == record.Hash);

    /// <summary>The time of a frame as the live session had it.</summary>
    private double? TimeS(IndexRecord record, long first)
    {
        var typed = _manifest.Description.FrameTimeTyped;
        if (!typed && record.SourceTimeS is { } own)
        {
            return own;
        }

        // A camera's numbers start anywhere; those of a file say by themselves when a frame was taken.
        return _manifest.Description.IsLive ? (record.Number - first) * _manifest.Segments[0].Calibration.FrameTimeS?.Value : null;
    }
}
