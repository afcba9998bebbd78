using LiveLtem.Core;
using NetMQ;

namespace LiveLtem.Acquisition.Cameras.ZeroMq;

/// <summary>Lets NetMQ take its message buffers from <see cref="MessageBuffers"/> instead of the garbage collector.</summary>
internal sealed class ZeroMqBuffers : IBufferPool
{
    /// <summary>Installs the pool for the process; harmless a second time.</summary>
    public static void Install() => BufferPool.SetCustomBufferPool(new ZeroMqBuffers());

    /// <inheritdoc/>
    public byte[] Take(int size) => MessageBuffers.Take(size);

    /// <inheritdoc/>
    public void Return(byte[] buffer) => MessageBuffers.Return(buffer);

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
