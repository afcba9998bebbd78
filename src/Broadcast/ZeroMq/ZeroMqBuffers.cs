using System.Buffers;
using NetMQ;

namespace LiveLtem.Broadcast.ZeroMq;

/// <summary>Lets NetMQ take its message buffers from a pool instead of the garbage collector.</summary>
/// <remarks>The pool is its own: what NetMQ holds for slow subscribers is not mixed with anybody else's buffers.</remarks>
internal sealed class ZeroMqBuffers : IBufferPool
{
    private const int LargestKept = 64 << 20;
    private const int KeptBySize = 64;
    private static int _installed;
    private readonly ArrayPool<byte> _pool = ArrayPool<byte>.Create(LargestKept, KeptBySize);

    /// <summary>Installs the pool for the process, once.</summary>
    public static void Install()
    {
        if (Interlocked.Exchange(ref _installed, 1) == 0)
        {
            BufferPool.SetCustomBufferPool(new ZeroMqBuffers());
        }
    }

    /// <inheritdoc/>
    public byte[] Take(int size) => _pool.Rent(size);

    // A buffer that was taken before the pool was installed has a length that the pool does not know.
    /// <inheritdoc/>
    public void Return(byte[] buffer)
    {
        if (buffer.Length >= 16 && (buffer.Length & (buffer.Length - 1)) == 0)
        {
            _pool.Return(buffer);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
