using System.Buffers;
using LiveLtem.Acquisition.Files;
using LiveLtem.Acquisition.Files.Images;
using LiveLtem.Acquisition.Watch;
using LiveLtem.Core;

namespace LiveLtem.Acquisition;

/// <summary>Opens whatever a user names: a file (told by content), a folder of images, or an address like <c>watch:DIR</c> or <c>sim:SCENE</c>.</summary>
/// <remarks>Filled by <see cref="AcquisitionServices"/>; a program adds its own addresses with <see cref="AddScheme"/>. Not thread-safe while being filled.</remarks>
public sealed class FrameSources
{
    private static readonly SearchValues<char> SchemeLetters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");
    private readonly List<IFileFormat> _formats = [];
    private readonly List<(Func<string, bool> Recognises, Func<string, SourceOptions, IFrameSource> Open)> _folders = [];
    private readonly Dictionary<string, Func<string, SourceOptions, IFrameSource>> _schemes = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>What can be read, for messages.</summary>
    public string Readable => $"{string.Join(", ", _formats.Select(f => f.Name))}, each also as gz or bz2, and folders of images";

    /// <summary>Adds a file format; those added first are asked first.</summary>
    public FrameSources Add(IFileFormat format)
    {
        ArgumentNullException.ThrowIfNull(format);
        _formats.Add(format);
        return this;
    }

    /// <summary>Adds a kind of address.</summary>
    /// <param name="scheme">What stands before the colon: <c>sim</c>, <c>watch</c>, <c>simplon</c>.</param>
    /// <param name="open">Gets the whole address as the user wrote it.</param>
    public FrameSources AddScheme(string scheme, Func<string, SourceOptions, IFrameSource> open)
    {
        ArgumentException.ThrowIfNullOrEmpty(scheme);
        ArgumentNullException.ThrowIfNull(open);
        _schemes[scheme] = open;
        return this;
    }

    /// <summary>Adds a kind of folder that is more than its images.</summary>
    /// <param name="recognises">Tells such a folder by what is in it.</param>
    /// <param name="open">Gets the folder.</param>
    public FrameSources AddFolder(Func<string, bool> recognises, Func<string, SourceOptions, IFrameSource> open)
    {
        ArgumentNullException.ThrowIfNull(recognises);
        ArgumentNullException.ThrowIfNull(open);
        _folders.Add((recognises, open));
        return this;
    }

    /// <summary>Opens a source; only headers are read.</summary>
    /// <param name="uriOrPath">A file, a folder or an address.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="InputException">There is no such thing, or it is none that can be read: one line that says what it is and what would do.</exception>
    public IFrameSource Open(string uriOrPath, SourceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(uriOrPath);
        if (uriOrPath.Length == 0)
        {
            throw new InputException($"the name of the recording is empty; give a file, a folder of images or an address like {string.Join(", ", _schemes.Keys.Select(k => k + ":"))}");
        }

        options ??= SourceOptions.Default;
        if (!Path.Exists(uriOrPath) && Scheme(uriOrPath) is { } scheme)
        {
            return _schemes.TryGetValue(scheme, out var open)
                ? open(uriOrPath, options)
                : throw new InputException($"{uriOrPath}: '{scheme}:' is no source that is known; there are {string.Join(", ", _schemes.Keys.Select(k => k + ":"))} and files");
        }

        var folder = Directory.Exists(uriOrPath) ? _folders.Find(kind => kind.Recognises(uriOrPath)).Open : null;
        return folder?.Invoke(uriOrPath, options) ?? new FileFrameSource(OpenReader(uriOrPath, options), options);
    }

    /// <summary>Opens a source and waits until it is known what it is: at once for a file, with the first file for a watched folder.</summary>
    /// <exception cref="InputException">As <see cref="Open"/>.</exception>
    public async Task<IFrameSource> OpenAsync(string uriOrPath, SourceOptions? options, CancellationToken cancellationToken)
    {
        var source = Open(uriOrPath, options);
        if (source is IDelayedSource delayed)
        {
            try
            {
                await delayed.WaitUntilKnownAsync(cancellationToken);
            }
            catch
            {
                await source.DisposeAsync();
                throw;
            }
        }

        return source;
    }

    /// <summary>Opens a file or a folder of images for reading frame by frame.</summary>
    /// <exception cref="InputException">As <see cref="Open"/>.</exception>
    public IFrameReader OpenReader(string path, SourceOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Directory.Exists(path) ? new FolderReader(path, IsReadable, file => OpenFile(file, options)) : OpenFile(path, options);
    }

    /// <summary>Watches the folder of <c>watch:DIR</c>; see <see cref="WatchSource"/>.</summary>
    internal IFrameSource Watch(string address, SourceOptions options) =>
        new WatchSource(address[(address.IndexOf(':', StringComparison.Ordinal) + 1)..], file => IsText(file) ? null : OpenFile(file, options), options);

    /// <summary>True for logs and notes that stand beside frames.</summary>
    private static bool IsText(string path)
    {
        using var file = FrameFile.Open(path);
        var probe = FileProbe.Of(file);
        return probe.Length > 0 && UnreadableFormats.IsText(probe);
    }

    private IFrameReader OpenFile(string path, SourceOptions options)
    {
        var file = FrameFile.Open(path);
        try
        {
            var probe = FileProbe.Of(file);
            if (Unpacker.IsPacked(probe))
            {
                file = Unpacker.Unpack(file, probe, options);
                probe = FileProbe.Of(file);
            }

            if (probe.Length == 0)
            {
                throw new FrameFormatException(file.Name, "the file is empty");
            }

            return Find(probe)?.Open(file, options) ?? throw Unreadable(probe);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private IFileFormat? Find(FileProbe probe) => _formats.Find(f => f.Recognises(probe));

    private bool IsReadable(string path)
    {
        using var file = FrameFile.Open(path);
        var probe = FileProbe.Of(file);
        return probe.Length > 0 && (Unpacker.IsPacked(probe) || Find(probe) is not null);
    }

    private FrameFormatException Unreadable(FileProbe probe) => UnreadableFormats.Table(probe) is { } use
        ? new FrameFormatException(probe.Name, use)
        : UnreadableFormats.Name(probe) is { } name
        ? new FrameFormatException(probe.Name, $"{name}, which is {(UnreadableFormats.IsText(probe) ? "no recording" : "not readable yet")}; readable: {Readable}")
        : new FrameFormatException(probe.Name, $"not a format that is known; readable: {Readable}");

    /// <summary>The letters before the colon; a single one is a Windows drive.</summary>
    private static string? Scheme(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 1 && char.IsAsciiLetter(text[0]) && text.AsSpan(0, colon).IndexOfAnyExcept(SchemeLetters) < 0
            ? text[..colon]
            : null;
    }
}
