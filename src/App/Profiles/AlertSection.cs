using LiveLtem.Dose.Alerts;

namespace LiveLtem.App.Profiles;

/// <summary>Reads the section <c>alerts:</c> of a profile.</summary>
internal static class AlertSection
{
    /// <summary>Reads it.</summary>
    /// <exception cref="Core.InputException">A key is not known, or its value cannot be meant.</exception>
    public static AlertOptions Read(ProfileSection section)
    {
        var defaults = new AlertOptions();
        var options = defaults with
        {
            Enabled = section.Truth("enabled") ?? defaults.Enabled,
            SettleFrames = section.WholeNumber("settle_frames", 10, 1_000_000) ?? defaults.SettleFrames,
            WindowFrames = section.WholeNumber("window_frames", 8, 10_000) ?? defaults.WindowFrames,
        };
        var rules = new Dictionary<string, RuleOptions>();
        foreach (var kind in AlertKind.All)
        {
            var own = section.Section(kind.Name);
            rules[kind.Name] = Rule(own, kind);
            options = Further(own, kind, options);
            own.RefuseOthers();
        }

        section.RefuseOthers();
        return options with { Rules = rules };
    }

    private static RuleOptions Rule(ProfileSection section, AlertKind kind)
    {
        var defaults = RuleOptions.Of(kind);
        return defaults with
        {
            Enabled = section.Truth("enabled") ?? defaults.Enabled,
            Severity = section.Choice("severity", ("info", "info"), ("warning", "warning"), ("critical", "critical")) ?? defaults.Severity,
            Threshold = section.Number("threshold", kind.Least, kind.Most) ?? defaults.Threshold,
            Hysteresis = section.Number("hysteresis", 0, 1) ?? defaults.Hysteresis,
            HoldFrames = section.WholeNumber("hold_frames", 1, 100_000) ?? defaults.HoldFrames,
            ClearFrames = section.WholeNumber("clear_frames", 1, 100_000) ?? defaults.ClearFrames,
        };
    }

    // What only one kind has.
    private static AlertOptions Further(ProfileSection section, AlertKind kind, AlertOptions options)
    {
        if (kind == AlertKind.DoseBudget)
        {
            return options with { BudgetEPerA2 = section.Number("budget_e_A2", 1e-9, 1e15) };
        }

        if (kind == AlertKind.SnrLow)
        {
            return options with { PositionErrPx = section.Number("position_err_px", 1e-4, 1000) };
        }

        return kind == AlertKind.CoincidenceLoss
            ? options with
            {
                CountingReadoutsPerS = section.Number("readouts_per_s", 1e-3, 1e9),
                CountingAreaPx = section.Number("area_px", 1e-3, 1e4) ?? options.CountingAreaPx,
            }
            : options;
    }
}
