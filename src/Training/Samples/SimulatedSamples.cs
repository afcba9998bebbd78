using System.Collections.Concurrent;
using LiveLtem.HardwareSim.Randomness;
using LiveLtem.Inference.Models;

namespace LiveLtem.Training.Samples;

/// <summary>Simulated training pictures without end: random scenes of particles, drawn, exposed and exported in random ways, with exact labels.</summary>
/// <remarks>A scene serves for <see cref="SampleOptions.PicturesPerScene"/> pictures that lie <see cref="SampleOptions.ScenePool"/> indices apart.
/// A picture depends on the options, the seed and its index only; scenes in memory just save drawing them again. Thread-safe.</remarks>
public sealed class SimulatedSamples : ISampleSource
{
    private const ulong PictureStream = 1002;
    private const double MostInDarkField = 0.45;
    private readonly SampleOptions _options;
    private readonly long _seed;
    private readonly Kept?[] _kept;
    private readonly ConcurrentBag<RenderTools> _tools = [];

    /// <summary>Prepares to draw.</summary>
    /// <param name="options">What they are like.</param>
    /// <param name="seed">The same seed gives the same pictures.</param>
    /// <exception cref="LiveLtem.Core.InputException">An option is outside its range.</exception>
    public SimulatedSamples(SampleOptions options, long seed)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _seed = seed;
        _kept = new Kept?[options.ScenesInTurn];
    }

    /// <inheritdoc/>
    public int Size => _options.Size;

    /// <inheritdoc/>
    public int Layers => _options.Layers;

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

        Draw(index, into, tools);
        _tools.Add(tools);
    }

    private void Draw(long index, Sample into, RenderTools tools)
    {
        var scene = SceneOf(index, tools);
        tools.Reset();
        var random = new SimRandom(_seed, PictureStream, index, Layers);
        var turn = new Turn(random.NextInt(8));
        var exposure = Exposure.Draw(_options, scene, ref random);
        var pixels = Size * Size;
        var plane = tools.Plane(pixels);
        var backdrop = tools.Plane(pixels);
        turn.Apply<float>(scene.Particles, plane, Size);
        turn.Apply<float>(scene.Backdrop, backdrop, Size);
        var polarity = random.NextDouble();
        // In dark field two dark layers drown each other in their own light.
        var darkField = polarity < 0.12 && (Layers == 1 || scene.Contrast < MostInDarkField);
        for (var i = 0; i < pixels; i++)
        {
            // Dark field: what a particle takes from the direct beam is added to the picture.
            plane[i] = backdrop[i] * (darkField ? 2 - plane[i] : plane[i]);
        }

        exposure.Expose(plane, Size, tools, ref random);
        if (!darkField && polarity < 0.25)
        {
            PictureExport.Negate(plane);
        }

        PictureExport.Stretch(plane, Size, tools, ref random);
        if (random.NextDouble() < 0.05)
        {
            PictureExport.Mark(plane, Size, tools, ref random);
        }

        PictureExport.Normalise(plane, into.Image, tools, ref random);
        into.Ordered = scene.Ordered;
        into.Cnr = exposure.Cnr;
        WriteLabels(scene, turn, into, tools);
    }

    private void WriteLabels(SimulatedScene scene, Turn turn, Sample into, RenderTools tools)
    {
        var pixels = Size * Size;
        var nearest = tools.Plane(pixels);
        Span<byte> flags = new byte[pixels];
        for (var layer = 0; layer < Layers; layer++)
        {
            var labels = scene.Labels[layer];
            turn.Apply<byte>(labels.Flags, flags, Size);
            turn.Apply<ushort>(labels.Instances, into.Instances.AsSpan(layer * pixels, pixels), Size);
            var particles = labels.Particles.ConvertAll(p => turn.Apply(p, Size));
            var maps = into.Maps.AsSpan(layer * MapLayout.PerLayer * pixels, MapLayout.PerLayer * pixels);
            MapPainter.Paint(flags, particles, Size, maps, nearest);
        }
    }

    private SimulatedScene SceneOf(long index, RenderTools tools)
    {
        // Blocks of pool × pictures indices: within a block the pool's scenes come round once for each of their pictures.
        var pool = _kept.Length;
        var number = (index / ((long)pool * _options.PicturesPerScene) * pool) + (index % pool);
        ref var slot = ref _kept[number % pool];
        var kept = Volatile.Read(ref slot);
        if (kept?.Number == number)
        {
            return kept.Scene;
        }

        // Two threads may draw the same scene: it costs time, not truth.
        var scene = SceneBuilder.Build(_options, _seed, number, tools);
        Volatile.Write(ref slot, new Kept(number, scene));
        return scene;
    }

    private sealed record Kept(long Number, SimulatedScene Scene);
}
