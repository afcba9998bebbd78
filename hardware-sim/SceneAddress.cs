using System.Globalization;
using LiveLtem.Core;

namespace LiveLtem.HardwareSim;

/// <summary>An address like <c>sim:crystal?seed=3&amp;frames=100&amp;size=256&amp;fps=25&amp;cnr=2</c>, taken apart.</summary>
/// <remarks>The words are those of <c>simulate</c>'s options.</remarks>
public sealed record SceneAddress
{
    private static readonly Dictionary<string, Func<SceneAddress, string, SceneAddress>> Words = new(StringComparer.Ordinal)
    {
        ["seed"] = (a, v) => a with { Options = a.Options with { Seed = Whole(v) } },
        ["frames"] = (a, v) => a with { Frames = Whole(v) },
        ["fps"] = (a, v) => a with { FramesPerSecond = Number(v) },
        ["size"] = (a, v) => a with { Options = a.Options with { SizePx = checked((int)Whole(v)) } },
        ["dose"] = (a, v) => a with { Options = a.Options with { DosePerFrameEPerA2 = Number(v) } },
        ["cnr"] = (a, v) => a with { Options = a.Options with { Cnr = Number(v) } },
        ["pixel-size-nm"] = (a, v) => a with { Options = a.Options with { PixelSizeNm = Number(v) } },
        ["frame-time-s"] = (a, v) => a with { Options = a.Options with { FrameTimeS = Number(v) } },
        ["exposure-s"] = (a, v) => a with { Options = a.Options with { ExposureS = Number(v) } },
        ["dtype"] = (a, v) => a with { Options = a.Options with { Type = SceneOptions.ParseType(v) } },
        ["polarity"] = (a, v) => a with { Options = a.Options with { Bright = SceneOptions.ParsePolarity(v) } },
        ["particles"] = (a, v) => a with { Options = a.Options with { Particles = checked((int)Whole(v)) } },
        ["states"] = (a, v) => a with { Options = a.Options with { States = checked((int)Whole(v)) } },
        ["molecule-scale"] = (a, v) => a with { Options = a.Options with { MoleculeScale = Number(v) } },
        ["molecule-spread"] = (a, v) => a with { Options = a.Options with { MoleculeSpread = Number(v) } },
        ["rotation"] = (a, v) => a with { Options = a.Options with { RotationDegPerFrame = Number(v) } },
        ["drift"] = (a, v) => a with { Options = a.Options with { DriftPxPerFrame = Number(v) } },
        ["lens-blur"] = (a, v) => a with { Options = a.Options with { LensBlurPx = Number(v) } },
        ["detector-blur"] = (a, v) => a with { Options = a.Options with { DetectorBlurPx = Number(v) } },
    };

    /// <summary>What stands before the colon.</summary>
    public const string Scheme = "sim";

    /// <summary>Name of the scene.</summary>
    public required string Scene { get; init; }

    /// <summary>What was chosen about it.</summary>
    public SceneOptions Options { get; init; } = new();

    /// <summary>Pictures to take; null for no end.</summary>
    public long? Frames { get; init; }

    /// <summary>Pace of a live camera; null for as fast as they are taken.</summary>
    public double? FramesPerSecond { get; init; }

    /// <summary>Takes an address apart.</summary>
    /// <param name="address">With its <c>sim:</c>.</param>
    /// <exception cref="InputException">A word is not known or a value does not fit.</exception>
    public static SceneAddress Parse(string address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var rest = address[(address.IndexOf(':', StringComparison.Ordinal) + 1)..];
        var question = rest.IndexOf('?', StringComparison.Ordinal);
        var parsed = new SceneAddress { Scene = question < 0 ? rest : rest[..question] };
        if (question >= 0)
        {
            foreach (var part in rest[(question + 1)..].Split('&', StringSplitOptions.RemoveEmptyEntries))
            {
                parsed = Apply(parsed, address, part);
            }
        }

        if (parsed.Frames is < 1)
        {
            throw new InputException($"{address}: frames={parsed.Frames} must be 1 or more");
        }

        if (parsed.FramesPerSecond is { } fps)
        {
            if (fps is not (>= 0.01 and <= 10_000))
            {
                throw new InputException(FormattableString.Invariant($"{address}: fps={fps} must be 0.01 to 10000"));
            }

            // A camera that takes so many frames a second has that frame time.
            parsed = parsed with { Options = parsed.Options with { FrameTimeS = 1 / fps } };
        }

        return parsed;
    }

    private static SceneAddress Apply(SceneAddress parsed, string address, string part)
    {
        var equals = part.IndexOf('=', StringComparison.Ordinal);
        var word = equals < 0 ? part : part[..equals];
        if (equals < 0 || !Words.TryGetValue(word, out var set))
        {
            throw new InputException($"{address}: '{part}' is not understood; there are: {string.Join(", ", Words.Keys.Select(k => k + "=…"))}");
        }

        try
        {
            return set(parsed, part[(equals + 1)..]);
        }
        catch (Exception error) when (error is FormatException or OverflowException)
        {
            throw new InputException($"{address}: {part}: not a number that fits", error);
        }
    }

    private static long Whole(string text) => long.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    private static double Number(string text) => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
}
