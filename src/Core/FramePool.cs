using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace LiveLtem.Core;

/// <summary>Pooled native buffers for frames, so that a session of any length allocates no garbage for pixels.</summary>
/// <remarks>Thread-safe. Buffers are kept by size class and freed when the pool is disposed; a rent never blocks. Tests end with
/// <see cref="Outstanding"/> == 0: every lease was given back.</remarks>
public sealed class FramePool : IDisposable
{
    private const int Alignment = 64;
    private readonly ConcurrentDictionary<int, ConcurrentBag<FrameBuffer>> _free = new();
    private readonly int _keepPerSize;
    private int _outstanding;
    private int _disposed;

    /// <summary>Creates an empty pool.</summary>
    /// <param name="keepPerSize">Most idle buffers kept for one size; more are freed at once.</param>
    public FramePool(int keepPerSize = 64)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(keepPerSize);
        _keepPerSize = keepPerSize;
    }

    /// <summary>Buffers rented and not yet returned.</summary>
    public int Outstanding => Volatile.Read(ref _outstanding);

    /// <summary>Rents an image to be filled; its content is whatever was there before.</summary>
    /// <param name="height">Rows, > 0.</param>
    /// <param name="width">Columns, > 0.</param>
    /// <param name="type">How one pixel is stored.</param>
    /// <returns>A writable image that the caller owns: either <see cref="FrameDraft.Publish"/> or dispose it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A side is not positive or the image is over 2 GiB.</exception>
    public FrameDraft Rent(int height, int width, PixelType type)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        var bytes = (long)height * width * type.BytesPerPixel();
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, int.MaxValue, nameof(height));
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        Interlocked.Increment(ref _outstanding);
        var bag = _free.GetOrAdd((int)bytes, static _ => []);
        if (!bag.TryTake(out var buffer))
        {
            buffer = new FrameBuffer(this, (int)bytes);
        }

        buffer.Reset();
        return new FrameDraft(buffer, height, width, type);
    }

    internal void Return(FrameBuffer buffer)
    {
        Interlocked.Decrement(ref _outstanding);
        var bag = _free.GetOrAdd(buffer.ByteLength, static _ => []);
        if (Volatile.Read(ref _disposed) != 0 || bag.Count >= _keepPerSize)
        {
            buffer.Free();
            return;
        }

        bag.Add(buffer);
    }

    /// <summary>Frees the idle buffers; those still rented are freed as they come back.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        foreach (var bag in _free.Values)
        {
            while (bag.TryTake(out var buffer))
            {
                buffer.Free();
            }
        }
    }

    /// <summary>One native block with a reference count; <see cref="Frame"/> is the lease on it.</summary>
    internal sealed unsafe class FrameBuffer(FramePool pool, int byteLength)
    {
        private int _references;

        public int ByteLength { get; } = byteLength;

        public byte* Data { get; private set; } = (byte*)NativeMemory.AlignedAlloc((nuint)byteLength, Alignment);

        public void Reset() => Volatile.Write(ref _references, 1);

        public void AddReference()
        {
            if (Interlocked.Increment(ref _references) <= 1)
            {
                throw new ObjectDisposedException(nameof(Frame), "the frame's buffer has gone back to the pool");
            }
        }

        public void Release()
        {
            if (Interlocked.Decrement(ref _references) == 0)
            {
                pool.Return(this);
            }
        }

        public void Free()
        {
            NativeMemory.AlignedFree(Data);
            Data = null;
        }
    }
}
