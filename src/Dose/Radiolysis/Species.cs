using LiveLtem.Core;

namespace LiveLtem.Dose.Radiolysis;

/// <summary>One chemical species: its atoms and charge are read off its formula.</summary>
/// <remarks>A formula is elements with counts, then one sign for each charge: <c>H2O2</c>, <c>HO2-</c>, <c>Fe+++</c>. <c>e-</c> is the electron in water.</remarks>
public sealed record Species
{
    private Species(string formula, IReadOnlyDictionary<string, int> atoms, int charge)
    {
        Formula = formula;
        Atoms = atoms;
        Charge = charge;
    }

    /// <summary>The formula, which is its name.</summary>
    public string Formula { get; }

    /// <summary>How many atoms of each element.</summary>
    public IReadOnlyDictionary<string, int> Atoms { get; }

    /// <summary>Elementary charges.</summary>
    public int Charge { get; }

    /// <summary>Reads a formula; null where it is none.</summary>
    public static Species? Read(string formula)
    {
        ArgumentNullException.ThrowIfNull(formula);
        var body = formula.TrimEnd('+', '-');
        var signs = formula[body.Length..];
        var charge = signs.Length == 0 ? 0 : signs[0] == '+' ? signs.Length : -signs.Length;
        if (signs.Distinct().Count() > 1)
        {
            return null;
        }

        var atoms = new Dictionary<string, int>(StringComparer.Ordinal);
        if (body == "e")
        {
            return charge == -1 ? new Species(formula, atoms, -1) : null;
        }

        for (var i = 0; i < body.Length;)
        {
            if (!char.IsAsciiLetterUpper(body[i]))
            {
                return null;
            }

            var end = i + 1;
            while (end < body.Length && char.IsAsciiLetterLower(body[end]))
            {
                end++;
            }

            var element = body[i..end];
            var digits = end;
            while (digits < body.Length && char.IsAsciiDigit(body[digits]))
            {
                digits++;
            }

            var count = 1;
            if (digits > end && (digits - end > 3 || (count = int.Parse(body.AsSpan(end, digits - end), System.Globalization.CultureInfo.InvariantCulture)) == 0))
            {
                return null;
            }

            atoms[element] = atoms.GetValueOrDefault(element) + count;
            i = digits;
        }

        return atoms.Count == 0 ? null : new Species(formula, atoms, charge);
    }
}
