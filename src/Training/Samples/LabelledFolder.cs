using System.Collections.Concurrent;
using LiveLtem.Core;
using LiveLtem.HardwareSim.Randomness;
using LiveLtem.Inference.Models;
using OpenCvSharp;

namespace LiveLtem.Training.Samples;

/// <summary>Training pictures cut from a lab's own labelled frames: at the network's scale, turned, mirrored, and varied in light and noise.</summary>
/// <remarks>DIR/images holds the frames (8 or 16 bit PNG, TIFF, JPEG, …; of several pages the first), DIR/masks a mask of the same name for each
/// (for two layers NAME.1.png, the sharper, and NAME.2.png). In a mask 0 or black is background and each other value or colour one particle; where
/// there is only one such value, each connected piece is a particle. A particle that the frame's border cuts is described by what is seen of it.
/// Thread-safe.</remarks>
public sealed class LabelledFolder : ISampleSource, IDisposable
{
    private const ulong CropStream = 1003;
    private const double BestPx = 22;
    private const double ScaleLow = 0.7;
    private const double ScaleHigh = 1.4;
    private const double LargestPx = 64;
    private const long MaxBytes = 3L << 30;
    private readonly List<LabelledFrame> _frames = [];
    private readonly List<double> _minorsPx = [];
    private readonly ConcurrentBag<RenderTools> _tools = [];
    private readonly long _seed;

    /// <summary>Loads the frames.</summary>
    /// <param name="directory">Folder with <c>images</c> and <c>masks</c>.</param>
    /// <param name="size">Side of a training picture, network pixels, a multiple of 32 from 32 to 1024.</param>
    /// <param name="layers">1 or 2.</param>
    /// <param name="seed">The same seed gives the same pictures.</param>
    /// <exception cref="InputException">Something is missing, cannot be read or does not fit together.</exception>
    public LabelledFolder(string directory, int size, int layers, long seed)
    {
        new SampleOptions { Size = size, Layers = layers }.Validate();
        (Size, Layers, _seed) = (size, layers, seed);
        try
        {
            Load(directory);
        }
        catch (InputException)
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public int Size { get; }

    /// <inheritdoc/>
    public int Layers { get; }

    /// <summary>Labelled frames found.</summary>
    public int Frames => _frames.Count;

    /// <summary>Labelled particles found.</summary>
    public int Particles => _frames.Sum(f => f.Masks.Sum(m => m.Particles.Length));

    /// <inheritdoc/>
    public void Fill(long index, Sample into)
    {
        ArgumentNullException.ThrowIfNull(into);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        if (into.Size != Size || into.Layers != Layers)
        {
            throw new ArgumentException($"a sample of {into.Size} px and {into.Layers} layers for pictures of {Size} px and {Layers} layers", nameof(into));
        }

        if (!_tools.TryTake(out var tools))
        {
            tools = new RenderTools();
        }

        tools.Reset();
        var random = new SimRandom(_seed, CropStream, index, Layers);
        var which = random.NextInt(_frames.Count);
        var crop = DrawCrop(_frames[which], _minorsPx[which], ref random);
        var turn = new Turn(random.NextInt(8));
        var upright = tools.Plane(Size * Size);
        crop.Image(_frames[which], Size, upright);
        var plane = tools.Plane(Size * Size);
        turn.Apply<float>(upright, plane, Size);
        WriteLabels(_frames[which], crop, turn, into, tools);
        into.Ordered = true;
        into.Cnr = PictureNoise.Cnr(plane, into.Instances, Size);
        PictureNoise.Vary(plane, Size, ref random);
        PictureExport.Normalise(plane, into.Image, tools, ref random);
        _tools.Add(tools);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var frame in _frames)
        {
            frame.Dispose();
        }

        _frames.Clear();
    }

    private void Load(string directory)
    {
        var images = Path.Combine(directory, "images");
        var masks = Path.Combine(directory, "masks");
        foreach (var folder in new[] { directory, images, masks })
        {
            if (!Directory.Exists(folder))
            {
                throw new InputException($"{folder}: no such folder; labelled frames are DIR/images/NAME.png with DIR/masks/NAME.png");
            }
        }

        var bytes = 0L;
        foreach (var image in PictureFile.In(images))
        {
            var stem = Path.GetFileNameWithoutExtension(image);
            var paths = Layers == 1 ? [MaskOf(image, masks, stem)] : new[] { MaskOf(image, masks, stem + ".1"), MaskOf(image, masks, stem + ".2") };
            var frame = LabelledFrame.Load(image, paths, BestPx * ScaleHigh);
            _frames.Add(frame);
            bytes += frame.Bytes;
            if (bytes > MaxBytes)
            {
                throw new InputException($"{images}: the first {_frames.Count} frames already take {bytes >> 20} MiB; label fewer frames, or cut them smaller");
            }
        }

        if (_frames.Count == 0)
        {
            throw new InputException($"{images}: no pictures ({string.Join(", ", PictureFile.Endings)}); each needs a mask of the same name in {masks}");
        }

        var all = _frames.SelectMany(f => f.MinorsPx).Order().ToArray();
        if (all.Length == 0)
        {
            throw new InputException($"{masks}: every mask is empty; a particle's pixels have a value above 0");
        }

        foreach (var frame in _frames)
        {
            // A frame with few particles goes by all of them.
            var own = frame.MinorsPx.Order().ToArray();
            _minorsPx.Add(own.Length >= 3 ? own[own.Length / 2] : all[all.Length / 2]);
        }
    }

    private static string MaskOf(string image, string masks, string stem)
    {
        var found = PictureFile.In(masks).Where(f => Path.GetFileNameWithoutExtension(f) == stem).ToArray();
        return found.Length switch
        {
            1 => found[0],
            0 => throw new InputException($"{image}: no mask {Path.Combine(masks, stem + ".png")}; add it, or take the image out"),
            _ => throw new InputException($"{image}: {found.Length} masks, {string.Join(" and ", found.Select(Path.GetFileName))}; keep one"),
        };
    }

    private Crop DrawCrop(LabelledFrame frame, double minorPx, ref SimRandom random)
    {
        var scale = BestPx / minorPx * ScaleLow * Math.Pow(ScaleHigh / ScaleLow, random.NextDouble());
        // A frame smaller than the picture is enlarged, as far as that is sound; beyond, its surroundings are filled.
        var fits = (double)Size / Math.Min(frame.Image.Width, frame.Image.Height);
        scale = Math.Max(scale, Math.Min(fits, LargestPx / minorPx));
        var side = Math.Max(4, (int)Math.Round(Size / scale));
        var centreX = random.Uniform(side / 2.0, frame.Image.Width - (side / 2.0));
        var centreY = random.Uniform(side / 2.0, frame.Image.Height - (side / 2.0));
        var mask = frame.Masks[random.NextInt(frame.Masks.Length)];
        if (mask.Particles.Length > 0 && random.NextDouble() < 0.7)
        {
            // Most pictures show a particle.
            var particle = mask.Particles[random.NextInt(mask.Particles.Length)];
            centreX = particle.XPx + random.Uniform(-side / 2.0, side / 2.0);
            centreY = particle.YPx + random.Uniform(-side / 2.0, side / 2.0);
        }

        return new Crop(
            Within((int)Math.Round(centreX - (side / 2.0)), frame.Image.Width - side),
            Within((int)Math.Round(centreY - (side / 2.0)), frame.Image.Height - side),
            side);
    }

    // Into the frame; a picture larger than the frame has it in the middle.
    private static int Within(int start, int last) => last < 0 ? last / 2 : Math.Clamp(start, 0, last);

    private void WriteLabels(LabelledFrame frame, Crop crop, Turn turn, Sample into, RenderTools tools)
    {
        var pixels = Size * Size;
        var nearest = tools.Plane(pixels);
        var upright = new ushort[pixels];
        var flags = new byte[pixels];
        for (var layer = 0; layer < Layers; layer++)
        {
            var instances = into.Instances.AsSpan(layer * pixels, pixels);
            crop.Labels(frame.Masks[layer], Size, upright);
            turn.Apply<ushort>(upright, instances, Size);
            Flags(instances, Size, flags);
            var scale = (double)Size / crop.Side;
            var particles = frame.Masks[layer].Particles
                .Select(p => turn.Apply(p.Scaled(scale, crop.X, crop.Y), Size))
                .Where(p => Near(p.XPx, p.MinorPx) && Near(p.YPx, p.MinorPx))
                .ToList();
            MapPainter.Paint(flags, particles, Size, into.Maps.AsSpan(layer * MapLayout.PerLayer * pixels, MapLayout.PerLayer * pixels), nearest);
        }
    }

    private bool Near(double position, double minor) => position > -minor && position < Size + minor;

    // The outline of a mask runs between pixels: those that touch it, if only by a corner, are at most 0.71 px away.
    private static void Flags(ReadOnlySpan<ushort> instances, int size, Span<byte> flags)
    {
        for (var y = 0; y < size; y++)
        {
            for (var x = 0; x < size; x++)
            {
                var own = instances[(y * size) + x];
                var edge = false;
                for (var j = Math.Max(0, y - 1); j <= Math.Min(size - 1, y + 1) && !edge; j++)
                {
                    for (var i = Math.Max(0, x - 1); i <= Math.Min(size - 1, x + 1); i++)
                    {
                        edge |= instances[(j * size) + i] != own;
                    }
                }

                flags[(y * size) + x] = (byte)((own > 0 ? LayerLabels.Inside : 0) | (edge ? LayerLabels.Edge : 0));
            }
        }
    }

    /// <summary>A square part of a frame; may reach beyond it.</summary>
    private readonly record struct Crop(int X, int Y, int Side)
    {
        public void Image(LabelledFrame frame, int size, Span<float> plane)
        {
            using var part = new Mat(Side, Side, MatType.CV_32FC1, new Scalar(frame.Background));
            var x0 = Math.Max(0, X);
            var y0 = Math.Max(0, Y);
            var width = Math.Min(frame.Image.Width, X + Side) - x0;
            var height = Math.Min(frame.Image.Height, Y + Side) - y0;
            using (var from = frame.Image[new Rect(x0, y0, width, height)])
            using (var to = part[new Rect(x0 - X, y0 - Y, width, height)])
            {
                from.CopyTo(to);
            }

            using var scaled = new Mat();
            Cv2.Resize(part, scaled, new Size(size, size), 0, 0, Side > size ? InterpolationFlags.Area : InterpolationFlags.Linear);
            scaled.GetArray(out float[] values);
            values.CopyTo(plane);
        }

        public void Labels(LabelMask mask, int size, Span<ushort> labels)
        {
            var step = (double)Side / size;
            for (var y = 0; y < size; y++)
            {
                var sy = Y + (int)((y + 0.5) * step);
                for (var x = 0; x < size; x++)
                {
                    var sx = X + (int)((x + 0.5) * step);
                    labels[(y * size) + x] = sx >= 0 && sy >= 0 && sx < mask.Width && sy < mask.Height ? mask.Labels[(sy * mask.Width) + sx] : (ushort)0;
                }
            }
        }
    }
}
