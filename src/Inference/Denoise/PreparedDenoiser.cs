using LiveLtem.Core;
using LiveLtem.Core.Live;

namespace LiveLtem.Inference.Denoise;

/// <summary>A denoiser that is ready to take over from the one that serves: loaded, checked and run once on frames of the right size.</summary>
/// <remarks>Whoever holds it disposes it; once it was put on, that frees nothing.</remarks>
public sealed class PreparedDenoiser : IDisposable
{
    private DenoiseModel? _model;

    private PreparedDenoiser(DenoiseModel model, int version)
    {
        _model = model;
        Denoiser = new DenoiserInUse
        {
            Version = version,
            Name = model.Card.Name,
            Sha256 = model.Card.Sha256,
            HeldOutGain = model.Card.HeldOutGain,
            HeldOutGainBefore = model.Card.HeldOutGainBefore,
        };
    }

    /// <summary>What it is; its first frame is not known yet.</summary>
    public DenoiserInUse Denoiser { get; }

    /// <summary>Makes one ready. Takes a good part of a second: not for the pipeline's threads.</summary>
    /// <param name="nameOrFile">Name of a shipped network, or a card's file.</param>
    /// <param name="version">The number that it is to have.</param>
    /// <param name="height">Rows of the frames.</param>
    /// <param name="width">Columns.</param>
    /// <exception cref="InputException">It is missing, damaged, or not a network of this kind.</exception>
    public static PreparedDenoiser Load(string nameOrFile, int version, int height, int width)
    {
        var model = DenoiseModel.Load(nameOrFile);
        try
        {
            // Its buffers are made and its plan is laid with the first frame of a size: not while a live frame waits.
            model.Run(height, width, (_, picture) => picture.Clear(), new float[height * width]);
            return new PreparedDenoiser(model, version);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Interlocked.Exchange(ref _model, null)?.Dispose();

    /// <summary>Hands the network over.</summary>
    internal DenoiseModel Take() => Interlocked.Exchange(ref _model, null) ?? throw new ObjectDisposedException(nameof(PreparedDenoiser));
}
