using System.Globalization;
using LiveLtem.Dose;

namespace LiveLtem.App.Hosting;

/// <summary>Where a dose comes from, in words.</summary>
internal static class DoseText
{
    /// <summary>What a report calls the estimate of the beam's chemistry.</summary>
    public const string Radiolysis = "Absorbed dose and radiolysis (estimate)";

    /// <summary>One line: source, kind and error, or what is missing.</summary>
    public static string Of(DoseStatement dose)
    {
        if (dose.Source == DoseSource.None)
        {
            return $"no dose: {string.Join(", ", dose.Missing)} missing";
        }

        var text = dose.Kind == DoseKind.Specimen ? "specimen dose" : "camera dose";
        text += dose.Source == DoseSource.Typed ? ", typed" : ", from counts";
        return text + Reserve(dose);
    }

    /// <summary>How far to trust it: error, what was taken for granted, what is missing; empty where there is nothing to say.</summary>
    public static string Reserve(DoseStatement dose)
    {
        var text = string.Empty;
        text += dose.RelativeErr is { } err ? string.Create(CultureInfo.InvariantCulture, $", ±{err * 100:G2} %") : string.Empty;
        text += dose.WithoutErr.Count > 0 ? $" (nobody stated the error of {string.Join(", ", dose.WithoutErr)})" : string.Empty;
        text = string.Join("; ", [text, .. dose.Assumptions]);
        return dose.Missing.Count > 0 ? $"{text}; missing: {string.Join(", ", dose.Missing)}" : text;
    }

    /// <summary>specimen or camera; null where there is no dose.</summary>
    public static string? Kind(DoseStatement dose) => dose.Kind switch
    {
        DoseKind.Specimen => "specimen",
        DoseKind.Camera => "camera",
        _ => null,
    };
}
