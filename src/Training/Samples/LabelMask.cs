using LiveLtem.Core;
using OpenCvSharp;

namespace LiveLtem.Training.Samples;

/// <summary>A mask read from a file: which particle each pixel belongs to, and the particles' own figures.</summary>
internal sealed class LabelMask
{
    // Fewer pixels than these are a slip of the brush.
    private const int SmallestPx = 4;

    private LabelMask(int width, int height, ushort[] labels, ParticleLabel[] particles)
    {
        Width = width;
        Height = height;
        Labels = labels;
        Particles = particles;
    }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Row-major [height, width]: 0 background, k the k-th particle.</summary>
    public ushort[] Labels { get; }

    /// <summary>Figures of particle 1, 2, … in pixels of the mask; of what is seen of it where the frame's border cuts it.</summary>
    public ParticleLabel[] Particles { get; }

    /// <summary>Reads a mask.</summary>
    /// <param name="path">A picture without losses: grey values or colours are particles; where there is but one, each connected piece is.</param>
    /// <exception cref="InputException">It is not such a picture.</exception>
    public static LabelMask Read(string path)
    {
        if (Path.GetExtension(path).ToUpperInvariant() is ".JPG" or ".JPEG")
        {
            throw new InputException($"{path}: a JPEG blurs the labels of a mask; save it as PNG or TIFF");
        }

        using var raw = PictureFile.Read(path);
        var (width, height) = (raw.Width, raw.Height);
        var values = Values(raw, path);
        var names = new Dictionary<int, ushort>();
        foreach (var value in values)
        {
            if (value != 0 && !names.ContainsKey(value))
            {
                if (names.Count == ushort.MaxValue)
                {
                    throw new InputException($"{path}: more than {ushort.MaxValue} different labels; each particle should have one value of its own");
                }

                names.Add(value, (ushort)(names.Count + 1));
            }
        }

        var labels = names.Count == 1 ? Pieces(values, width, height, path) : Array.ConvertAll(values, v => v == 0 ? (ushort)0 : names[v]);
        var particles = Measure(labels, width, path);
        return new LabelMask(width, height, labels, particles);
    }

    /// <summary>The mask at a whole fraction of its size, each pixel that of the middle of its block; the particles' figures go with it.</summary>
    public LabelMask Binned(int factor)
    {
        var (width, height) = (Width / factor, Height / factor);
        var labels = new ushort[width * height];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                labels[(y * width) + x] = Labels[(((y * factor) + (factor / 2)) * Width) + (x * factor) + (factor / 2)];
            }
        }

        return new LabelMask(width, height, labels, Array.ConvertAll(Particles, p => p.Scaled(1.0 / factor, 0, 0)));
    }

    private static int[] Values(Mat raw, string path)
    {
        var channels = raw.Channels();
        if (raw.Depth() is not (MatType.CV_8U or MatType.CV_16U or MatType.CV_32S) || (channels > 1 && raw.Depth() != MatType.CV_8U))
        {
            throw new InputException($"{path}: a mask holds whole numbers of 8 or 16 bits, or 8-bit colours");
        }

        using var values = new Mat();
        raw.ConvertTo(values, MatType.CV_32S);
        using var row = values.Reshape(1);
        row.GetArray(out int[] flat);
        if (channels == 1)
        {
            return flat;
        }

        // Alpha says nothing about particles; grey saved as colour has three equal channels and stays as it is.
        var colours = Math.Min(channels, 3);
        var result = new int[flat.Length / channels];
        for (var i = 0; i < result.Length; i++)
        {
            for (var c = 0; c < colours; c++)
            {
                result[i] = (result[i] << 8) | flat[(i * channels) + c];
            }
        }

        return result;
    }

    private static ushort[] Pieces(int[] values, int width, int height, string path)
    {
        using var binary = new Mat(height, width, MatType.CV_8UC1);
        binary.SetArray(Array.ConvertAll(values, v => (byte)(v == 0 ? 0 : 1)));
        using var pieces = new Mat();
        // Particles that meet at a corner only are two.
        var count = Cv2.ConnectedComponents(binary, pieces, PixelConnectivity.Connectivity4, MatType.CV_32S);
        if (count > ushort.MaxValue)
        {
            throw new InputException($"{path}: {count} separate pieces; a mask of particles has far fewer");
        }

        pieces.GetArray(out int[] labels);
        return Array.ConvertAll(labels, l => (ushort)l);
    }

    private static ParticleLabel[] Measure(ushort[] labels, int width, string path)
    {
        var points = new Dictionary<ushort, List<Point>>();
        for (var i = 0; i < labels.Length; i++)
        {
            if (labels[i] != 0)
            {
                if (!points.TryGetValue(labels[i], out var list))
                {
                    points[labels[i]] = list = [];
                }

                list.Add(new Point(i % width, i / width));
            }
        }

        var particles = new List<ParticleLabel>();
        var renamed = new Dictionary<ushort, ushort>();
        foreach (var (name, list) in points.OrderBy(p => p.Key))
        {
            if (list.Count >= SmallestPx)
            {
                particles.Add(MeasureOne(list));
                renamed[name] = (ushort)particles.Count;
            }
        }

        if (points.Count >= 20 && particles.Count < points.Count / 2)
        {
            throw new InputException($"{path}: {points.Count} labels, most of them of fewer than {SmallestPx} pixels; a mask's edges must be hard, each particle one value");
        }

        for (var i = 0; i < labels.Length; i++)
        {
            labels[i] = labels[i] != 0 && renamed.TryGetValue(labels[i], out var name) ? name : (ushort)0;
        }

        return [.. particles];
    }

    private static ParticleLabel MeasureOne(List<Point> pixels)
    {
        double n = pixels.Count, sx = 0, sy = 0, xx = 0, yy = 0, xy = 0;
        foreach (var p in pixels)
        {
            sx += p.X;
            sy += p.Y;
        }

        var (cx, cy) = (sx / n, sy / n);
        foreach (var p in pixels)
        {
            xx += (p.X - cx) * (p.X - cx);
            yy += (p.Y - cy) * (p.Y - cy);
            xy += (p.X - cx) * (p.Y - cy);
        }

        // Pixels are squares, not points: each adds its own moment and half its width at either end.
        var box = Cv2.MinAreaRect(pixels);
        var minor = Math.Min(box.Size.Width, box.Size.Height) + 1;
        return ParticleLabel.Of(cx, cy, minor, (xx / n) + (1.0 / 12), (yy / n) + (1.0 / 12), xy / n);
    }
}
