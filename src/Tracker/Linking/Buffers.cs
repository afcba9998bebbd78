namespace LiveLtem.Tracker.Linking;

/// <summary>Arrays that grow and are kept, so that a frame allocates nothing once the largest has been seen.</summary>
internal static class Buffers
{
    /// <summary>Makes an array at least that long; its content is lost where it had to grow.</summary>
    public static void Ensure<T>(ref T[] array, int length)
    {
        if (array.Length < length)
        {
            array = new T[Math.Max(length, array.Length * 2)];
        }
    }

    /// <summary>Makes an array at least that long and keeps what is in it.</summary>
    public static void Grow<T>(ref T[] array, int length)
    {
        if (array.Length < length)
        {
            Array.Resize(ref array, Math.Max(length, array.Length * 2));
        }
    }
}
