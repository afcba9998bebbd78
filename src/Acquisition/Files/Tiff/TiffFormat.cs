using LiveLtem.Core;

namespace LiveLtem.Acquisition.Files.Tiff;

/// <summary>TIFF and BigTIFF stacks, also as ImageJ, OME, DigitalMicrograph and JEOL write them.</summary>
public sealed class TiffFormat : IFileFormat
{
    /// <inheritdoc/>
    public string Name => "TIFF";

    /// <inheritdoc/>
    public bool Recognises(FileProbe probe)
    {
        ArgumentNullException.ThrowIfNull(probe);
        return TiffKind.Of(probe.Head.Span) is not null;
    }

    /// <inheritdoc/>
    public IFrameReader Open(FrameFile file, SourceOptions options)
    {
        ArgumentNullException.ThrowIfNull(file);
        try
        {
            return new TiffReader(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
