using System.Threading.Channels;
using LiveLtem.Core;

namespace LiveLtem.Acquisition;

/// <summary>Handing frames over.</summary>
internal static class FrameWriterExtensions
{
    /// <summary>Writes the frame; gives it back where the channel did not take it (cancelled, completed).</summary>
    public static async ValueTask WriteOrDisposeAsync(this ChannelWriter<Frame> output, Frame frame, CancellationToken cancellationToken)
    {
        try
        {
            await output.WriteAsync(frame, cancellationToken);
        }
        catch
        {
            frame.Dispose();
            throw;
        }
    }
}
