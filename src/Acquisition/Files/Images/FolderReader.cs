using System.Text.RegularExpressions;
using LiveLtem.Core;

namespace LiveLtem.Acquisition.Files.Images;

/// <summary>Reads a folder of single images as a movie, in natural order of their names.</summary>
/// <remarks>Which files belong is decided on names and on the content of one file of each kind of name, so that a folder of 100,000 opens at once.</remarks>
internal sealed partial class FolderReader : IFrameReader
{
    private static readonly string[] NotFrames = ["mask", "label", "overlay", "thumb", "dark", "gain"];

    private readonly string _folder;
    private readonly List<string> _files;
    private readonly Func<string, IFrameReader> _open;

    /// <summary>Opens a folder.</summary>
    /// <param name="folder">Path of the folder; its subfolders are not looked into.</param>
    /// <param name="isImage">Tells by content whether a file is one that can be a frame.</param>
    /// <param name="open">Opens such a file.</param>
    public FolderReader(string folder, Func<string, bool> isImage, Func<string, IFrameReader> open)
    {
        _folder = folder;
        _open = open;
        var warnings = new List<string>();
        _files = Choose(folder, isImage, warnings);
        using var first = open(_files[0]);
        warnings.AddRange(first.Info.Warnings);
        Info = first.Info with
        {
            Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))),
            Format = $"{first.Info.Format} sequence",
            Frames = _files.Count,
            Metadata = new Dictionary<string, object>(first.Info.Metadata) { ["first_file"] = Path.GetFileName(_files[0]), ["last_file"] = Path.GetFileName(_files[^1]) },
            Warnings = warnings,
        };
        Demand(first, _files[0]);
    }

    public SourceInfo Info { get; }

    /// <summary>Never: nobody says how many there should be.</summary>
    public bool IsIncomplete => false;

    public FrameDraft? TryRead(long index, FramePool pool, out double? sourceTimeS)
    {
        sourceTimeS = null;
        if (index >= _files.Count)
        {
            return null;
        }

        using var reader = _open(_files[(int)index]);
        Demand(reader, _files[(int)index]);
        return reader.TryRead(0, pool, out _);
    }

    public void Dispose()
    {
        // Each file is closed as soon as its frame is read.
    }

    private static List<string> Choose(string folder, Func<string, bool> isImage, List<string> warnings)
    {
        var kinds = List(folder)
            .Where(f => !Path.GetFileName(f).StartsWith('.'))
            .GroupBy(f => Digits().Replace(Path.GetFileName(f), "#"))
            .Select(g => g.Order(NaturalOrder.Instance).ToList())
            .ToList();
        var images = kinds.Where(k => isImage(k[0])).ToList();
        var frames = images.Where(k => !NotFrames.Any(w => Path.GetFileName(k[0]).Contains(w, StringComparison.OrdinalIgnoreCase))).ToList();

        // A movie may itself be called 'darkfield': what is set aside must not be the bulk of the folder.
        var aside = images.Except(frames).Select(k => k.Count).DefaultIfEmpty().Max();
        frames = 2 * frames.Sum(k => k.Count) >= Math.Max(1, aside) ? frames : images;
        if (frames.Count == 0)
        {
            throw new FrameFormatException(folder, NothingInIt(folder));
        }

        // One kind of name that outnumbers all others is the movie; else every image is a frame.
        var bySize = frames.OrderByDescending(k => k.Count).ToList();
        var chosen = bySize.Count > 1 && bySize[0].Count > 1 && bySize[0].Count >= 2 * bySize.Skip(1).Sum(k => k.Count) ? [bySize[0]] : frames;
        var files = chosen.SelectMany(k => k).Order(NaturalOrder.Instance).ToList();
        var strays = kinds.SelectMany(k => k).Except(files).Order(NaturalOrder.Instance).ToList();
        if (strays.Count > 0)
        {
            warnings.Add($"{strays.Count} other files in the folder are not read as frames ({string.Join(", ", strays.Take(3).Select(Path.GetFileName))}{(strays.Count > 3 ? ", …" : "")})");
        }

        return files;
    }

    private static string NothingInIt(string folder)
    {
        var inside = Directory.EnumerateDirectories(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal).Take(3).ToArray();
        return inside.Length > 0
            ? $"no images in this folder; give one of its subfolders ({string.Join(", ", inside)})"
            : "no images in this folder (PNG, JPEG, TIFF, BMP or MRC, one frame a file)";
    }

    private static string[] List(string folder)
    {
        try
        {
            return Directory.GetFiles(folder);
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            throw new InputException($"{folder}: cannot be read: {IoReason.Of(error)}", error);
        }
    }

    /// <summary>Every file of a sequence must be one frame, as large and as deep as the first.</summary>
    private void Demand(IFrameReader reader, string file)
    {
        var info = reader.Info;
        var name = Path.Combine(Path.GetFileName(Path.TrimEndingDirectorySeparator(_folder)), Path.GetFileName(file));
        if (info.Frames != 1)
        {
            throw new FrameFormatException(name, $"holds {info.Frames} frames; in a folder each file is one frame: give the file itself");
        }

        if (info.Height != Info.Height || info.Width != Info.Width || info.Type != Info.Type)
        {
            throw new FrameFormatException(
                name,
                $"is {info.Height} x {info.Width} {info.Type.NumpyName()}, the first image is {Info.Height} x {Info.Width} {Info.Type.NumpyName()}; take it out of the folder");
        }
    }

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Digits();
}
