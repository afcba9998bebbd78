using System.CommandLine;
using System.CommandLine.Parsing;

namespace LiveLtem.App;

/// <summary>What is wrong with a command line, in words that name no type of the language.</summary>
internal static class ParseText
{
    /// <summary>The sentence, without a full stop.</summary>
    /// <param name="error">What the parser found.</param>
    public static string Say(ParseError error)
    {
        ArgumentNullException.ThrowIfNull(error);
        (string? Name, Type? Type) wanted = error.SymbolResult switch
        {
            OptionResult { Option: var option } => (option.Name, option.ValueType),
            ArgumentResult { Parent: OptionResult { Option: var option } } => (option.Name, option.ValueType),
            ArgumentResult { Argument: var argument } => (argument.Name, argument.ValueType),
            _ => (null, null),
        };
        var type = wanted.Type?.GetElementType() ?? wanted.Type;
        return error.Message.StartsWith("Cannot parse", StringComparison.Ordinal) && type is not null && Kind(Nullable.GetUnderlyingType(type) ?? type) is { } kind
            ? $"{wanted.Name} {string.Join(' ', error.SymbolResult!.Tokens.Select(token => token.Value))}: give {kind}"
            : error.Message.TrimEnd().TrimEnd('.');
    }

    /// <summary>What the parser lets pass though it cannot be meant, or null: names that are empty, and numbers with a comma, which it takes for no more
    /// than a mark between thousands, so that 0,35 would be 35.</summary>
    /// <param name="parsed">The command line.</param>
    /// <remarks>An empty <c>NAME</c> is left to its verb, which says what names there are.</remarks>
    public static string? Refusal(ParseResult parsed)
    {
        ArgumentNullException.ThrowIfNull(parsed);
        foreach (var given in parsed.CommandResult.Children)
        {
            (string? Name, Type? Type, bool MayBeEmpty) wanted = given switch
            {
                ArgumentResult { Argument: var argument } => (argument.Name, argument.ValueType, false),
                OptionResult { Option: var option } => (option.Name, option.ValueType, option.HelpName == "NAME"),
                _ => (null, null, true),
            };
            var type = wanted.Type?.GetElementType() ?? wanted.Type;
            foreach (var token in given.Tokens)
            {
                if (token.Value.Length == 0 && !wanted.MayBeEmpty)
                {
                    return $"{wanted.Name}: is empty";
                }

                if (token.Value.Contains(',', StringComparison.Ordinal) && type is not null && Kind(Nullable.GetUnderlyingType(type) ?? type) is { } kind)
                {
                    return $"{wanted.Name} {token.Value}: give {kind}";
                }
            }
        }

        return null;
    }

    private static string? Kind(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Double or TypeCode.Single => "a number, with a point for its decimals",
        TypeCode.Int32 or TypeCode.Int64 => "a whole number, without marks between its digits",
        TypeCode.Boolean => "true or false, or nothing",
        _ => null,
    };
}
