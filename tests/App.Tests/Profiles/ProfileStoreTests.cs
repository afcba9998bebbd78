using LiveLtem.App.Profiles;
using LiveLtem.Core;
using LiveLtem.Inference;
using LiveLtem.Inference.Models;
using LiveLtem.Tracker;

namespace LiveLtem.App.Tests.Profiles;

public sealed class ProfileStoreTests
{
    [Fact]
    public void Shipped_profiles_load_by_name_and_the_default_holds_the_defaults()
    {
        var names = ProfileStore.Names;
        Assert.Contains("nanoparticles", names);
        Assert.Contains("nanocubes", names);
        Assert.All(names, name => Assert.Equal(name, ProfileStore.Load(name).Name));

        // Written out for people to edit, it must not drift from what the program does without a profile.
        var shipped = ProfileStore.Load(null);
        var (detector, tracker) = (new ParticleDetectorOptions(), new ParticleTrackerOptions());
        Assert.Equal(tracker, shipped.Tracker);
        Assert.Equal(detector with { Symmetries = shipped.Detector.Symmetries }, shipped.Detector);
        Assert.Equal(detector.Symmetries, shipped.Detector.Symmetries);
        Assert.Equal([4], ProfileStore.Load("nanocubes").Detector.Symmetries);
    }

    [Fact]
    public void Every_key_is_read()
    {
        var profile = ProfileStore.Parse(
            """
            detector: {polarity: bright, min_size_px: 5.5, max_size_px: 80, symmetries: [2, 4], learning_frames: 7}
            tracker: {memory_frames: 30, covered_memory_frames: 40, symmetry_frames: 50, remove_drift: false}
            """,
            "mine.yaml");

        Assert.Equal(false, profile.Detector.DarkParticles);
        Assert.Equal((5.5, 80.0, 7), (profile.Detector.MinSizePx, profile.Detector.MaxSizePx, profile.Detector.LearningFrames));
        Assert.Equal([2, 4], profile.Detector.Symmetries);
        Assert.Equal((30, 40, 50, false), (profile.Tracker.MemoryFrames, profile.Tracker.CoveredMemoryFrames, profile.Tracker.SymmetryFrames, profile.Tracker.RemovesDrift));
        profile.Tracker.Validate();
    }

    [Fact]
    public void Noise_is_taken_off_for_soft_matter_only_and_how_can_be_chosen()
    {
        Assert.False(ProfileStore.Load(null).Denoise.Enabled);
        Assert.Equal(new DenoiseOptions { Enabled = true }, ProfileStore.Load("soft").Denoise);
        Assert.Equal(
            new DenoiseOptions { Enabled = true, Model = Profile.NoModel, Adapts = false },
            ProfileStore.Parse("denoise: {enabled: true, model: none, adapt: false}", "mine.yaml").Denoise);
        Assert.Equal((64, 9000), ProfileStore.Parse("denoise: {adapt_frames: 64, adapt_every: 9000}", "mine.yaml").Denoise is var d ? (d.AdaptFrames, d.AdaptEvery) : default);
        var error = Assert.Throws<InputException>(() => ProfileStore.Parse("denoise: {strength: 2}", "mine.yaml"));
        Assert.Equal("mine.yaml: line 1: there is no key denoise.strength; allowed: model, enabled, adapt, adapt_frames, adapt_every", error.Message);
    }

    [Fact]
    public void The_network_and_what_runs_it_are_read_and_the_shipped_one_for_layers_is_chosen_by_its_profile()
    {
        var profile = ProfileStore.Parse("detector: {model: none, provider: directml}", "mine.yaml");
        Assert.Equal((Profile.NoModel, ModelProvider.DirectMl), (profile.Model, profile.Provider));
        Assert.Equal("own/mine.json", ProfileStore.Parse("detector: {model: own/mine.json}", "mine.yaml").Model);
        Assert.Null(ProfileStore.Parse("detector: {model: auto}", "mine.yaml").Model);
        Assert.Equal("layers", ProfileStore.Load("layers").Model);

        var error = Assert.Throws<InputException>(() => ProfileStore.Parse("detector: {provider: cuda}", "mine.yaml"));
        Assert.Equal("mine.yaml: line 1: detector.provider: found cuda; allowed: auto, cpu, directml", error.Message);
    }

    [Theory]
    [InlineData("detecter: {}", "mine.yaml: line 1: there is no key detecter; allowed: detector, tracker, denoise")]
    [InlineData("detector:\n  size: 3", "mine.yaml: line 2: there is no key detector.size; allowed: model, provider, kind, polarity, min_size_px, max_size_px, symmetries, learning_frames")]
    [InlineData("detector: {polarity: black}", "mine.yaml: line 1: detector.polarity: found black; allowed: auto, dark, bright")]
    [InlineData("detector: {min_size_px: -1}", "mine.yaml: line 1: detector.min_size_px: found -1; allowed: a number from 0.5 to 100000")]
    [InlineData("detector: {min_size_px: nan}", "mine.yaml: line 1: detector.min_size_px: found nan; allowed: a number from 0.5 to 100000")]
    [InlineData("detector: {symmetries: [5]}", "mine.yaml: line 1: detector.symmetries: found 5; allowed: any, or a list like [2, 4] of 0, 1, 2, 3, 4, 6")]
    [InlineData("tracker: {memory_frames: 2.5}", "mine.yaml: line 1: tracker.memory_frames: found 2.5; allowed: a whole number from 0 to 1000")]
    [InlineData("tracker: [1]", "mine.yaml: line 1: tracker: found")]
    [InlineData("- 1", "mine.yaml: a profile has the sections detector:, tracker:, denoise: and alerts:")]
    [InlineData("detector:\n  model: [\n", "mine.yaml: line 3: is no YAML there; look for a bracket or quote that is not closed")]
    [InlineData("detector:\n  model: a\n  model: b\n", "mine.yaml: line 3: the key model is there twice; keep one")]
    [InlineData("a: [", "mine.yaml: line")]
    public void What_cannot_be_meant_is_refused_with_file_key_and_what_is_allowed(string yaml, string message)
    {
        var error = Assert.Throws<InputException>(() => ProfileStore.Parse(yaml, "mine.yaml"));

        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing\n")]
    [InlineData("detector:\ntracker:\n")]
    public void What_is_left_out_keeps_its_default(string yaml)
    {
        Assert.Equal(new ParticleTrackerOptions(), ProfileStore.Parse(yaml, "mine.yaml").Tracker);
    }

    [Theory]
    [InlineData("", "says nothing, and would stand for the profile nanoparticles")]
    [InlineData("# nothing\n", "says nothing")]
    [InlineData("---\n{}\n", "says nothing")]
    [InlineData("denoise:\n  enabled: true\n  model: nonesuch\n", "line 3: denoise.model: found nonesuch; allowed: auto, none, general, or the file of a card")]
    [InlineData("detector:\n  model: soft\n", "line 2: detector.model: found soft; allowed: auto, none, layers, segment, or the file of a card")]
    public void A_file_that_says_nothing_or_names_a_network_that_is_not_there_is_refused(string yaml, string message)
    {
        using var folder = new TempFolder();
        var file = folder.File("mine.yaml");
        File.WriteAllText(file, yaml);

        Assert.StartsWith($"{file}: {message}", Assert.Throws<InputException>(() => ProfileStore.Load(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_name_tells_which_there_are()
    {
        var error = Assert.Throws<InputException>(() => ProfileStore.Load("hard"));

        Assert.Contains("nanocubes, nanoparticles", error.Message, StringComparison.Ordinal);
    }
}
