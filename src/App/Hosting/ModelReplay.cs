using LiveLtem.App.Profiles;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Core.Pipeline;
using LiveLtem.Inference;
using LiveLtem.Inference.Models;
using LiveLtem.Session.Log;

namespace LiveLtem.App.Hosting;

/// <summary>Repeats in a re-analysis what segmented a session's frames: the model that it began with, and each change at its frame.</summary>
internal sealed class ModelReplay : IModelSwitch, IDisposable
{
    private readonly Queue<(long FirstFrame, string Name, NetworkModel? Network)> _changes = new();
    private ParticleDetector? _detector;

    private ModelReplay(string session, IReadOnlyList<ModelInUse> models, Profile profile)
    {
        var choices = new ModelChoices(profile);
        var warnings = new List<string>();
        try
        {
            foreach (var model in models)
            {
                if (!choices.Names.Contains(model.Name))
                {
                    throw new InputException($"{session}: the session was segmented by the model {model.Name}, which is not here; --model NAME analyses it with another one ({string.Join(", ", choices.Names)})");
                }

                if (choices.Sha256Of(model.Name) is var hash && hash != model.Sha256)
                {
                    warnings.Add($"the session was segmented by a model {model.Name} of SHA-256 {Head(model.Sha256)}, here it is {Head(hash)}: results will differ");
                }

                if (model.FirstFrame is { } first)
                {
                    _changes.Enqueue((first, model.Name, choices.Load(model.Name)));
                }
            }
        }
        catch
        {
            Dispose();
            throw;
        }

        Warnings = warnings;
        Profile = models[0].FirstFrame is null ? profile with { Model = choices.SourceOf(models[0].Name) } : profile;
    }

    /// <summary>The session's profile, with the model that it began with.</summary>
    public Profile Profile { get; }

    /// <summary>Why results may differ from the session's, for people.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>What was changed and where, for reports; null where nothing was.</summary>
    public string? Describe { get; private set; }

    /// <summary>Reads what a session says; null where the source is none or it does not say.</summary>
    /// <param name="source">What is analysed.</param>
    /// <param name="profile">The session's profile.</param>
    /// <exception cref="InputException">A model is not here, or damaged.</exception>
    public static ModelReplay? Of(string source, Profile profile)
    {
        if (!SessionSource.Recognises(source))
        {
            return null;
        }

        try
        {
            return SessionSource.Models(source) is { Count: > 0 } models ? new ModelReplay(source, models, profile) : null;
        }
        catch (FrameFormatException)
        {
            // A damaged head: opening the session repairs it, or says what is wrong with it.
            return null;
        }
    }

    /// <summary>Says whose network changes.</summary>
    public void Drive(IParticleDetector detector) => _detector = detector as ParticleDetector;

    /// <inheritdoc/>
    public void Before(long frame)
    {
        while (_changes.TryPeek(out var change) && change.FirstFrame <= frame)
        {
            _changes.Dequeue();
            try
            {
                if (_detector is null)
                {
                    throw new InputException("this profile segments without a network");
                }

                using var prepared = _detector.Prepare(change.Network);
                _detector.Switch(prepared, frame);
            }
            catch (Exception error)
            {
                throw new PipelineFaultException($"the change of model at frame {change.FirstFrame} cannot be repeated: {error.Message}", error);
            }

            Describe = $"{(Describe is null ? "" : Describe + ", ")}{change.Name} from frame {frame}";
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
            change.Network?.Dispose();
        }
    }

    private static string Head(string? hash) => hash is null ? "none" : hash[..Math.Min(12, hash.Length)];
}
