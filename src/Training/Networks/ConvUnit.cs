using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LiveLtem.Training.Networks;

/// <summary>A convolution, then normalisation over the batch and a rectifier where they are wanted.</summary>
internal sealed class ConvUnit : Module<Tensor, Tensor>
{
    private readonly Conv2d _conv;
    private readonly BatchNorm? _norm;

    /// <summary>Makes one, with random weights.</summary>
    /// <param name="inputs">Channels in.</param>
    /// <param name="outputs">Channels out.</param>
    /// <param name="kernel">Side of the kernel.</param>
    /// <param name="stride">Stride.</param>
    /// <param name="padding">Zeros around.</param>
    /// <param name="groups">1, or <paramref name="inputs"/> for a kernel for each channel.</param>
    /// <param name="norm">Whether it normalises over the batch.</param>
    /// <param name="relu">Whether it rectifies.</param>
    public ConvUnit(int inputs, int outputs, int kernel, int stride, int padding, int groups, bool norm, bool relu)
        : base("conv")
    {
        Kernel = kernel;
        Stride = stride;
        Padding = padding;
        Groups = groups;
        Relu = relu;
        _conv = Conv2d(inputs, outputs, (long)kernel, (long)stride, (long)padding, groups: groups, bias: !norm);
        _norm = norm ? new BatchNorm(outputs) : null;
        RegisterComponents();
    }

    /// <summary>Side of the kernel.</summary>
    public int Kernel { get; }

    /// <summary>Stride.</summary>
    public int Stride { get; }

    /// <summary>Zeros around.</summary>
    public int Padding { get; }

    /// <summary>Groups of channels.</summary>
    public int Groups { get; }

    /// <summary>Whether it rectifies.</summary>
    public bool Relu { get; }

    /// <summary>Its convolution.</summary>
    public Conv2d Conv => _conv;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        var answer = _conv.forward(input);
        answer = _norm is null ? answer : _norm.forward(answer);
        return Relu ? answer.relu_() : answer;
    }

    /// <summary>Kernels and offsets that do the same in one go once trained: the normalisation folded in.</summary>
    public (Tensor Weight, Tensor Bias) Folded()
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        if (_norm is null)
        {
            return (_conv.weight.clone().MoveToOuterDisposeScope(), _conv.bias!.clone().MoveToOuterDisposeScope());
        }

        var scale = _norm.Weight / _norm.Variance.Plus(BatchNorm.Epsilon).sqrt();
        return ((_conv.weight * scale.reshape(-1, 1, 1, 1)).MoveToOuterDisposeScope(), (_norm.Bias - (_norm.Mean * scale)).MoveToOuterDisposeScope());
    }
}
