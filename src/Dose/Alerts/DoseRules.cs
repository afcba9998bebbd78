namespace LiveLtem.Dose.Alerts;

/// <summary>The dose rate against its limit.</summary>
internal sealed class DoseRateRule(RuleOptions options) : AlertRule(options)
{
    private bool _any;
    private bool _known;

    public override string? Missing => Options.Threshold is null
        ? "no limit is set (alerts.dose_rate_high.threshold)"
        : _any && !_known ? "there is no dose rate: see the calibration" : null;

    public override RuleReading? Received(in ReceivedFrame frame)
    {
        _any = true;
        _known |= frame.Dose.RateEPerA2PerS is not null;
        return Options.Threshold is { } limit && frame.Dose.RateEPerA2PerS is { } rate
            ? Above(rate, limit, () => Say($"the dose rate is {rate:G3} e-/A^2/s; the limit is {limit:G3}"))
            : null;
    }
}

/// <summary>A part of the dose that the sample may get is used; over once the next part is, whose own alert stands then.</summary>
internal sealed class BudgetRule(RuleOptions options, double part, double? next, double? budget) : AlertRule(options)
{
    private bool _any;
    private bool _known;

    public override string Key => Say($"{Options.Kind.Name}:{part}");

    public override string? Missing => budget is null
        ? "no budget is set (alerts.dose_budget.budget_e_A2)"
        : _any && !_known ? "there is no dose: see the calibration" : null;

    public override RuleReading? Received(in ReceivedFrame frame)
    {
        _any = true;
        _known |= frame.Dose.DoseEPerA2 is not null;
        if (budget is not { } most || frame.Dose.DoseEPerA2 is not { } dose)
        {
            return null;
        }

        var used = dose / most;
        var over = used >= part && !(used >= next);
        return new RuleReading
        {
            Over = over,
            Clear = !over,
            Value = used,
            Threshold = part,
            Badness = used,
            Severity = over && part >= 1 ? "critical" : null,
            Message = over ? Say($"{100 * used:0} % of the dose that this sample may get is used ({dose:G4} of {most:G4} e-/A^2)") : null,
        };
    }
}

/// <summary>How long the budget lasts at the present rate.</summary>
internal sealed class ProjectionRule(RuleOptions options, double? budget) : AlertRule(options)
{
    private bool _any;
    private bool _known;

    public override string? Missing => budget is null
        ? "no budget is set (alerts.dose_budget.budget_e_A2)"
        : _any && !_known ? "there is no dose rate: see the calibration" : null;

    public override RuleReading? Received(in ReceivedFrame frame)
    {
        _any = true;
        _known |= frame.Dose is { DoseEPerA2: not null, RateEPerA2PerS: not null };
        if (budget is not { } most || frame.Dose is not { DoseEPerA2: { } dose, RateEPerA2PerS: { } rate })
        {
            return null;
        }

        if (rate <= 0 || dose >= most)
        {
            // Used up: that is what the budget's own alert says.
            return RuleReading.Good;
        }

        var left = (most - dose) / rate;
        return Below(left, Options.Threshold!.Value, () => Say($"at {rate:G3} e-/A^2/s the budget of {most:G4} e-/A^2 lasts for another {left:0} s"));
    }
}
