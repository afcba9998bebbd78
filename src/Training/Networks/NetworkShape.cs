using System.Globalization;
using LiveLtem.Core;

namespace LiveLtem.Training.Networks;

/// <summary>Form of a segmentation network; written as in <c>stem2-w16-d4-c1</c>.</summary>
public sealed record NetworkShape
{
    /// <summary>The default form.</summary>
    public const string Default = "stem2-w16-d4-c1";

    /// <summary>Stride of the first convolution: the trunk works at 1/2 or 1/4 of the resolution of the picture.</summary>
    public int Stem { get; init; } = 2;

    /// <summary>Channels of the first level; each level below has twice those of the one above it, up to <see cref="Cap"/>.</summary>
    public int Width { get; init; } = 16;

    /// <summary>Halvings of the resolution after the first convolution.</summary>
    public int Levels { get; init; } = 4;

    /// <summary>3x3 convolutions a level, on the way down and again on the way up.</summary>
    public int ConvsPerLevel { get; init; } = 1;

    /// <summary>Most channels of any level.</summary>
    public int Cap { get; init; } = 128;

    /// <summary>Adds to each level's answer what came in, where channels agree (He et al. 2016, doi:10.1109/CVPR.2016.90).</summary>
    public bool Residual { get; init; }

    /// <summary>Splits each 3x3 convolution into one for each channel and a 1x1 across the channels.</summary>
    public bool Separable { get; init; }

    /// <summary>Appends what comes across to what comes from below instead of adding the two.</summary>
    public bool Concatenate { get; init; }

    /// <summary>Normalises each convolution's output over the batch in training (Ioffe and Szegedy 2015, arXiv:1502.03167); folded into the weights at export.</summary>
    public bool BatchNorm { get; init; } = true;

    /// <summary>Layers that are told apart: 1 or 2.</summary>
    public int Layers { get; init; } = 1;

    /// <summary>Height and width of its input must be multiples of this, px.</summary>
    public int Multiple => Stem << Levels;

    /// <summary>Channels of a level.</summary>
    /// <param name="level">0 is the finest.</param>
    public int Channels(int level) => Math.Min(Width << level, Math.Max(Cap, Width));

    /// <summary>Reads a form.</summary>
    /// <param name="text">Such as <c>stem2-w16-d3-c1-cap64-res-sep-cat-plain</c>; what is left out keeps its default.</param>
    /// <exception cref="InputException">It cannot be read, or something is out of range.</exception>
    public static NetworkShape Parse(string text)
    {
        var shape = new NetworkShape();
        foreach (var word in text.Split('-'))
        {
            shape = word switch
            {
                "res" => shape with { Residual = true },
                "sep" => shape with { Separable = true },
                "cat" => shape with { Concatenate = true },
                "plain" => shape with { BatchNorm = false },
                _ when Number(word, "stem") is 2 or 4 => shape with { Stem = Number(word, "stem") },
                _ when Number(word, "cap") is >= 8 and <= 1024 => shape with { Cap = Number(word, "cap") },
                _ when Number(word, "w") is >= 4 and <= 128 => shape with { Width = Number(word, "w") },
                _ when Number(word, "d") is >= 1 and <= 5 => shape with { Levels = Number(word, "d") },
                _ when Number(word, "c") is 1 or 2 => shape with { ConvsPerLevel = Number(word, "c") },
                _ => throw new InputException(
                    $"network '{text}': '{word}' is not understood; a form is like {Default}: stem2 or stem4, w4 to w128, d1 to d5, c1 or c2, and if wanted cap8 to cap1024, res, sep, cat, plain"),
            };
        }

        return shape;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"stem{Stem}-w{Width}-d{Levels}-c{ConvsPerLevel}{(Cap == new NetworkShape().Cap ? "" : $"-cap{Cap}")}{(Residual ? "-res" : "")}{(Separable ? "-sep" : "")}{(Concatenate ? "-cat" : "")}{(BatchNorm ? "" : "-plain")}");

    private static int Number(string word, string prefix) =>
        word.StartsWith(prefix, StringComparison.Ordinal)
        && int.TryParse(word.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
