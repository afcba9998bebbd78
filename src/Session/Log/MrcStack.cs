using System.Buffers.Binary;
using LiveLtem.Core.Mrc;

namespace LiveLtem.Session.Log;

/// <summary><c>frames.mrc</c>: the header is brought up to date after each frame, so that nz never counts a frame that is not whole.</summary>
internal sealed class MrcStack : StackFile
{
    private readonly MrcStackHeader _header;

    public MrcStack(string path, StackLayout layout, double? pixelSizeNm, string sessionId)
        : base(path, layout)
    {
        var (height, width, type) = layout.Shape;
        _header = new MrcStackHeader(height, width, type, pixelSizeNm, [$"LiveLTEM session {sessionId}"]);
        if (Length == 0)
        {
            RandomAccess.Write(Handle, _header.Span, 0);
        }
    }

    public override void Append(ReadOnlySpan<byte> pixels, StackSummary summary)
    {
        RandomAccess.Write(Handle, pixels, Layout.OffsetOf(summary.Frames - 1));
        Update(summary);
        RandomAccess.Write(Handle, _header.Span, 0);
    }

    public override string? Mend(StackSummary summary)
    {
        Update(summary);
        var present = new byte[12];
        var sections = RandomAccess.Read(Handle, present, 0) == present.Length ? BinaryPrimitives.ReadInt32LittleEndian(present.AsSpan(8)) : 0;
        CutTo(summary.Frames);
        return !Put(_header.Span, 0) ? null
            : sections != summary.Frames ? $"the header said {sections} frames, there are {summary.Frames}"
            : "the header was wrong and was written anew";
    }

    private void Update(StackSummary summary) => _header.Update(checked((int)summary.Frames), summary.Min, summary.Max, summary.Mean);
}
