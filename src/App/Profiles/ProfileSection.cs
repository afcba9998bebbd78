using System.Globalization;
using LiveLtem.Core;
using YamlDotNet.RepresentationModel;

namespace LiveLtem.App.Profiles;

/// <summary>One section of a profile: each key is asked for once with what is allowed; what nobody asked for is refused.</summary>
internal sealed class ProfileSection(string file, string path, YamlMappingNode? node)
{
    private readonly List<string> _known = [];

    /// <summary>A section below this one; empty where it is left out.</summary>
    public ProfileSection Section(string key) => Find(key) switch
    {
        null => new ProfileSection(file, Path(key), null),
        YamlMappingNode mapping => new ProfileSection(file, Path(key), mapping),
        YamlScalarNode { Value: null or "" } => new ProfileSection(file, Path(key), null),
        var other => throw Fault(key, other.ToString(), "a section with keys"),
    };

    /// <summary>A number in a range, or null where the key is left out.</summary>
    public double? Number(string key, double least, double most) => Scalar(key) switch
    {
        null => null,
        { } text when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most => value,
        { } text => throw Fault(key, text, FormattableString.Invariant($"a number from {least} to {most}")),
    };

    /// <summary>A whole number in a range, or null where the key is left out.</summary>
    public int? WholeNumber(string key, int least, int most) => Scalar(key) switch
    {
        null => null,
        { } text when int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most => value,
        { } text => throw Fault(key, text, $"a whole number from {least} to {most}"),
    };

    /// <summary>True or false, or null where the key is left out.</summary>
    public bool? Truth(string key) => Scalar(key) switch
    {
        null => null,
        "true" => true,
        "false" => false,
        { } text => throw Fault(key, text, "true or false"),
    };

    /// <summary>One of several words, or the default of <typeparamref name="T"/> where the key is left out.</summary>
    public T? Choice<T>(string key, params ReadOnlySpan<(string Word, T Value)> choices)
    {
        if (Scalar(key) is not { } text)
        {
            return default;
        }

        var words = new List<string>();
        foreach (var (word, value) in choices)
        {
            if (word == text)
            {
                return value;
            }

            words.Add(word);
        }

        throw Fault(key, text, string.Join(", ", words));
    }

    /// <summary>Any text, or null where the key is left out.</summary>
    public string? Text(string key) => Scalar(key);

    /// <summary>A list of whole numbers; empty for the word <paramref name="all"/>, null where the key is left out.</summary>
    public IReadOnlyList<int>? WholeNumbers(string key, string all, IReadOnlyList<int> allowed)
    {
        var found = Find(key);
        switch (found)
        {
            case null:
                return null;
            case YamlScalarNode { Value: { } word } when word == all:
                return [];
            case YamlSequenceNode sequence:
                var numbers = new List<int>();
                foreach (var item in sequence)
                {
                    var good = int.TryParse((item as YamlScalarNode)?.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
                    numbers.Add(good && allowed.Contains(number) ? number : throw Fault(key, item.ToString(), Allowed()));
                }

                return numbers;
            default:
                throw Fault(key, found.ToString(), Allowed());
        }

        string Allowed() => $"{all}, or a list like [2, 4] of {string.Join(", ", allowed)}";
    }

    /// <summary>A list of words; null for the word <paramref name="all"/> or where the key is left out.</summary>
    public IReadOnlyList<string>? Words(string key, string all, IReadOnlyList<string> allowed)
    {
        var found = Find(key);
        switch (found)
        {
            case null:
            case YamlScalarNode { Value: { } word } when word == all:
                return null;
            case YamlSequenceNode sequence:
                return [.. sequence.Select(item => item is YamlScalarNode { Value: { } word } && allowed.Contains(word) ? word : throw Fault(key, item.ToString(), Allowed()))];
            default:
                throw Fault(key, found.ToString(), Allowed());
        }

        string Allowed() => $"{all}, or a list like [{string.Join(", ", allowed.Take(2))}] of {string.Join(", ", allowed)}";
    }

    /// <summary>Refuses keys that were not asked for.</summary>
    public void RefuseOthers()
    {
        foreach (var key in node?.Children.Keys.ToList() ?? [])
        {
            var name = (key as YamlScalarNode)?.Value ?? key.ToString();
            if (!_known.Contains(name))
            {
                throw new InputException($"{file}: line {key.Start.Line}: there is no key {Path(name)}; allowed: {string.Join(", ", _known)}");
            }
        }
    }

    /// <summary>A value that cannot be meant.</summary>
    public InputException Fault(string key, string found, string allowed)
    {
        var line = Find(key) is { } at ? $" line {at.Start.Line}:" : string.Empty;
        return new InputException($"{file}:{line} {Path(key)}: found {found}; allowed: {allowed}");
    }

    private string Path(string key) => path.Length == 0 ? key : $"{path}.{key}";

    private string? Scalar(string key) => Find(key) switch
    {
        null => null,
        YamlScalarNode { Value: null or "" or "~" or "null" } => null,
        YamlScalarNode scalar => scalar.Value,
        var other => throw Fault(key, other.ToString(), "one value"),
    };

    private YamlNode? Find(string key)
    {
        if (!_known.Contains(key))
        {
            _known.Add(key);
        }

        return node is not null && node.Children.TryGetValue(new YamlScalarNode(key), out var value) ? value : null;
    }
}
