namespace LiveLtem.HardwareSim.Scoring;

/// <summary>Collects the errors of matched pairs.</summary>
internal sealed class ErrorStatistics
{
    private readonly PointTable _truth;
    private readonly PointTable _predicted;
    private readonly Dictionary<string, double[]?> _trueColumns = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double[]?> _columns = new(StringComparer.Ordinal);
    private readonly List<double> _dx = [];
    private readonly List<double> _dy = [];
    private readonly List<double> _distance = [];
    private readonly List<double> _overBound = [];
    private readonly List<double> _nees = [];
    private readonly List<double> _angle = [];
    private readonly List<double> _angleOverBound = [];
    private readonly List<double> _angleNees = [];
    private readonly List<double> _area = [];
    private readonly List<double> _major = [];
    private readonly List<double> _minor = [];

    public ErrorStatistics(PointTable truth, PointTable predicted)
    {
        _truth = truth;
        _predicted = predicted;
    }

    /// <summary>Adds one pair.</summary>
    public void Add(Pair pair)
    {
        var dx = Of(pair.Prediction, "x")!.Value - True(pair.Truth, "x")!.Value;
        var dy = Of(pair.Prediction, "y")!.Value - True(pair.Truth, "y")!.Value;
        _dx.Add(dx);
        _dy.Add(dy);
        _distance.Add(Math.Sqrt((dx * dx) + (dy * dy)));
        AddRatio(_overBound, dx, True(pair.Truth, "x_bound_px"));
        AddRatio(_overBound, dy, True(pair.Truth, "y_bound_px"));
        AddRatio(_nees, dx, Of(pair.Prediction, "x_err"));
        AddRatio(_nees, dy, Of(pair.Prediction, "y_err"));
        AddAngle(pair);
        if (Of(pair.Prediction, "area_px") is { } area && True(pair.Truth, "area_px") is > 0 and var trueArea)
        {
            _area.Add((area / trueArea) - 1);
        }

        AddDifference(_major, pair, "major_px");
        AddDifference(_minor, pair, "minor_px");
    }

    /// <summary>The figures so far.</summary>
    public ErrorScore Result() => new()
    {
        Pairs = _dx.Count,
        PositionRmsPx = Rms([.. _dx, .. _dy]),
        PositionMedianPx = Median(_distance),
        BiasXPx = Mean(_dx),
        BiasYPx = Mean(_dy),
        PositionOverBound = Rms(_overBound),
        Angles = _angle.Count,
        AngleRmsDeg = Rms(_angle),
        AngleMedianDeg = Median([.. _angle.Select(Math.Abs)]),
        AngleOverBound = Rms(_angleOverBound),
        PositionNees = MeanSquare(_nees),
        AngleNees = MeanSquare(_angleNees),
        AreaBias = Mean(_area),
        AreaRms = Rms(_area),
        MajorBiasPx = Mean(_major),
        MajorRmsPx = Rms(_major),
        MinorBiasPx = Mean(_minor),
        MinorRmsPx = Rms(_minor),
    };

    private static void AddRatio(List<double> list, double error, double? sigma)
    {
        if (sigma is > 0)
        {
            list.Add(error / sigma.Value);
        }
    }

    private static double? Mean(List<double> values) => values.Count == 0 ? null : values.Average();

    private static double? MeanSquare(List<double> values) => values.Count == 0 ? null : values.Average(v => v * v);

    private static double? Rms(List<double> values) => MeanSquare(values) is { } square ? Math.Sqrt(square) : null;

    private static double? Median(List<double> values)
    {
        if (values.Count == 0)
        {
            return null;
        }

        values.Sort();
        var middle = values.Count / 2;
        return values.Count % 2 == 1 ? values[middle] : 0.5 * (values[middle - 1] + values[middle]);
    }

    private void AddAngle(Pair pair)
    {
        var symmetry = True(pair.Truth, "symmetry");
        // A table without symmetries is taken at its word that its angles are those of the truth's shape.
        if (symmetry is not >= 1 || (Of(pair.Prediction, "symmetry") ?? symmetry) != symmetry
            || Of(pair.Prediction, "angle_deg") is not { } angle || True(pair.Truth, "angle_deg") is not { } trueAngle)
        {
            return;
        }

        var period = 360 / symmetry.Value;
        var error = angle - trueAngle;
        error -= period * Math.Round(error / period);
        _angle.Add(error);
        AddRatio(_angleOverBound, error, True(pair.Truth, "angle_bound_deg"));
        AddRatio(_angleNees, error, Of(pair.Prediction, "angle_err_deg"));
    }

    private void AddDifference(List<double> list, Pair pair, string column)
    {
        if (Of(pair.Prediction, column) is { } value && True(pair.Truth, column) is { } trueValue)
        {
            list.Add(value - trueValue);
        }
    }

    private double? Of(int row, string column) => Value(_predicted, _columns, row, column);

    private double? True(int row, string column) => Value(_truth, _trueColumns, row, column);

    private static double? Value(PointTable table, Dictionary<string, double[]?> known, int row, string column)
    {
        if (!known.TryGetValue(column, out var values))
        {
            known[column] = values = table.Column(column);
        }

        return values is null || double.IsNaN(values[row]) ? null : values[row];
    }
}
