using LiveLtem.Core;
using LiveLtem.Inference;
using LiveLtem.Inference.Denoise;
using LiveLtem.Inference.Models;
using LiveLtem.Tracker;
using LiveLtem.Tracker.Analysis;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace LiveLtem.App.Profiles;

/// <summary>Finds, reads and checks profiles.</summary>
internal static class ProfileStore
{
    /// <summary>The profile of a recording for which none is named.</summary>
    public const string Default = "nanoparticles";

    // Far larger than any profile; a recording named by mistake is not read whole.
    private const int MostBytes = 1 << 20;

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "config");

    /// <summary>The shipped profiles by name.</summary>
    public static IReadOnlyList<string> Names => Directory.Exists(Folder)
        ? [.. Directory.GetFiles(Folder, "*.yaml").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>Reads a profile.</summary>
    /// <param name="nameOrFile">Name of a shipped profile, or a YAML file; null for the default.</param>
    /// <exception cref="InputException">There is no such profile, or it says something that cannot be meant.</exception>
    public static Profile Load(string? nameOrFile)
    {
        var name = nameOrFile ?? Default;
        var shipped = Path.Combine(Folder, name + ".yaml");
        if (Names.Contains(name))
        {
            return Read(shipped, name);
        }

        return File.Exists(name)
            ? Read(name, name)
            : throw new InputException($"--profile {name}: no such profile or file; there are {string.Join(", ", Names)}, or name a YAML file");
    }

    /// <summary>Reads a profile from text.</summary>
    /// <param name="yaml">The text.</param>
    /// <param name="file">Where it came from, for messages.</param>
    public static Profile Parse(string yaml, string file)
    {
        var root = new ProfileSection(file, string.Empty, Root(yaml, file));
        var detector = root.Section("detector");
        var model = detector.Text("model");
        var provider = detector.Choice("provider", ("auto", ModelProvider.Auto), ("cpu", ModelProvider.Cpu), ("directml", ModelProvider.DirectMl));
        var molecules = detector.Choice("kind", ("particles", false), ("molecules", true));
        var tracker = root.Section("tracker");
        var denoise = root.Section("denoise");
        var analyses = root.Words("analyses", "all", TrackAnalyses.Names);
        var precision = root.Number("precision", 0.0001, 1) ?? new Profile { Name = file }.Precision;
        var alerts = root.Section("alerts");
        root.RefuseOthers();
        var options = Detector(detector);
        return new Profile
        {
            Name = file,
            Text = yaml,
            Model = model == "auto" ? null : model,
            Provider = provider,
            Denoise = Denoise(denoise),
            Molecules = molecules,
            Detector = options,
            Alerts = AlertSection.Read(alerts) with { BrightParticles = options.DarkParticles == false },
            Tracker = Tracker(tracker),
            Analyses = analyses,
            Precision = precision,
        };
    }

    private static Profile Read(string path, string name)
    {
        try
        {
            if (new FileInfo(path).Length > MostBytes)
            {
                throw new InputException($"{path}: too large for a profile, which is a short YAML file");
            }

            var text = File.ReadAllText(path);
            if (Root(text, path) is not { } root || root.Children.Count == 0)
            {
                throw new InputException($"{path}: says nothing, and would stand for the profile {Default} under another name; write its keys, as in config/{Default}.yaml, or leave --profile away");
            }

            DemandModels(new ProfileSection(path, string.Empty, root));
            return Parse(text, path) with { Name = name };
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read profile {path}: {IoReason.Of(error)}", error);
        }
    }

    // Not for the profile that a session kept: its networks lie beside it.
    private static void DemandModels(ProfileSection root)
    {
        Demand(root.Section("detector"), [.. ModelStore.Names], "segment");
        Demand(root.Section("denoise"), [.. DenoiseCard.Names], "denoise");

        static void Demand(ProfileSection section, IReadOnlyList<string> names, string task)
        {
            if (section.Text("model") is { } model && model is not ("auto" or Profile.NoModel) && !names.Contains(model) && !File.Exists(model))
            {
                throw section.Fault("model", model, $"auto, none, {string.Join(", ", names)}, or the file of a card (.json) that 'liveltem train {task}' wrote");
            }
        }
    }

    private static YamlMappingNode? Root(string yaml, string file)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(yaml));
        }
        catch (YamlException error)
        {
            // The one fault that the reader names by its key; the others in words of its own making.
            var twice = error.Message.StartsWith("Duplicate key", StringComparison.Ordinal);
            var what = twice
                ? $"the key {error.Message.Split(' ')[^1]} is there twice; keep one"
                : "is no YAML there; look for a bracket or quote that is not closed, a tab, wrong indentation or a colon without a space after it, also in the line before";
            throw new InputException($"{file}: line {error.Start.Line}: {what}", error);
        }

        return stream.Documents.Count == 0
            ? null
            : stream.Documents[0].RootNode as YamlMappingNode
                ?? throw new InputException($"{file}: a profile has the sections detector:, tracker:, denoise: and alerts:, and the keys analyses: and precision:");
    }

    private static DenoiseOptions Denoise(ProfileSection section)
    {
        var model = section.Text("model");
        var options = new DenoiseOptions
        {
            Enabled = section.Truth("enabled") ?? false,
            Model = model == "auto" ? null : model,
            Adapts = section.Truth("adapt") ?? true,
        };
        options = options with
        {
            AdaptFrames = section.WholeNumber("adapt_frames", 32, 400) ?? options.AdaptFrames,
            AdaptEvery = section.WholeNumber("adapt_every", 0, 10_000_000) ?? options.AdaptEvery,
        };
        section.RefuseOthers();
        return options;
    }

    private static ParticleDetectorOptions Detector(ProfileSection section)
    {
        var defaults = new ParticleDetectorOptions();
        var options = defaults with
        {
            DarkParticles = section.Choice("polarity", ("auto", null), ("dark", (bool?)true), ("bright", false)) ?? defaults.DarkParticles,
            MinSizePx = section.Number("min_size_px", 0.5, 1e5) ?? defaults.MinSizePx,
            MaxSizePx = section.Number("max_size_px", 0.5, 1e5) ?? defaults.MaxSizePx,
            Symmetries = section.WholeNumbers("symmetries", "any", [0, 1, 2, 3, 4, 6]) ?? defaults.Symmetries,
            LearningFrames = section.WholeNumber("learning_frames", 1, 100) ?? defaults.LearningFrames,
        };
        section.RefuseOthers();
        if (options.MaxSizePx <= options.MinSizePx)
        {
            throw section.Fault("max_size_px", $"{options.MaxSizePx}", "a length above min_size_px");
        }

        return options;
    }

    private static ParticleTrackerOptions Tracker(ProfileSection section)
    {
        var defaults = new ParticleTrackerOptions();
        var memory = section.WholeNumber("memory_frames", 0, 1000) ?? defaults.MemoryFrames;
        var symmetry = section.WholeNumber("symmetry_frames", 1, 1000) ?? defaults.SymmetryFrames;
        var options = defaults with
        {
            MemoryFrames = memory,
            CoveredMemoryFrames = section.WholeNumber("covered_memory_frames", memory, 10_000) ?? Math.Max(memory, defaults.CoveredMemoryFrames),
            SymmetryFrames = symmetry,
            LongestHoldFrames = Math.Max(symmetry, defaults.LongestHoldFrames),
            RemovesDrift = section.Truth("remove_drift") ?? defaults.RemovesDrift,
        };
        section.RefuseOthers();
        return options;
    }
}
