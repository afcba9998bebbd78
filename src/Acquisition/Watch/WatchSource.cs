using System.Threading.Channels;
using LiveLtem.Acquisition.Files;
using LiveLtem.Acquisition.Files.Images;
using LiveLtem.Core;

namespace LiveLtem.Acquisition.Watch;

/// <summary>A folder into which a camera program keeps dropping files: those that are there in natural order, then each new one as soon as it is whole.</summary>
/// <remarks>A file counts as whole when it has not grown for a poll interval and holds all frames that it promises. Of several pending files the first by
/// name goes first, so that order does not hang on timing. One that stays broken is reported once and passed over; nothing a file does stops the watch.
/// Frames are numbered on over all files. It never ends by itself.</remarks>
public sealed class WatchSource : IFrameSource, IDelayedSource
{
    private static readonly string[] UnderWay = [".tmp", ".temp", ".part", ".partial", ".filepart"];
    private readonly string _folder;
    private readonly Func<string, IFrameReader?> _open;
    private readonly SourceOptions _options;
    private readonly Dictionary<string, Pending> _pending = [];
    private readonly HashSet<string> _done = [];
    private SourceInfo? _info;

    /// <summary>Watches a folder.</summary>
    /// <param name="folder">Path of an existing folder; its subfolders are not looked into.</param>
    /// <param name="open">Opens a file; null for one that is no recording at all (a text, a log); throws <see cref="InputException"/> for a broken one.</param>
    /// <param name="options">Poll interval, patience, clock and log.</param>
    /// <exception cref="InputException">There is no such folder, or it cannot be read.</exception>
    public WatchSource(string folder, Func<string, IFrameReader?> open, SourceOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!Directory.Exists(folder))
        {
            throw new InputException($"watch:{folder}: no such folder; make it, or give the one that the camera program writes to");
        }

        try
        {
            // One that is there and closed to us would stay empty for ever.
            _ = Directory.EnumerateFileSystemEntries(folder).Any();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"watch:{folder}: cannot be read: {IoReason.Of(error)}", error);
        }

        _folder = folder;
        _open = open;
        _options = options;
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">No file is whole yet: await <see cref="WaitUntilKnownAsync"/> first.</exception>
    public SourceInfo Info => _info ?? throw new InvalidOperationException($"nothing is known of watch:{_folder} before its first file is whole");

    /// <summary>False: files wait on disk until somebody reads them.</summary>
    public bool IsLive => false;

    /// <summary>Files that could not be read and were passed over.</summary>
    public long PassedOver { get; private set; }

    /// <inheritdoc/>
    public async Task WaitUntilKnownAsync(CancellationToken cancellationToken)
    {
        using var changes = new FolderChanges(_folder);
        while (_info is null)
        {
            if (NextWhole() is { } ready)
            {
                using (ready.Reader)
                {
                    Describe(ready.Reader.Info);
                }

                return;
            }

            await changes.WaitAsync(_options.PollInterval, _options.TimeProvider, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task RunAsync(FramePool pool, ChannelWriter<Frame> output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(pool);
        ArgumentNullException.ThrowIfNull(output);
        using var changes = new FolderChanges(_folder);
        var number = 0L;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (NextWhole() is { } ready)
            {
                using (ready.Reader)
                {
                    Describe(ready.Reader.Info);
                    number = await DeliverAsync(ready, number, pool, output, cancellationToken);
                }

                _done.Add(ready.File);
                _pending.Remove(ready.File);
                continue;
            }

            await changes.WaitAsync(_options.PollInterval, _options.TimeProvider, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Describe(SourceInfo first) => _info ??= first with { Name = $"watch:{_folder}", Frames = null, Warnings = [] };

    private async Task<long> DeliverAsync(Ready ready, long number, FramePool pool, ChannelWriter<Frame> output, CancellationToken cancellationToken)
    {
        var info = ready.Reader.Info;
        if (info.Height != Info.Height || info.Width != Info.Width || info.Type != Info.Type)
        {
            PassOver(ready.File, $"it is {info.Height} x {info.Width} {info.Type.NumpyName()}, the first was {Info.Height} x {Info.Width} {Info.Type.NumpyName()}");
            return number;
        }

        for (var index = 0L; ; index++)
        {
            Frame frame;
            try
            {
                using var draft = ready.Reader.TryRead(index, pool, out _);
                if (draft is null)
                {
                    return number;
                }

                frame = draft.Publish(new FrameHeader { Number = number, ReceivedTimestamp = _options.TimeProvider.GetTimestamp() });
            }
            catch (InputException error)
            {
                PassOver(ready.File, error.Message);
                return number;
            }

            await output.WriteOrDisposeAsync(frame, cancellationToken);
            number++;
        }
    }

    /// <summary>The first file by name, opened, if it is whole; null while there is none or it is still being written.</summary>
    private Ready? NextWhole()
    {
        foreach (var file in NewFiles())
        {
            var look = Look(file);
            if (look.Reader is { } reader)
            {
                return new Ready(file, reader);
            }

            if (!look.Over)
            {
                return null;
            }

            _done.Add(file);
            _pending.Remove(file);
        }

        return null;
    }

    private List<string> NewFiles()
    {
        try
        {
            var files = Directory.GetFiles(_folder).Where(f => !_done.Contains(f) && !IsUnderWay(Path.GetFileName(f))).ToList();
            files.Sort(NaturalOrder.Instance);
            return files;
        }
        catch (IOException)
        {
            // A share that is gone for a moment comes back, or the operator stops the session.
            return [];
        }
    }

    /// <summary>Looks at one file: open it if it is whole, wait if it may become so, give it up if it stood still too long.</summary>
    private (IFrameReader? Reader, bool Over) Look(string file)
    {
        var clock = _options.TimeProvider;
        var length = LengthOf(file);
        if (length is null)
        {
            return (null, Over: true);
        }

        if (!_pending.TryGetValue(file, out var seen) || seen.Length != length)
        {
            _pending[file] = new Pending(length.Value, clock.GetTimestamp());
            return (null, Over: false);
        }

        var quiet = clock.GetElapsedTime(seen.Since);
        if (quiet < _options.PollInterval)
        {
            return (null, Over: false);
        }

        var patient = quiet < _options.WatchPatience;
        try
        {
            var reader = _open(file);
            if (reader is null)
            {
                return (null, Over: true);
            }

            if (!reader.IsIncomplete || !patient)
            {
                return (reader, Over: true);
            }

            reader.Dispose();
        }
        catch (InputException error) when (!patient)
        {
            PassOver(file, error.Message);
            return (null, Over: true);
        }
        catch (InputException)
        {
            // It may still be being written: looked at again until it stood still for long.
        }

        return (null, Over: false);
    }

    private void PassOver(string file, string reason)
    {
        PassedOver++;
        _options.Logger.FilePassedOver(file, reason);
    }

    /// <summary>Names under which programs write what they rename when it is whole.</summary>
    private static bool IsUnderWay(string name) =>
        name.StartsWith('.') || name.StartsWith('~') || UnderWay.Any(end => name.EndsWith(end, StringComparison.OrdinalIgnoreCase));

    private static long? LengthOf(string file)
    {
        try
        {
            return new FileInfo(file) is { Exists: true } there ? there.Length : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private readonly record struct Pending(long Length, long Since);

    private sealed record Ready(string File, IFrameReader Reader);
}
