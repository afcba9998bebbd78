using LiveLtem.Core;
using OpenCvSharp;

namespace LiveLtem.Training.Samples;

/// <summary>A lab's own frame with its masks, one for each layer.</summary>
internal sealed class LabelledFrame : IDisposable
{
    private LabelledFrame(Mat image, LabelMask[] masks)
    {
        Image = image;
        Masks = masks;
        Background = Median(image);
    }

    /// <summary>Grey values, CV_32FC1. Not changed after loading, so that threads may read it.</summary>
    public Mat Image { get; }

    /// <summary>One for each layer, as large as the image.</summary>
    public LabelMask[] Masks { get; }

    /// <summary>Median grey value.</summary>
    public float Background { get; }

    /// <summary>Shorter lengths of all of its particles, px.</summary>
    public IEnumerable<double> MinorsPx => Masks.SelectMany(m => m.Particles).Select(p => p.MinorPx);

    /// <summary>Memory that it takes, bytes.</summary>
    public long Bytes => (long)Image.Width * Image.Height * (sizeof(float) + (Masks.Length * sizeof(ushort)));

    /// <summary>Loads a frame; one much finer than will be needed is binned.</summary>
    /// <param name="imagePath">Any picture.</param>
    /// <param name="maskPaths">One for each layer.</param>
    /// <param name="finestPx">Particles need not be larger than this.</param>
    /// <exception cref="InputException">Something cannot be read or does not fit together.</exception>
    public static LabelledFrame Load(string imagePath, IReadOnlyList<string> maskPaths, double finestPx)
    {
        var image = PictureFile.ReadGrey(imagePath);
        try
        {
            var masks = maskPaths.Select(LabelMask.Read).ToArray();
            for (var i = 0; i < masks.Length; i++)
            {
                if (masks[i].Width != image.Width || masks[i].Height != image.Height)
                {
                    throw new InputException(
                        $"{maskPaths[i]} is {masks[i].Width} x {masks[i].Height} px, {imagePath} is {image.Width} x {image.Height} px: a mask must be as large as its image");
                }
            }

            var minors = masks.SelectMany(m => m.Particles).Select(p => p.MinorPx).Order().ToArray();
            var factor = minors.Length == 0 ? 1 : (int)(minors[minors.Length / 2] / finestPx);
            if (factor < 2)
            {
                return new LabelledFrame(image, masks);
            }

            using var whole = image[new Rect(0, 0, image.Width / factor * factor, image.Height / factor * factor)];
            var binned = new Mat();
            Cv2.Resize(whole, binned, new Size(image.Width / factor, image.Height / factor), 0, 0, InterpolationFlags.Area);
            image.Dispose();
            return new LabelledFrame(binned, Array.ConvertAll(masks, m => m.Binned(factor)));
        }
        catch (InputException)
        {
            image.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Image.Dispose();

    private static float Median(Mat image)
    {
        image.GetArray(out float[] values);
        Array.Sort(values);
        return values[values.Length / 2];
    }
}
