using LiveLtem.App.Profiles;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Inference.Models;

namespace LiveLtem.App.Hosting;

/// <summary>The networks that a session can be given by name: those that came with the program and the one its profile names by file.</summary>
internal sealed class ModelChoices
{
    private readonly ModelProvider _provider;
    private readonly string? _ownFile;
    private readonly string? _ownName;

    /// <summary>Finds them.</summary>
    /// <param name="profile">The session's profile.</param>
    public ModelChoices(Profile profile)
    {
        _provider = profile.Provider;
        if (profile.Model is { } named && named != ModelInUse.None && !ModelStore.Names.Contains(named))
        {
            _ownFile = ModelStore.Find(named);
            _ownName = ModelStore.ReadCard(_ownFile).Name;
        }

        IEnumerable<string> own = _ownName is null ? [] : [_ownName];
        Names = [ModelInUse.Auto, ModelInUse.None, .. ModelStore.Names.Union(own)];
    }

    /// <summary>What can be asked for.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Looks at a name before anything is loaded.</summary>
    /// <exception cref="InputException">There is no such model.</exception>
    public void Demand(string name)
    {
        if (!Names.Contains(name))
        {
            throw new InputException($"model '{Shown(name)}': there is none of that name; choose one of {string.Join(", ", Names)}");
        }
    }

    /// <summary>What a name stands for without loading it: a card's SHA-256, or null for thresholds.</summary>
    /// <exception cref="InputException">There is no such model, or its card is damaged.</exception>
    public string? Sha256Of(string name) => Find(name) is { } model ? ModelStore.ReadCard(ModelStore.Find(model)).Sha256 : null;

    /// <summary>Loads a network and runs it once.</summary>
    /// <returns>The network, the caller's; null for thresholds.</returns>
    /// <exception cref="InputException">There is no such model, or it is damaged.</exception>
    public NetworkModel? Load(string name) => Find(name) is { } model ? NetworkModel.Load(model, _provider) : null;

    /// <summary>What names it in a profile, whatever comes with the program later.</summary>
    /// <exception cref="InputException">There is no such model.</exception>
    public string SourceOf(string name) => Find(name) ?? ModelInUse.None;

    private string? Find(string name)
    {
        Demand(name);
        return name switch
        {
            ModelInUse.None => null,
            ModelInUse.Auto => Detectors.Automatic(),
            _ => name == _ownName ? _ownFile : name,
        };
    }

    private static string Shown(string name) => name.Length <= 60 ? name : name[..60] + "...";
}
