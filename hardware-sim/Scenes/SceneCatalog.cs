using LiveLtem.Core;

namespace LiveLtem.HardwareSim.Scenes;

/// <summary>Every scene by name: adding one is a class and a line here.</summary>
public static class SceneCatalog
{
    private static readonly Dictionary<string, (SceneDefaults Defaults, Func<SceneSettings, Scene> Create)> Known = new(StringComparer.Ordinal)
    {
        ["crystal"] = (CrystalScene.Defaults, s => new CrystalScene(s)),
        ["free"] = (FreeScene.Defaults, s => new FreeScene(s)),
    };

    /// <summary>The names.</summary>
    public static IReadOnlyList<string> Names => [.. Known.Keys];

    /// <summary>Makes a scene.</summary>
    /// <exception cref="InputException">There is no such scene, or an option is out of range.</exception>
    public static Scene Create(string name, SceneOptions options)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(options);
        if (!Known.TryGetValue(name, out var entry))
        {
            throw new InputException($"no scene is called '{name}'; there are: {string.Join(", ", Names)}");
        }

        return entry.Create(SceneSettings.Resolve(name, options, entry.Defaults));
    }
}
