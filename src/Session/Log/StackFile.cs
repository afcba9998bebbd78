using LiveLtem.Core.Mrc;
using Microsoft.Win32.SafeHandles;

namespace LiveLtem.Session.Log;

/// <summary>What the header of a stack says of all its frames.</summary>
/// <param name="Frames">Frames kept.</param>
/// <param name="Min">Smallest count.</param>
/// <param name="Max">Largest count.</param>
/// <param name="MeanSum">Sum of the frames' means.</param>
internal readonly record struct StackSummary(long Frames, double Min, double Max, double MeanSum)
{
    public static StackSummary Empty { get; } = new(0, double.PositiveInfinity, double.NegativeInfinity, 0);

    public double Mean => Frames > 0 ? MeanSum / Frames : 0;

    /// <summary>The summary with one more frame; one without a finite pixel leaves the extremes as they are.</summary>
    public StackSummary With(IndexRecord frame) => double.IsFinite(frame.MeanCounts)
        ? new StackSummary(Frames + 1, Math.Min(Min, frame.MinCounts), Math.Max(Max, frame.MaxCounts), MeanSum + frame.MeanCounts)
        : this with { Frames = Frames + 1 };
}

/// <summary>The file of raw frames while it is written: by position, past all buffers of this process.</summary>
/// <remarks>After each call the file is one that other programs read. Not thread-safe, but <see cref="Flush"/> may come from any thread.</remarks>
internal abstract class StackFile : IDisposable
{
    protected StackFile(string path, StackLayout layout)
    {
        Layout = layout;
        Handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
    }

    public StackLayout Layout { get; }

    protected SafeFileHandle Handle { get; }

    /// <summary>Opens the stack of a session, new or as it is.</summary>
    public static StackFile Open(string folder, FrameShape shape, double? pixelSizeNm, string sessionId)
    {
        var layout = StackLayout.For(shape);
        var path = Path.Combine(folder, layout.FileName);
        return MrcStackHeader.Supports(shape.Type)
            ? new MrcStack(path, layout, pixelSizeNm, sessionId)
            : new TiffStack(path, layout, pixelSizeNm, sessionId);
    }

    /// <summary>Appends one frame.</summary>
    /// <param name="pixels">Row-major in the stack's type.</param>
    /// <param name="summary">What the stack holds with this frame; its position is the last.</param>
    /// <exception cref="IOException">It could not be written: <see cref="CutTo"/> takes away what was.</exception>
    public abstract void Append(ReadOnlySpan<byte> pixels, StackSummary summary);

    /// <summary>Puts right everything but the pixels: number of frames, extremes, links; cuts off what lies behind the last frame.</summary>
    /// <returns>What was wrong, or null.</returns>
    public abstract string? Mend(StackSummary summary);

    /// <summary>Cuts off whatever lies behind the first frames.</summary>
    public void CutTo(long frames) => RandomAccess.SetLength(Handle, Math.Min(RandomAccess.GetLength(Handle), Layout.EndOf(frames)));

    /// <summary>Writes bytes where others stand.</summary>
    /// <returns>Whether that changed anything.</returns>
    protected bool Put(ReadOnlySpan<byte> bytes, long offset)
    {
        var present = new byte[bytes.Length];
        if (RandomAccess.Read(Handle, present, offset) == present.Length && bytes.SequenceEqual(present))
        {
            return false;
        }

        RandomAccess.Write(Handle, bytes, offset);
        return true;
    }

    /// <summary>Bytes in the file.</summary>
    public long Length => RandomAccess.GetLength(Handle);

    /// <summary>Hands everything to the disk.</summary>
    public void Flush() => RandomAccess.FlushToDisk(Handle);

    public void Dispose() => Handle.Dispose();
}
