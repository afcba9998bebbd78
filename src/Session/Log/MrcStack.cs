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
        Finish(summary);
    }

    public override void Finish(StackSummary summary)
    {
        _header.Update(checked((int)summary.Frames), summary.Min, summary.Max, summary.Mean);
        RandomAccess.Write(Handle, _header.Span, 0);
    }
}
