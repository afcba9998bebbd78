using Microsoft.ML.OnnxRuntime;

namespace LiveLtem.Inference.Models;

/// <summary>The buffers of one run of a network, bound once and used again and again.</summary>
public sealed class NetworkRun : IDisposable
{
    private readonly NetworkModel _model;
    private readonly byte[] _image;
    private readonly byte[] _maps;
    private readonly float[] _geometry;
    private readonly OrtValue _input;
    private readonly OrtValue[] _outputs;
    private readonly RunOptions _options = new();

    internal NetworkRun(NetworkModel model, int height, int width)
    {
        var card = model.Card;
        _model = model;
        Height = height;
        Width = width;
        GeometryHeight = height / card.GeometryStride;
        GeometryWidth = width / card.GeometryStride;
        _image = GC.AllocateUninitializedArray<byte>(height * width, pinned: true);
        _maps = GC.AllocateUninitializedArray<byte>(card.Layers * MapLayout.Probabilities * height * width, pinned: true);
        _geometry = GC.AllocateUninitializedArray<float>(card.Layers * MapLayout.Measures * GeometryHeight * GeometryWidth, pinned: true);
        _input = OrtValue.CreateTensorValueFromMemory(_image, [1, 1, height, width]);
        _outputs =
        [
            OrtValue.CreateTensorValueFromMemory(_maps, [1, card.Layers * MapLayout.Probabilities, height, width]),
            OrtValue.CreateTensorValueFromMemory(_geometry, [1, card.Layers * MapLayout.Measures, GeometryHeight, GeometryWidth]),
        ];
    }

    /// <summary>Rows of the picture.</summary>
    public int Height { get; }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>Rows of a geometry map.</summary>
    public int GeometryHeight { get; }

    /// <summary>Columns of a geometry map.</summary>
    public int GeometryWidth { get; }

    /// <summary>The picture to fill before <see cref="Run"/>, row-major [Height, Width], as <see cref="PixelScale"/> makes it.</summary>
    public Span<byte> Image => _image;

    /// <summary>Runs the network.</summary>
    public void Run() => _model.Run(_options, _input, _outputs);

    /// <summary>A probability map, [Height, Width], 255 = 1.</summary>
    /// <param name="layer">0 or 1.</param>
    /// <param name="map">One of the first <see cref="MapLayout.Probabilities"/>.</param>
    public Span<byte> Map(int layer, int map) => _maps.AsSpan(((layer * MapLayout.Probabilities) + map) * Height * Width, Height * Width);

    /// <summary>Address of a probability map, for as long as the run is held.</summary>
    internal nint MapMemory(int layer, int map) =>
        System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(_maps, ((layer * MapLayout.Probabilities) + map) * Height * Width);

    /// <summary>A map of measures, [GeometryHeight, GeometryWidth].</summary>
    /// <param name="layer">0 or 1.</param>
    /// <param name="map">One of <see cref="MapLayout.LogSize"/> and after.</param>
    public ReadOnlySpan<float> Geometry(int layer, int map)
    {
        var size = GeometryHeight * GeometryWidth;
        return _geometry.AsSpan(((layer * MapLayout.Measures) + map - MapLayout.Probabilities) * size, size);
    }

    /// <summary>Gives the buffers back to the model.</summary>
    public void Dispose() => _model.Return(this);

    internal void Free()
    {
        _input.Dispose();
        foreach (var output in _outputs)
        {
            output.Dispose();
        }

        _options.Dispose();
    }
}
