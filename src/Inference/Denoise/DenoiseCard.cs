using System.Security.Cryptography;
using LiveLtem.Core;
using LiveLtem.Inference.Models;

namespace LiveLtem.Inference.Denoise;

/// <summary>What goes with a denoising network's <c>.onnx</c> file, as JSON beside it: what it must be given, how it was made, how good it is.</summary>
public sealed record DenoiseCard
{
    /// <summary>Newest version of this format that is understood.</summary>
    public const int CurrentFormat = 1;

    /// <summary>Name of the shipped network that knows no recording yet.</summary>
    public const string General = "general";

    /// <summary>Version of the card's format.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Always <c>denoise</c>.</summary>
    public required string Task { get; init; }

    /// <summary>File name of the network, in the card's folder.</summary>
    public required string File { get; init; }

    /// <summary>SHA-256 of that file, lower-case hexadecimal.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Estimates that it sees (<see cref="FilterBank.Channels"/>).</summary>
    public required int Channels { get; init; }

    /// <summary>Height and width of its input must be multiples of this, px.</summary>
    public required int Multiple { get; init; }

    /// <summary>Form of the network, for people.</summary>
    public required string Network { get; init; }

    /// <summary>Weights.</summary>
    public required int Parameters { get; init; }

    /// <summary>The command that makes it.</summary>
    public required string Command { get; init; }

    /// <summary>What it learnt from, for people.</summary>
    public required string Data { get; init; }

    /// <summary>Seed of weights and samples.</summary>
    public required long Seed { get; init; }

    /// <summary>Optimiser steps.</summary>
    public required int Steps { get; init; }

    /// <summary>Wall-clock time of the training, s.</summary>
    public required double TrainingS { get; init; }

    /// <summary>Day it was made, ISO 8601.</summary>
    public required string Created { get; init; }

    /// <summary>Largest difference between the trained network and the exported one.</summary>
    public required double ExportMaxDifference { get; init; }

    /// <summary>Share of the best linear filter's squared error that it removes in frames that it did not learn from, by noisy frames alone.</summary>
    public required double HeldOutGain { get; init; }

    /// <summary>1-sigma error of <see cref="HeldOutGain"/>.</summary>
    public required double HeldOutGainErr { get; init; }

    /// <summary>The same figure of the network that it started from; null where it started from none.</summary>
    public double? HeldOutGainBefore { get; init; }

    /// <summary>Noise and motion of the recording that it was adapted to; null for one of no recording.</summary>
    public RecordingSpectrum? Spectrum { get; init; }

    /// <summary>Where the shipped denoising networks lie.</summary>
    public static string Folder => Path.Combine(ModelStore.Folder, "denoise");

    /// <summary>Names of the shipped ones.</summary>
    public static IReadOnlyList<string> Names => Directory.Exists(Folder)
        ? [.. Directory.GetFiles(Folder, "*.json").Select(file => Path.GetFileNameWithoutExtension(file)!).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>Reads a card and its network, and checks the network against the card's SHA-256.</summary>
    /// <param name="nameOrFile">Name of a shipped one, or a card's file.</param>
    /// <exception cref="InputException">A file is missing, damaged or not what the card says.</exception>
    public static (DenoiseCard Card, byte[] Network) Read(string nameOrFile)
    {
        ArgumentException.ThrowIfNullOrEmpty(nameOrFile);
        var path = Names.Contains(nameOrFile) ? Path.Combine(Folder, nameOrFile + ".json") : nameOrFile;
        if (!System.IO.File.Exists(path))
        {
            throw new InputException($"denoiser {nameOrFile}: no such model or file; there are {string.Join(", ", Names)}, none, or name a card (.json) that 'liveltem train denoise' wrote");
        }

        var card = CardReader.Read<DenoiseCard>(path);
        card.Check(path);
        var file = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, card.File);
        byte[] network;
        try
        {
            network = System.IO.File.ReadAllBytes(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"denoiser {card.Name}: cannot read its network {file}: {IoReason.Of(error)}; copy it there or train it anew with 'liveltem train denoise'", error);
        }

        return Convert.ToHexStringLower(SHA256.HashData(network)) == card.Sha256
            ? (card, network)
            : throw new InputException($"model {card.Name}: {card.File} is not the network that its card {path} describes: it is damaged or was replaced; restore both files together");
    }

    private void Check(string path)
    {
        Demand(Format is >= 1 and <= CurrentFormat, "format", $"{Format}", $"1 to {CurrentFormat}: a newer card needs a newer LiveLTEM");
        Demand(Task == "denoise", "task", Task, "denoise");
        Demand(Channels == FilterBank.Channels, "channels", $"{Channels}", $"{FilterBank.Channels}");
        Demand(Multiple is >= 1 and <= 256, "multiple", $"{Multiple}", "1 to 256");
        Demand(Name.Length > 0 && !Name.Any(char.IsControl), "name", Name, "one line of text");
        Demand(Spectrum is null or { IsWhole: true }, "spectrum", "what it says", "whole, of numbers not below 0");
        Demand(File.Length > 0 && Path.GetFileName(File) == File, "file", File, "a file name without a folder");

        void Demand(bool good, string key, string value, string allowed)
        {
            if (!good)
            {
                throw new InputException($"model card {path}: {key}: {string.Concat(value.Select(c => char.IsControl(c) ? ' ' : c))} must be {allowed}");
            }
        }
    }
}
