using System.Text.Json;
using System.Text.Json.Nodes;
using LiveLtem.Core;
using LiveLtem.Core.Analysis;
using LiveLtem.Session.Tables;

namespace LiveLtem.Session.Results;

/// <summary>Writes <c>analysis.json</c>, every figure by its name and null with a note where it could not be had, and the tables beside it.</summary>
internal sealed class AnalysisSink(string folder, Calibration calibration, AnalysisBook book, Func<double?> doseRelativeErr) : IResultSink
{
    private const string NotAsked = "the profile does not ask for it";

    // The names that readers rely on, by analysis.
    private static readonly (string Analysis, string[] Names)[] Figures =
    [
        ("lattice", ["a1_nm", "a2_nm", "angle_deg", "displacement_rms_nm", "rotation_rms_deg", "lindemann_gamma", "psi4", "psi6"]),
        ("msd", ["D_nm2_s", "D_rot_deg2_s", "alpha", "localization_error_nm"]),
        ("pairs", ["contact_nm", "well_depth_kT"]),
        ("etch", ["facet_rate_nm_s", "corner_rate_nm_s", "side_rate_nm_s", "end_rate_nm_s", "area_rate_nm2_s"]),
        ("growth", ["model", "k", "attach_per_s", "detach_per_s", "mean_cluster_size"]),
        ("nucleation", ["critical_size", "rate_per_um2_s"]),
        ("interface", ["stiffness_kT_per_nm", "mobility_nm3_kT_s"]),
        ("states", ["count", "occupancy", "rate_per_s"]),
    ];

    private static readonly JsonSerializerOptions Layout = new() { WriteIndented = true };

    private readonly ResultFile _file = new(Path.Combine(folder, "analysis.json"));
    private FrameRow? _last;
    private double _rateSum;
    private long _rates;
    private long _frames;
    private bool _written;

    public void OnFrame(FrameRow row)
    {
        _last = row;
        _frames++;
        if (row.DoseRateEPerA2PerS is { } rate && double.IsFinite(rate))
        {
            _rateSum += rate;
            _rates++;
        }
    }

    public void OnTracks(FrameTracks tracks, FrameRow row)
    {
    }

    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        if (_written)
        {
            return;
        }

        _written = true;
        var figures = new JsonObject();
        var notes = new JsonObject();
        foreach (var (analysis, names) in Figures)
        {
            Add(analysis, names, figures, notes);
        }

        AddDose(figures, notes);
        figures["analysis_notes"] = notes;
        figures["enough_yet"] = EnoughYet();
        await using (var stream = _file.Create())
        {
            await JsonSerializer.SerializeAsync(stream, figures, Layout, cancellationToken).ConfigureAwait(false);
        }

        _file.Commit();
        foreach (var table in book.Results().Values.SelectMany(result => result.Tables))
        {
            var file = new TableFile(folder, AnalysisTableFile.SchemaOf(table));
            AnalysisTableFile.Append(file.Writer, table);
            await file.FinishAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync() => CompleteAsync(CancellationToken.None);

    private static JsonObject Figure(double value, double? err, string unit, long n) =>
        new() { ["value"] = value, ["err"] = err, ["unit"] = unit, ["n"] = n };

    private static JsonObject Figure(AnalysisFigure figure)
    {
        var json = Figure(figure.Value!.Value, figure.Err, figure.Unit, figure.N);
        if (figure.NoiseFloor is { } floor)
        {
            json["noise_floor"] = floor;
        }

        return json;
    }

    private static JsonNode? Node(AnalysisFigure figure) => figure switch
    {
        { Text: { } text } => JsonValue.Create(text),
        { Values: { } values } => new JsonArray([.. values.Select(value => Figure(value.Value, value.Err, figure.Unit, figure.N))]),
        { Value: not null } => Figure(figure),
        _ => null,
    };

    private void Add(string analysis, string[] names, JsonObject figures, JsonObject notes)
    {
        var result = book.Results().GetValueOrDefault(analysis);
        var why = book.Failure(analysis) ?? (book.Has(analysis) ? "it gave no such figure" : NotAsked);
        var (values, missing) = (new JsonObject(), new JsonObject());
        var others = result?.Figures.Select(figure => figure.Name).Except(names) ?? [];
        foreach (var name in names.Concat(others))
        {
            var figure = result?.Figures.FirstOrDefault(figure => figure.Name == name) ?? AnalysisFigure.Unknown(name, why);
            values[name] = Node(figure);
            if (values[name] is null)
            {
                missing[name] = figure.Missing ?? why;
            }
        }

        if (result?.Note is { } note)
        {
            missing["all"] = note;
        }

        figures[analysis] = values;
        if (missing.Count > 0)
        {
            notes[analysis] = missing;
        }
    }

    // Beside the figures, so that each of these stays what it is.
    private JsonObject EnoughYet()
    {
        var json = new JsonObject { ["asked_relative_err"] = book.AskedRelativeErr };
        var all = new List<Enough>();
        foreach (var (analysis, _) in Figures)
        {
            var figures = new JsonObject();
            foreach (var figure in book.Results().GetValueOrDefault(analysis)?.Figures ?? [])
            {
                if (book.EnoughYet(analysis, figure) is { } enough)
                {
                    all.Add(enough);
                    figures[figure.Name] = new JsonObject
                    {
                        ["relative_err"] = enough.RelativeErr,
                        ["frames_needed"] = enough.FramesNeeded,
                        ["frames_more"] = enough.FramesMore,
                        ["dose_more_e_A2"] = enough.DoseMoreEPerA2,
                        ["stop"] = enough.Stop,
                        ["advice"] = enough.Advice,
                    };
                }
            }

            if (figures.Count > 0)
            {
                json[analysis] = figures;
            }
        }

        json["stop"] = all.Count > 0 ? all.TrueForAll(enough => enough.Stop) : null;
        return json;
    }

    private void AddDose(JsonObject figures, JsonObject notes)
    {
        var dose = new JsonObject { ["specimen_or_camera"] = null, ["fluence_e_A2"] = null, ["rate_e_A2_s"] = null };
        figures["dose"] = dose;
        var relativeErr = doseRelativeErr() is { } known && double.IsFinite(known) ? known : (double?)null;
        if (_last?.DoseEPerA2 is { } fluence && double.IsFinite(fluence))
        {
            dose["specimen_or_camera"] = DoseKind.Of(calibration);
            dose["fluence_e_A2"] = Figure(fluence, fluence * relativeErr, "e-/A^2", _frames);
        }

        if (_rates > 0)
        {
            var rate = _rateSum / _rates;
            dose["rate_e_A2_s"] = Figure(rate, rate * relativeErr, "e-/A^2/s", _rates);
        }

        var missing = new JsonObject();
        var why = DoseKind.Missing(calibration);
        foreach (var (name, value) in dose)
        {
            if (value is null)
            {
                missing[name] = why;
            }
        }

        if (missing.Count > 0)
        {
            notes["dose"] = missing;
        }
    }
}
