using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using LiveLtem.Core;
using LiveLtem.HardwareSim.Rendering;
using LiveLtem.HardwareSim.Scenes;

namespace LiveLtem.HardwareSim;

/// <summary>Plays a scene through its camera: each call gives the next picture in the pixel type asked for.</summary>
/// <remarks>Not thread-safe.</remarks>
public sealed class Simulator
{
    private readonly FrameRenderer _renderer;
    private readonly float[] _plane;

    /// <summary>Prepares a scene by name.</summary>
    /// <exception cref="InputException">There is no such scene, or an option is out of range.</exception>
    public Simulator(string scene, SceneOptions options)
        : this(SceneCatalog.Create(scene, options))
    {
    }

    /// <summary>Prepares a scene.</summary>
    public Simulator(Scene scene)
    {
        ArgumentNullException.ThrowIfNull(scene);
        Scene = scene;
        var settings = scene.Settings;
        _renderer = new FrameRenderer(settings);
        _plane = new float[settings.SizePx * settings.SizePx];
        Detector = new Detector(settings.Detector, settings.Options.Seed, settings.SizePx, settings.SizePx, settings.ElectronsPerPixel);
    }

    /// <summary>The scene.</summary>
    public Scene Scene { get; }

    /// <summary>The camera.</summary>
    public Detector Detector { get; }

    /// <summary>Bytes of one picture.</summary>
    public int FrameBytes => _plane.Length * Scene.Settings.Options.Type.BytesPerPixel();

    /// <summary>Takes the next picture.</summary>
    /// <param name="pixels">Out: <see cref="FrameBytes"/> bytes, row-major, machine byte order.</param>
    /// <returns>What the picture shows.</returns>
    public SceneFrame Next(Span<byte> pixels) => Next(pixels, []);

    /// <summary>Takes the next picture, and the same without any noise.</summary>
    /// <param name="pixels">Out: <see cref="FrameBytes"/> bytes, row-major, machine byte order.</param>
    /// <param name="clean">Out: the counts that the same electrons give on average; empty where nobody asks.</param>
    /// <returns>What the picture shows.</returns>
    public SceneFrame Next(Span<byte> pixels, Span<float> clean)
    {
        var frame = Scene.NextFrame();
        // A picture sent again is still in the plane.
        if (frame.RepeatOf is null)
        {
            _renderer.Render(frame, _plane);
            if (!clean.IsEmpty)
            {
                _plane.CopyTo(clean);
                Detector.ExposeNoiseless(clean);
            }

            Detector.Expose(_plane, frame.Number);
        }

        Store(pixels);
        return frame;
    }

    private void Store(Span<byte> pixels)
    {
        switch (Scene.Settings.Options.Type)
        {
            case PixelType.UInt8:
                Round(pixels, byte.MaxValue);
                break;
            case PixelType.UInt16:
                Round(MemoryMarshal.Cast<byte, ushort>(pixels), ushort.MaxValue);
                break;
            default:
                _plane.CopyTo(MemoryMarshal.Cast<byte, float>(pixels));
                break;
        }
    }

    private void Round<T>(Span<T> pixels, float ceiling) where T : unmanaged, System.Numerics.INumber<T>
    {
        Span<float> line = stackalloc float[1024];
        for (var start = 0; start < _plane.Length; start += line.Length)
        {
            var count = Math.Min(line.Length, _plane.Length - start);
            var part = line[..count];
            TensorPrimitives.Add(_plane.AsSpan(start, count), 0.5f, part);
            TensorPrimitives.Max(part, 0f, part);
            TensorPrimitives.Min(part, ceiling, part);
            TensorPrimitives.ConvertTruncating<float, T>(part, pixels.Slice(start, count));
        }
    }
}
