using System.Globalization;
using LiveLtem.Training.Samples;

namespace LiveLtem.Training.Running;

/// <summary>Opens the sources of pictures that a training names.</summary>
internal static class SampleSources
{
    /// <summary>What to train on.</summary>
    /// <param name="header">The training.</param>
    public static ISampleSource Training(CheckpointHeader header) => header.Folder is null
        ? Simulated(header, header.Options.Seed, header.MinCnr)
        : new MixedSamples(
            Simulated(header, header.Options.Seed, header.MinCnr),
            new LabelledFolder(header.Folder, header.Size, header.Layers, header.Options.Seed),
            header.SimulatedShare);

    /// <summary>What to judge on, drawn with another seed.</summary>
    /// <param name="header">The training.</param>
    public static ISampleSource HeldOut(CheckpointHeader header) => header.HeldOutFolder is null
        ? Simulated(header, header.Options.HeldOutSeed, null)
        : new LabelledFolder(header.HeldOutFolder, header.Size, header.Layers, header.Options.HeldOutSeed);

    /// <summary>Both in words, for the card.</summary>
    /// <param name="size">Side of a picture, px.</param>
    /// <param name="folder">Own labelled frames, if any.</param>
    /// <param name="simulatedShare">Share of simulated pictures among them.</param>
    /// <param name="heldOutFolder">Own labelled frames to judge on, if any.</param>
    public static string Describe(int size, string? folder, double simulatedShare, string? heldOutFolder)
    {
        var trained = folder is null
            ? string.Create(CultureInfo.InvariantCulture, $"simulated pictures of {size} x {size} px")
            : string.Create(CultureInfo.InvariantCulture, $"cuts of {size} x {size} px of the labelled frames in '{Name(folder)}', {simulatedShare:p0} simulated pictures among them");
        return heldOutFolder is null
            ? $"{trained}; held out: simulated pictures of another seed"
            : $"{trained}; held out: cuts of the labelled frames in '{Name(heldOutFolder)}'";
    }

    private static SimulatedSamples Simulated(CheckpointHeader header, long seed, double? minCnr)
    {
        var options = new SampleOptions { Size = header.Size, Layers = header.Layers };
        return new SimulatedSamples(options with { MinCnr = minCnr ?? options.MinCnr }, seed);
    }

    // A card names no one's folders.
    private static string Name(string folder) => Path.GetFileName(Path.TrimEndingDirectorySeparator(folder));
}
