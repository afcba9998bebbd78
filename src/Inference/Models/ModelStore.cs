using System.Security.Cryptography;
using LiveLtem.Core;

namespace LiveLtem.Inference.Models;

/// <summary>Finds models and checks that each is the file its card describes.</summary>
public static class ModelStore
{
    /// <summary>Where the shipped models lie: <c>models</c> beside the program.</summary>
    public static string Folder => Path.Combine(AppContext.BaseDirectory, "models");

    /// <summary>Names of the shipped models.</summary>
    public static IReadOnlyList<string> Names => Directory.Exists(Folder)
        ? [.. Directory.GetFiles(Folder, "*.json").Select(file => Path.GetFileNameWithoutExtension(file)!).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>Finds the card of a model.</summary>
    /// <param name="nameOrFile">Name of a shipped model, or a card's file, or the network's file beside its card.</param>
    /// <returns>Full path of the card.</returns>
    /// <exception cref="InputException">There is none.</exception>
    public static string Find(string nameOrFile)
    {
        ArgumentException.ThrowIfNullOrEmpty(nameOrFile);
        var shipped = Path.Combine(Folder, nameOrFile + ".json");
        if (Names.Contains(nameOrFile))
        {
            return shipped;
        }

        var card = Path.GetExtension(nameOrFile) == ".onnx" ? Path.ChangeExtension(nameOrFile, ".json") : nameOrFile;
        if (File.Exists(card))
        {
            return Path.GetFullPath(card);
        }

        var there = Names.Count > 0 ? $"there are {string.Join(", ", Names)}" : $"none is shipped in {Folder}";
        throw new InputException(File.Exists(nameOrFile)
            ? $"model {nameOrFile}: its card {card} is missing; put it beside the network or train one with 'liveltem train segment'"
            : $"model {nameOrFile}: no such model or file; {there}, or name a card (.json) that 'liveltem train' wrote");
    }

    /// <summary>Reads a card and its network, and checks the network against the card's SHA-256.</summary>
    /// <param name="cardPath">The card.</param>
    /// <exception cref="InputException">A file is missing, damaged or not what the card says.</exception>
    public static (ModelCard Card, byte[] Network) Read(string cardPath)
    {
        var card = ReadCard(cardPath);
        var path = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(cardPath))!, card.File);
        byte[] network;
        try
        {
            network = File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"model {card.Name}: cannot read its network {path}: {IoReason.Of(error)}; copy it there or train it anew with 'liveltem train {card.Task}'", error);
        }

        var hash = Convert.ToHexStringLower(SHA256.HashData(network));
        return hash == card.Sha256
            ? (card, network)
            : throw new InputException($"model {card.Name}: {path} is not the network that its card describes (SHA-256 {hash[..12]}..., the card says {Head(card.Sha256)}...): it is damaged or was replaced; restore both files together");
    }

    private static string Head(string text) => text[..Math.Min(12, text.Length)];

    /// <summary>Reads a card alone.</summary>
    /// <param name="path">The card.</param>
    /// <exception cref="InputException">It is missing or damaged.</exception>
    public static ModelCard ReadCard(string path)
    {
        var card = CardReader.Read<ModelCard>(path);
        card.Check(path);
        return card;
    }
}
