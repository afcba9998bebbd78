using LiveLtem.Core;

namespace LiveLtem.Acquisition.Files.Mrc;

/// <summary>MRC and MRCS stacks: modes 0, 1, 2, 6, 12 and 101, both byte orders, FEI and SerialEM extended headers, Direct Electron's info files.</summary>
public sealed class MrcFormat : IFileFormat
{
    /// <inheritdoc/>
    public string Name => "MRC";

    /// <inheritdoc/>
    public bool Recognises(FileProbe probe)
    {
        ArgumentNullException.ThrowIfNull(probe);
        return MrcHeader.Recognises(probe);
    }

    /// <inheritdoc/>
    public IFrameReader Open(FrameFile file, SourceOptions options)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(options);
        try
        {
            var head = new byte[MrcHeader.Bytes];
            var header = MrcHeader.Parse(head.AsSpan(0, file.Read(0, head)), file.Name);
            return new MrcReader(file, header, options);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
