using LiveLtem.Training.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace LiveLtem.Training.Running;

/// <summary>Adam with decoupled weight decay (Loshchilov and Hutter 2019, arXiv:1711.05101). Its own, so that all of its state is in the checkpoint.</summary>
/// <param name="parameters">What it moves.</param>
/// <param name="weightDecay">Share of each weight that goes away at a step, times the rate; not of offsets and normalisation.</param>
internal sealed class AdamW(IReadOnlyList<Tensor> parameters, double weightDecay) : IDisposable
{
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.999;
    private const double Epsilon = 1e-8;

    /// <summary>Running mean of each gradient.</summary>
    public IReadOnlyList<Tensor> First { get; } = [.. parameters.Select(parameter => zeros_like(parameter).DetachFromDisposeScope())];

    /// <summary>Running mean of each gradient's square.</summary>
    public IReadOnlyList<Tensor> Second { get; } = [.. parameters.Select(parameter => zeros_like(parameter).DetachFromDisposeScope())];

    /// <summary>Takes one step along the gradients and clears them.</summary>
    /// <param name="step">Number of this step, from 0.</param>
    /// <param name="rate">Learning rate.</param>
    /// <param name="longest">Gradients together are shortened to this length.</param>
    public void Step(long step, double rate, double longest)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        nn.utils.clip_grad_norm_(parameters.Select(parameter => (TorchSharp.Modules.Parameter)parameter), longest);
        var mean = 1 - Math.Pow(Beta1, step + 1);
        var square = 1 - Math.Pow(Beta2, step + 1);
        for (var i = 0; i < parameters.Count; i++)
        {
            var parameter = parameters[i];
            var gradient = parameter.grad!;
            if (parameter.dim() > 1)
            {
                parameter.Multiply(1 - (rate * weightDecay));
            }

            First[i].Multiply(Beta1).Add(gradient, 1 - Beta1);
            Second[i].Multiply(Beta2).AddProduct(gradient, gradient, 1 - Beta2);
            parameter.AddQuotient(First[i], Second[i].Over(square).sqrt_().Add(Epsilon), -rate / mean);
            gradient.zero_();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var state in First.Concat(Second))
        {
            state.Dispose();
        }
    }
}
