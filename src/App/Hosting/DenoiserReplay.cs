using LiveLtem.App.Profiles;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Core.Pipeline;
using LiveLtem.Inference.Denoise;
using LiveLtem.Session.Log;

namespace LiveLtem.App.Hosting;

/// <summary>Repeats in a re-analysis what took the noise off a session's frames: what it began with, and each adapted network, as the session kept it, at its frame.</summary>
internal sealed class DenoiserReplay : IDenoiserSwitch, IDisposable
{
    private readonly Queue<(long FirstFrame, PreparedDenoiser Prepared)> _changes = new();
    private SpectralDenoiser? _denoiser;

    private DenoiserReplay(string session, IReadOnlyList<DenoiserInUse> denoisers, Profile profile, int height, int width)
    {
        var warnings = new List<string>();
        if (denoisers[0] is { Sha256: { } begun } first && Denoisers.CardOf(profile)?.Sha256 is var here && here != begun)
        {
            warnings.Add($"the session's noise was taken off by a network {first.Name} of SHA-256 {begun[..12]}, here it is {here?[..12] ?? "not to be had"}: results will differ");
        }

        try
        {
            foreach (var denoiser in denoisers)
            {
                if (denoiser.FirstFrame is { } frame)
                {
                    var prepared = PreparedDenoiser.Load(Path.Combine(SessionSource.DenoiserFolder(session), $"{denoiser.Name}.json"), denoiser.Version, height, width);
                    _changes.Enqueue((frame, prepared));
                    if (prepared.Denoiser.Sha256 != denoiser.Sha256)
                    {
                        throw new InputException($"{session}: the network {denoiser.Name} that the session keeps is not the one that it was analysed with: --profile {profile.Name} analyses it afresh");
                    }
                }
            }
        }
        catch
        {
            Dispose();
            throw;
        }

        Warnings = warnings;
    }

    /// <summary>Why results may differ from the session's, for people.</summary>
    public IReadOnlyList<string> Warnings { get; } = [];

    /// <summary>What was changed and where, for reports; null where nothing was.</summary>
    public string? Describe { get; private set; }

    /// <summary>Reads what a session says; null where the source is none, or its noise was not taken off.</summary>
    /// <param name="source">What is analysed.</param>
    /// <param name="profile">The session's profile.</param>
    /// <param name="height">Rows of a frame.</param>
    /// <param name="width">Columns.</param>
    /// <exception cref="InputException">A network that the session kept is missing or damaged.</exception>
    public static DenoiserReplay? Of(string source, Profile profile, int height, int width)
    {
        if (!profile.Denoise.Enabled || !SessionSource.Recognises(source))
        {
            return null;
        }

        try
        {
            return SessionSource.Denoisers(source) is { Count: > 0 } denoisers ? new DenoiserReplay(source, denoisers, profile, height, width) : null;
        }
        catch (FrameFormatException)
        {
            // A damaged head: opening the session repairs it, or says what is wrong with it.
            return null;
        }
    }

    /// <summary>Says whose network changes.</summary>
    public void Drive(IFrameDenoiser? denoiser) => _denoiser = denoiser as SpectralDenoiser;

    /// <inheritdoc/>
    public void Before(long frame)
    {
        while (_changes.TryPeek(out var change) && change.FirstFrame <= frame)
        {
            _changes.Dequeue();
            using var prepared = change.Prepared;
            try
            {
                var now = (_denoiser ?? throw new InputException("this profile takes no noise off")).Switch(prepared, frame);
                Describe = $"{(Describe is null ? "" : Describe + ", ")}version {now.Version} ({now.Name}) from frame {frame}";
            }
            catch (Exception error)
            {
                throw new PipelineFaultException($"the change of denoiser at frame {change.FirstFrame} cannot be repeated: {error.Message}", error);
            }
        }
    }

    /// <inheritdoc/>
    public void End()
    {
        // What was changed after the last frame concerns none.
    }

    /// <summary>Frees the networks that did not come on.</summary>
    public void Dispose()
    {
        while (_changes.TryDequeue(out var change))
        {
            change.Prepared.Dispose();
        }
    }
}
