using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LiveLtem.Training.Networks;

/// <summary>The convolutions of one level.</summary>
internal sealed class Block : Module<Tensor, Tensor>
{
    private readonly ModuleList<ConvUnit> _units;

    /// <summary>Makes one, with random weights.</summary>
    /// <param name="shape">Form of the network.</param>
    /// <param name="inputs">Channels in.</param>
    /// <param name="outputs">Channels out.</param>
    public Block(NetworkShape shape, int inputs, int outputs)
        : base("block")
    {
        AddsInput = shape.Residual && inputs == outputs;
        var units = new List<ConvUnit>();
        for (var i = 0; i < shape.ConvsPerLevel; i++)
        {
            var from = i == 0 ? inputs : outputs;
            // A sum is rectified after it is taken.
            var relu = !(AddsInput && i == shape.ConvsPerLevel - 1);
            if (shape.Separable)
            {
                units.Add(new ConvUnit(from, from, 3, 1, 1, from, shape.BatchNorm, relu: true));
                units.Add(new ConvUnit(from, outputs, 1, 1, 0, 1, shape.BatchNorm, relu));
            }
            else
            {
                units.Add(new ConvUnit(from, outputs, 3, 1, 1, 1, shape.BatchNorm, relu));
            }
        }

        _units = new ModuleList<ConvUnit>([.. units]);
        RegisterComponents();
    }

    /// <summary>Whether its input is added to its answer.</summary>
    public bool AddsInput { get; }

    /// <summary>Its convolutions, in order.</summary>
    public IReadOnlyList<ConvUnit> Units => [.. _units];

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        var x = input;
        foreach (var unit in _units)
        {
            x = unit.forward(x);
        }

        return AddsInput ? x.Plus(input).relu_() : x;
    }
}
