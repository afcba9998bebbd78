using System.Buffers.Binary;
using LiveLtem.Core;

namespace LiveLtem.Training.Denoising;

/// <summary>Reads the frames of an MRC2014 stack as this program writes them: little-endian, modes 0, 1, 2 and 6.</summary>
/// <remarks>Every other format comes here by way of 'analyze', which reads them all and writes such a stack for its own training.</remarks>
internal sealed class MrcFrames : IDisposable
{
    private const int HeaderBytes = 1024;
    private const int ImodStamp = 1146047817;
    private readonly FileStream _file;
    private readonly PixelType _type;
    private readonly long _start;

    private MrcFrames(FileStream file, int height, int width, int frames, PixelType type, long start) =>
        (_file, Height, Width, Frames, _type, _start) = (file, height, width, frames, type, start);

    public int Height { get; }

    public int Width { get; }

    public int Frames { get; }

    /// <summary>Opens a stack.</summary>
    /// <exception cref="InputException">It is missing or none that can be read here.</exception>
    public static MrcFrames Open(string path)
    {
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"--from {path}: {IoReason.Of(error)}", error);
        }

        try
        {
            var header = new byte[HeaderBytes];
            if (file.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false) < HeaderBytes || !header.AsSpan(208, 4).SequenceEqual("MAP "u8))
            {
                throw new FrameFormatException(path, "is no MRC stack; for any other format run 'liveltem analyze FILE --out DIR --profile soft', which adapts by itself");
            }

            int Int(int at) => BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(at));
            var (width, height, frames, mode) = (Int(0), Int(4), Int(8), Int(12));
            PixelType? type = mode switch
            {
                0 => Int(152) == ImodStamp && (Int(156) & 1) == 1 ? PixelType.Int8 : PixelType.UInt8,
                1 => PixelType.Int16,
                2 => PixelType.Float32,
                6 => PixelType.UInt16,
                _ => null,
            };
            if (type is not { } known)
            {
                throw new FrameFormatException(path, $"found {mode}; supported: 0, 1, 2, 6", 12, "MODE");
            }

            var start = HeaderBytes + (long)Math.Max(0, Int(92));
            var bytes = (long)width * height * known.BytesPerPixel();
            if (width < 1 || height < 1 || frames < 1 || bytes > int.MaxValue || start + (bytes * frames) > file.Length)
            {
                throw new FrameFormatException(path, $"its header tells of {frames} frames of {width} x {height} px, which the file does not hold");
            }

            return new MrcFrames(file, height, width, frames, known, start);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads a frame, the caller's to dispose.</summary>
    public Frame Read(int index, FramePool pool)
    {
        using var draft = pool.Rent(Height, Width, _type);
        _file.Position = _start + ((long)index * draft.Bytes.Length);
        _file.ReadExactly(draft.Bytes);
        return draft.Publish(new FrameHeader { Number = index });
    }

    public void Dispose() => _file.Dispose();
}
