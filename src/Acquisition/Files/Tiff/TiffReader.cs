using LiveLtem.Core;

namespace LiveLtem.Acquisition.Files.Tiff;

/// <summary>Reads the pages of a TIFF as frames, in stored order.</summary>
internal sealed class TiffReader : IFrameReader
{
    private readonly FrameFile _file;
    private readonly TiffKind _kind;
    private readonly TiffPages _pages;
    private readonly TiffPage _first;
    private readonly TiffPageDecoder _decoder;
    private readonly long _frames;

    /// <summary>True where ImageJ keeps the whole stack behind one directory, as it does over 4 GiB.</summary>
    private readonly bool _oneDirectory;

    public TiffReader(FrameFile file)
    {
        _file = file;
        Span<byte> head = stackalloc byte[16];
        _kind = TiffKind.Of(head[..file.Read(0, head)]) ?? throw new FrameFormatException(file.Name, "it is no TIFF", 0);
        _pages = TiffPages.Walk(file, _kind);
        var directory = TiffDirectory.Read(file, _kind, _pages.Offsets[0]);
        _first = TiffPage.Parse(file, directory);
        var facts = TiffFacts.Of(directory, _first, file.Name);
        _oneDirectory = _pages.Offsets.Count == 1 && facts.StatedImages > 1 && HoldsStack(_first);
        var promised = _oneDirectory ? facts.StatedImages : _pages.Offsets.Count;
        _frames = CountWhole(promised);
        IsIncomplete = _frames < promised || _pages.Fault is not null;
        _decoder = new TiffPageDecoder(file, _kind);
        Info = Describe(facts, promised);
    }

    public SourceInfo Info { get; }

    public bool IsIncomplete { get; }

    public FrameDraft? TryRead(long index, FramePool pool, out double? sourceTimeS)
    {
        sourceTimeS = null;
        if (index >= _frames)
        {
            return null;
        }

        var page = PageAt(index);
        if (page.Height != _first.Height || page.Width != _first.Width || page.Type != _first.Type)
        {
            throw new FrameFormatException(
                _file.Name,
                $"page {index} is {page.Height} x {page.Width} {page.Type.NumpyName()}, the first is {_first.Height} x {_first.Width} {_first.Type.NumpyName()}; split the file by size",
                page.DirectoryOffset);
        }

        return _decoder.Decode(page, pool);
    }

    public void Dispose() => _file.Dispose();

    private static bool HoldsStack(TiffPage page)
    {
        for (var i = 1; i < page.Offsets.Length; i++)
        {
            if (page.Offsets[i] != page.Offsets[i - 1] + page.ByteCounts[i - 1])
            {
                return false;
            }
        }

        return page is { Compressed: false, Tiled: false, Planar: false };
    }

    private TiffPage PageAt(long index)
    {
        if (index == 0)
        {
            return _first;
        }

        if (!_oneDirectory)
        {
            return TiffPage.Parse(_file, TiffDirectory.Read(_file, _kind, _pages.Offsets[(int)index]));
        }

        var shift = index * _first.ByteCounts.Sum();
        return _first with { Offsets = [.. _first.Offsets.Select(o => o + shift)] };
    }

    /// <summary>Whole frames, found from the end: mostly the last one is whole and this is one look.</summary>
    private long CountWhole(long promised)
    {
        if (_oneDirectory)
        {
            promised = Math.Min(promised, (_file.Length - _first.Offsets[0]) / _first.ByteCounts.Sum());
        }
        else
        {
            while (promised > 0 && !IsWhole(promised - 1))
            {
                promised--;
            }
        }

        return promised > 0 && _first.IsWhole(_file.Length)
            ? promised
            : throw new FrameFormatException(_file.Name, $"not one whole frame: the pixels of the first end after the file does at byte {_file.Length}; is it truncated?", _first.Offsets[0]);
    }

    private bool IsWhole(long index)
    {
        try
        {
            return PageAt(index).IsWhole(_file.Length);
        }
        catch (FrameFormatException)
        {
            // A page that cannot be read is reported when its turn comes; here only the file's end matters.
            return index == 0 || _pages.Offsets[(int)index] < _file.Length;
        }
    }

    private SourceInfo Describe(TiffFacts facts, long promised)
    {
        var warnings = new List<string>(facts.Warnings);
        if (_pages.Fault is { } fault)
        {
            warnings.Add(fault);
        }

        if (_frames < promised)
        {
            warnings.Add($"{promised} frames are promised, {_frames} whole ones are there: cut off, or still being written");
        }

        if (_pages.Thumbnails > 0)
        {
            warnings.Add($"{_pages.Thumbnails} reduced images or masks in it are left out");
        }

        return new SourceInfo
        {
            Name = _file.Name,
            Format = facts.Format,
            Height = _first.Height,
            Width = _first.Width,
            Type = _first.Type,
            StoredDtype = _first.StoredDtype,
            Frames = _frames,
            Calibration = facts.Calibration,
            Date = facts.Date,
            Metadata = facts.Metadata,
            Warnings = warnings,
        };
    }
}
