using LiveLtem.Acquisition.Decoding;
using LiveLtem.Core;
using OpenCvSharp;

namespace LiveLtem.Acquisition.Files.Images;

/// <summary>Single PNG, JPEG and BMP images: one frame each, 8 or 16 bit; colour becomes grey, exactly where it codes grey.</summary>
public sealed class ImageFormat : IFileFormat
{
    /// <inheritdoc/>
    public string Name => "PNG, JPEG, BMP";

    /// <inheritdoc/>
    public bool Recognises(FileProbe probe)
    {
        ArgumentNullException.ThrowIfNull(probe);
        return ImageHeader.KindOf(probe) is not null;
    }

    /// <inheritdoc/>
    public IFrameReader Open(FrameFile file, SourceOptions options)
    {
        ArgumentNullException.ThrowIfNull(file);
        try
        {
            return new ImageReader(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}

/// <summary>Reads one image as one frame.</summary>
internal sealed class ImageReader : IFrameReader
{
    private const long LargestFile = 1L << 30;
    private readonly FrameFile _file;
    private readonly byte[] _bytes;
    private readonly ImageHeader _header;

    public ImageReader(FrameFile file)
    {
        _file = file;
        if (file.Length > LargestFile)
        {
            throw new FrameFormatException(file.Name, $"an image of {file.Length} bytes is more than is read ({LargestFile})");
        }

        _bytes = file.ReadBlock(0, file.Length, "image");
        _header = ImageHeader.Read(_bytes, file.Name);
        Info = new SourceInfo
        {
            Name = file.Name,
            Format = _header.Kind switch { ImageKind.Png => "PNG", ImageKind.Jpeg => "JPEG", _ => "BMP" },
            Height = _header.Height,
            Width = _header.Width,
            Type = _header.Type,
            Frames = 1,
            Metadata = _header.Colour ? new Dictionary<string, object> { ["colour"] = "RGB read as grey (Rec. 601 luma; exact where it codes grey)" } : [],
        };
    }

    public SourceInfo Info { get; }

    /// <summary>Never: an image that is not whole does not open.</summary>
    public bool IsIncomplete => false;

    public FrameDraft? TryRead(long index, FramePool pool, out double? sourceTimeS)
    {
        sourceTimeS = null;
        if (index > 0)
        {
            return null;
        }

        using var decoded = Decode();
        if (decoded.Height != _header.Height || decoded.Width != _header.Width)
        {
            throw new FrameFormatException(_file.Name, $"the header says {_header.Height} x {_header.Width} pixels, {decoded.Height} x {decoded.Width} came out");
        }

        var draft = pool.Rent(_header.Height, _header.Width, _header.Type);
        try
        {
            GreyMat.CopyTo(decoded, draft, _file.Name);
            return draft;
        }
        catch
        {
            draft.Dispose();
            throw;
        }
    }

    public void Dispose() => _file.Dispose();

    private Mat Decode()
    {
        OpenCvQuiet.Ensure();
        try
        {
            // 'Unchanged' keeps 16 bit and leaves the EXIF orientation alone: row 0 is the file's first row.
            var decoded = Cv2.ImDecode(_bytes, ImreadModes.Unchanged);
            if (!decoded.Empty())
            {
                return decoded;
            }

            decoded.Dispose();
        }
        catch (OpenCVException error)
        {
            throw new FrameFormatException(_file.Name, $"the image cannot be decoded: {error.ErrMsg}", inner: error);
        }

        throw new FrameFormatException(_file.Name, "the image cannot be decoded; is it damaged?");
    }
}
