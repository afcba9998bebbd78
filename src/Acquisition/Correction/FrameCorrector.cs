using System.Numerics.Tensors;
using LiveLtem.Core;

namespace LiveLtem.Acquisition.Correction;

/// <summary>Takes a camera's own pattern out of its frames: dark image, gain reference, hot pixels.</summary>
/// <remarks>Immutable and thread-safe. Without dark image and gain the pixel type stays, so counts remain integers; with either the result is float32.
/// A dark <i>level</i> (one number) is no pattern: it belongs to the calibration and is not subtracted here.</remarks>
public sealed class FrameCorrector
{
    /// <summary>Frames that <see cref="Learn"/> makes good use of; more add little.</summary>
    public const int LearningFrames = 16;

    private const int FewestFrames = 4;
    private readonly float[]? _dark;
    private readonly float[]? _gain;

    /// <summary>Creates a corrector.</summary>
    /// <param name="height">Rows of the frames.</param>
    /// <param name="width">Columns.</param>
    /// <param name="hotPixels">Pixels to replace; null for none.</param>
    /// <param name="dark">Counts without beam, [height, width]; null for none. Subtracted.</param>
    /// <param name="gain">Gain reference, [height, width]; null for none. Frames are multiplied by it (as SerialEM and MotionCor do) after it was
    /// normalised to a mean of 1; pixels where it is zero or not finite are replaced like hot ones.</param>
    /// <exception cref="InputException">An image has another size, or the gain has no positive value.</exception>
    public FrameCorrector(int height, int width, HotPixelMap? hotPixels = null, float[]? dark = null, float[]? gain = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        Demand(height, width, dark, "dark image");
        Demand(height, width, gain, "gain reference");
        if (hotPixels is not null && (hotPixels.Height != height || hotPixels.Width != width))
        {
            throw new InputException($"the hot-pixel map is for {hotPixels.Height} x {hotPixels.Width} pixels, the frames are {height} x {width}");
        }

        _dark = dark;
        (_gain, var dead) = Normalise(gain);
        Height = height;
        Width = width;
        HotPixels = new HotPixelMap(height, width, (hotPixels?.Pixels ?? []).Concat(dead));
    }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>Pixels that are replaced; their count is for the report.</summary>
    public HotPixelMap HotPixels { get; }

    /// <summary>True where nothing would change.</summary>
    public bool IsIdentity => _dark is null && _gain is null && HotPixels.Count == 0;

    /// <summary>Finds hot and dead pixels by their temporal statistics.</summary>
    /// <param name="frames">The first frames of a recording, of one size; <see cref="LearningFrames"/> are plenty. Fewer than 4 give an empty map: time tells nothing then.</param>
    /// <returns>The map; the same frames always give the same.</returns>
    public static HotPixelMap Learn(IReadOnlyList<Frame> frames)
    {
        ArgumentNullException.ThrowIfNull(frames);
        ArgumentOutOfRangeException.ThrowIfZero(frames.Count);
        var (height, width) = (frames[0].Height, frames[0].Width);
        if (frames.Any(f => f.Height != height || f.Width != width))
        {
            throw new ArgumentException("the frames differ in size", nameof(frames));
        }

        return frames.Count < FewestFrames ? HotPixelMap.None(height, width) : new HotPixelMap(height, width, HotPixelFinder.Find(frames));
    }

    /// <summary>The corrected frame, under the same header.</summary>
    /// <param name="frame">Stays the caller's.</param>
    /// <param name="pool">Where the new buffer comes from.</param>
    /// <returns>A new lease that the caller owns; of the same pixels where nothing would change.</returns>
    /// <exception cref="InputException">The frame has another size.</exception>
    public Frame Apply(Frame frame, FramePool pool)
    {
        ArgumentNullException.ThrowIfNull(frame);
        ArgumentNullException.ThrowIfNull(pool);
        if (frame.Height != Height || frame.Width != Width)
        {
            throw new InputException($"frame {frame.Number} is {frame.Height} x {frame.Width} pixels, its correction is for {Height} x {Width}");
        }

        if (IsIdentity)
        {
            return frame.Share();
        }

        var toFloat = _dark is not null || _gain is not null;
        using var draft = pool.Rent(Height, Width, toFloat ? PixelType.Float32 : frame.Type);
        if (toFloat)
        {
            var pixels = draft.Pixels<float>();
            frame.CopyTo(pixels);
            if (_dark is not null)
            {
                TensorPrimitives.Subtract(pixels, _dark, pixels);
            }

            if (_gain is not null)
            {
                TensorPrimitives.Multiply(pixels, _gain, pixels);
            }
        }
        else
        {
            frame.Bytes.CopyTo(draft.Bytes);
        }

        ReplaceHot(draft);
        return draft.Publish(frame.Header);
    }

    private void ReplaceHot(FrameDraft draft)
    {
        switch (draft.Type)
        {
            case PixelType.UInt8:
                HotPixels.Replace(draft.Pixels<byte>());
                break;
            case PixelType.Int8:
                HotPixels.Replace(draft.Pixels<sbyte>());
                break;
            case PixelType.UInt16:
                HotPixels.Replace(draft.Pixels<ushort>());
                break;
            case PixelType.Int16:
                HotPixels.Replace(draft.Pixels<short>());
                break;
            case PixelType.UInt32:
                HotPixels.Replace(draft.Pixels<uint>());
                break;
            case PixelType.Int32:
                HotPixels.Replace(draft.Pixels<int>());
                break;
            default:
                HotPixels.Replace(draft.Pixels<float>());
                break;
        }
    }

    private static (float[]? Gain, List<int> Dead) Normalise(float[]? gain)
    {
        var dead = new List<int>();
        if (gain is null)
        {
            return (null, dead);
        }

        var sum = 0.0;
        for (var i = 0; i < gain.Length; i++)
        {
            if (float.IsFinite(gain[i]) && gain[i] > 0)
            {
                sum += gain[i];
            }
            else
            {
                dead.Add(i);
            }
        }

        if (dead.Count == gain.Length)
        {
            throw new InputException("the gain reference has no positive value");
        }

        var mean = sum / (gain.Length - dead.Count);
        var normalised = new float[gain.Length];
        for (var i = 0; i < gain.Length; i++)
        {
            normalised[i] = float.IsFinite(gain[i]) && gain[i] > 0 ? (float)(gain[i] / mean) : 0;
        }

        return (normalised, dead);
    }

    private static void Demand(int height, int width, float[]? image, string what)
    {
        if (image is not null && image.Length != (long)height * width)
        {
            throw new InputException($"the {what} has {image.Length} pixels, the frames are {height} x {width}");
        }
    }
}
