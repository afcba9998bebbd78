using System.Buffers;

namespace LiveLtem.Core;

/// <summary>Byte arrays for messages of a socket library, kept from message to message: a frame of a megabyte costs no garbage.</summary>
/// <remarks>One pool for the process, because such a library has one: whoever installs it, and how often, makes no difference. Apart from
/// <see cref="ArrayPool{T}.Shared"/>, so that what a slow reader holds is not mixed with anybody else's buffers. Thread-safe.</remarks>
public static class MessageBuffers
{
    private const int LargestKept = 64 << 20;
    private const int KeptBySize = 64;
    private const int Smallest = 16;
    private static readonly ArrayPool<byte> Pool = ArrayPool<byte>.Create(LargestKept, KeptBySize);

    /// <summary>An array of at least that many bytes; its content is whatever was there before.</summary>
    public static byte[] Take(int size) => Pool.Rent(size);

    /// <summary>Gives an array back. One that was not taken here (the library's own, from before it was told of this pool) is left to the garbage collector.</summary>
    public static void Return(byte[] buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        if (buffer.Length >= Smallest && (buffer.Length & (buffer.Length - 1)) == 0)
        {
            Pool.Return(buffer);
        }
    }
}
