using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LiveLtem.Training.Networks;

/// <summary>Normalises each channel over the batch (Ioffe and Szegedy 2015, arXiv:1502.03167).</summary>
/// <remarks>In place of TorchSharp's, which counts batches by way of a number that a garbage collection may free (see <see cref="Arithmetic"/>). The count
/// served nothing; checkpoints that have it are read all the same.</remarks>
internal sealed class BatchNorm : Module<Tensor, Tensor>
{
    /// <summary>Added to variances, so that none is zero.</summary>
    public const double Epsilon = 1e-5;

    // Share of a batch's statistics in the running ones.
    private const double Momentum = 0.1;

    /// <summary>Makes one.</summary>
    /// <param name="channels">Channels.</param>
    public BatchNorm(int channels)
        : base("norm")
    {
        (Weight, Bias) = (new Parameter(ones(channels)), new Parameter(zeros(channels)));
        (Mean, Variance) = (zeros(channels), ones(channels));
        foreach (var tensor in (Tensor[])[Weight, Bias, Mean, Variance])
        {
            tensor.DetachFromDisposeScope();
        }

        // The names in checkpoints.
        register_parameter("weight", Weight);
        register_parameter("bias", Bias);
        register_buffer("running_mean", Mean);
        register_buffer("running_var", Variance);
    }

    /// <summary>Factor of each channel.</summary>
    public Parameter Weight { get; }

    /// <summary>Offset of each channel.</summary>
    public Parameter Bias { get; }

    /// <summary>Running mean of each channel.</summary>
    public Tensor Mean { get; }

    /// <summary>Running variance of each channel.</summary>
    public Tensor Variance { get; }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => functional.batch_norm(input, Mean, Variance, Weight, Bias, training, Momentum, Epsilon);
}
