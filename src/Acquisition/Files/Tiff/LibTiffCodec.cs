using BitMiracle.LibTiff.Classic;
using LiveLtem.Core;
using LibTiff = BitMiracle.LibTiff.Classic.Tiff;

namespace LiveLtem.Acquisition.Files.Tiff;

/// <summary>Unpacks compressed strips and tiles with LibTiff.NET. The layout was checked by <see cref="TiffPage"/> before.</summary>
/// <remarks>LibTiff says nothing on the console: its first complaint is kept and becomes the exception's text.</remarks>
internal sealed class LibTiffCodec : IDisposable
{
    private readonly FrameFile _file;
    private readonly LibTiff _tiff;
    private readonly Complaints _complaints = new();
    private long _directory = -1;

    static LibTiffCodec() => LibTiff.SetErrorHandler(new QuietHandler());

    public LibTiffCodec(FrameFile file)
    {
        _file = file;
        _tiff = Guard(() => LibTiff.ClientOpen(file.Name, "rc", _complaints, new FileStreamAdapter(file)))
            ?? throw new FrameFormatException(file.Name, _complaints.First ?? "it cannot be opened as TIFF");
    }

    /// <summary>Unpacks one strip or tile, in machine byte order.</summary>
    /// <param name="page">Where it belongs.</param>
    /// <param name="chunk">Its index in the page.</param>
    /// <param name="destination">Takes the bytes; what a short strip lacks is an error.</param>
    /// <param name="count">Bytes wanted.</param>
    public void Unpack(TiffPage page, int chunk, byte[] destination, int count)
    {
        Select(page);
        var read = Guard(() => page.Tiled ? _tiff.ReadEncodedTile(chunk, destination, 0, count) : _tiff.ReadEncodedStrip(chunk, destination, 0, count));
        if (read < count || _complaints.First is not null)
        {
            throw Damaged(page, chunk, null);
        }
    }

    public void Dispose() => _tiff.Dispose();

    private void Select(TiffPage page)
    {
        if (_directory == page.DirectoryOffset)
        {
            return;
        }

        _complaints.First = null;
        if (!Guard(() => _tiff.SetSubDirectory(page.DirectoryOffset)))
        {
            throw new FrameFormatException(_file.Name, _complaints.First ?? "the page cannot be read", page.DirectoryOffset, "IFD");
        }

        _complaints.First = null;
        _directory = page.DirectoryOffset;
        if (page is { Compression: 7, Photometric: 6 })
        {
            _tiff.SetField(BitMiracle.LibTiff.Classic.TiffTag.JPEGCOLORMODE, JpegColorMode.RGB);
        }
    }

    /// <summary>A damaged file must give a sentence, whatever it makes the library do.</summary>
    private T Guard<T>(Func<T> call)
    {
        try
        {
            return call();
        }
        catch (Exception error) when (error is not (OutOfMemoryException or FrameFormatException))
        {
            throw new FrameFormatException(_file.Name, $"damaged compressed data ({error.Message})", inner: error);
        }
    }

    private FrameFormatException Damaged(TiffPage page, int chunk, Exception? inner) =>
        new(_file.Name, $"damaged compressed data{(_complaints.First is { } said ? $" ({said})" : "")}", page.Offsets[chunk], $"{(page.Tiled ? "tile" : "strip")} {chunk}", inner);

    private sealed class Complaints
    {
        public string? First { get; set; }
    }

    private sealed class QuietHandler : TiffErrorHandler
    {
        public override void ErrorHandler(LibTiff tif, string method, string format, params object[] args)
        {
        }

        public override void ErrorHandlerExt(LibTiff tif, object clientData, string method, string format, params object[] args)
        {
            if (clientData is Complaints complaints)
            {
                complaints.First ??= string.Format(format, args);
            }
        }

        public override void WarningHandler(LibTiff tif, string method, string format, params object[] args)
        {
        }

        public override void WarningHandlerExt(LibTiff tif, object clientData, string method, string format, params object[] args)
        {
        }
    }

    private sealed class FileStreamAdapter(FrameFile file) : TiffStream
    {
        private long _position;

        public override int Read(object clientData, byte[] buffer, int offset, int count)
        {
            var read = file.Read(_position, buffer.AsSpan(offset, count));
            _position += read;
            return read;
        }

        public override void Write(object clientData, byte[] buffer, int offset, int count) => throw new NotSupportedException("the file is open for reading");

        public override long Seek(object clientData, long offset, SeekOrigin origin)
        {
            _position = origin switch { SeekOrigin.Current => _position + offset, SeekOrigin.End => file.Length + offset, _ => offset };
            return _position;
        }

        public override void Close(object clientData)
        {
            // The reader owns the file.
        }

        public override long Size(object clientData) => file.Length;
    }
}
