using System.CommandLine;
using LiveLtem.App.Profiles;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Inference.Models;

namespace LiveLtem.App.Hosting;

/// <summary>The option that names the network.</summary>
internal static class ModelOption
{
    /// <summary>Builds it.</summary>
    public static Option<string?> Create() => new("--model")
    {
        Description = $"Network that segments: {string.Join(", ", ModelStore.Names.Append(Profile.NoModel))} (thresholds), or a model card; the profile's where not given.",
        HelpName = "NAME",
    };

    /// <summary>The profile with the network that was named.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="model">What was typed, or null.</param>
    /// <exception cref="InputException">It is empty.</exception>
    public static Profile Apply(Profile profile, string? model) => model switch
    {
        null => profile,
        "" => throw new InputException($"--model: name one of {string.Join(", ", ModelStore.Names.Append(Profile.NoModel))}, or a model card"),
        ModelInUse.Auto => profile with { Model = null },
        _ => profile with { Model = model },
    };
}
