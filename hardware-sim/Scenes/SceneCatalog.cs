using LiveLtem.Core;

namespace LiveLtem.HardwareSim.Scenes;

/// <summary>Every scene by name: adding one is a class and a line here.</summary>
public static class SceneCatalog
{
    private static readonly OrderedDictionary<string, (SceneDefaults Defaults, Func<SceneSettings, Scene> Create)> Known = Build();

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

    private static OrderedDictionary<string, (SceneDefaults Defaults, Func<SceneSettings, Scene> Create)> Build()
    {
        var known = new OrderedDictionary<string, (SceneDefaults Defaults, Func<SceneSettings, Scene> Create)>(StringComparer.Ordinal)
        {
            ["crystal"] = (CrystalScene.Defaults, s => new CrystalScene(s)),
            ["free"] = (FreeScene.Defaults, s => new FreeScene(s, FreeMix.CubesRodsSpheres)),
            ["shapes"] = (FreeScene.Defaults, s => new FreeScene(s, FreeMix.PrismsAndIrregular)),
            ["layers"] = (LayersScene.Defaults, s => new LayersScene(s)),
            ["etching"] = (EtchingScene.Defaults, s => new EtchingScene(s)),
            ["interface"] = (InterfaceScene.Defaults, s => new InterfaceScene(s)),
            ["growth"] = (GrowthScene.Defaults, s => new GrowthScene(s)),
            ["soft"] = (SoftScene.Defaults, s => new SoftScene(s)),
            ["faults"] = (CrystalScene.Defaults, s => new FaultScene(s, null)),
        };
        foreach (var kind in FaultScene.Kinds)
        {
            known["fault-" + kind] = (CrystalScene.Defaults, s => new FaultScene(s, kind));
        }

        return known;
    }
}
