namespace LiveLtem.Core;

/// <summary>Where a denoised frame shows more contrast than the raw frames carry over the same area.</summary>
/// <param name="Frame">Number of the frame.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="Runs">The pixels as [start, length, start, length, …], counted row by row, in order, not touching; empty where everything is supported.</param>
/// <param name="DenoiserVersion">Version of the denoiser that made the frame.</param>
public sealed record UnsupportedMask(long Frame, int Height, int Width, IReadOnlyList<int> Runs, int DenoiserVersion)
{
    /// <summary>Makes one of a mask.</summary>
    /// <param name="frame">Number of the frame.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="mask">Row-major.</param>
    /// <param name="denoiserVersion">Version of the denoiser.</param>
    public static UnsupportedMask Of(long frame, int height, int width, ReadOnlySpan<bool> mask, int denoiserVersion)
    {
        var runs = new List<int>();
        for (var i = mask.IndexOf(true); i < mask.Length && i >= 0;)
        {
            var length = mask[i..].IndexOf(false);
            length = length < 0 ? mask.Length - i : length;
            runs.Add(i);
            runs.Add(length);
            var next = mask[(i + length)..].IndexOf(true);
            i = next < 0 ? -1 : i + length + next;
        }

        return new UnsupportedMask(frame, height, width, runs, denoiserVersion);
    }
}
