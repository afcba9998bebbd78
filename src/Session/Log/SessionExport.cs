using LiveLtem.Core;
using LiveLtem.Core.Analysis;
using LiveLtem.Core.Live;
using LiveLtem.Session.Results;
using Microsoft.Data.Sqlite;

namespace LiveLtem.Session.Log;

/// <summary>Writes the tables and the report of a kept session from its database, by the writers that <c>analyze</c> uses.</summary>
public static class SessionExport
{
    private const int RowsAtOnce = 4096;
    private const int LastPictured = 31;

    /// <summary>Writes everything.</summary>
    /// <param name="session">Folder of the session; may be one that is being recorded.</param>
    /// <param name="output">Folder for the results, made where it is missing; may be the session's own.</param>
    /// <param name="analyses">What is worked out of the tracks.</param>
    /// <param name="cancellationToken">Stops between rows.</param>
    /// <exception cref="InputException">The session is damaged, or the folder cannot be written.</exception>
    public static Task WriteAsync(string session, string output, AnalysisPlan analyses, CancellationToken cancellationToken) =>
        WriteAsync(session, output, tables: true, analyses, cancellationToken);

    /// <summary>Writes <c>report.html</c> alone, into the session's own folder.</summary>
    /// <inheritdoc cref="WriteAsync(string, string, AnalysisPlan, CancellationToken)"/>
    /// <returns>Its path.</returns>
    public static async Task<string> WriteReportAsync(string session, AnalysisPlan analyses, CancellationToken cancellationToken)
    {
        await WriteAsync(session, session, tables: false, analyses, cancellationToken).ConfigureAwait(false);
        return Path.Combine(session, "report.html");
    }

    private static async Task WriteAsync(
        string session, string output, bool tables, AnalysisPlan analyses, CancellationToken cancellationToken)
    {
        var manifest = ManifestFile.Read(session);
        using var frames = SessionFrames.Open(session, manifest.Shape);
        try
        {
            using var reader = SessionReader.Open(Path.Combine(session, SessionFiles.Database));
            var source = SessionDetails.Info(manifest, frames);
            var setup = new AnalysisSetup
            {
                CalibrationOf = segment => manifest.Segments.FirstOrDefault(known => known.Number == segment, manifest.Segments[0]).Calibration,
                Height = source.Height,
                Width = source.Width,
            };
            await using var results = await ResultFolder.CreateAsync(new ResultFolderOptions
            {
                Path = output,
                Source = source,
                Analyses = analyses.Start(setup),
                AskedRelativeErr = analyses.AskedRelativeErr,
                Calibration = manifest.Segments[0].Calibration,
                Profile = manifest.Description.ProfileName,
                Version = manifest.Description.Version,
                WriteTables = tables,
            }).ConfigureAwait(false);
            results.Alerts = () => Alerts(reader);
            results.AlertsMissing = () => manifest.AlertsMissing;
            foreach (var note in manifest.Notes)
            {
                results.Notes.AddWarning(note);
            }

            results.DoseRelativeErr = () => manifest.DoseRelativeErr;
            results.Notes.AddFact("Session", manifest.Id);
            foreach (var (name, text) in manifest.Facts)
            {
                results.Notes.AddFact(name, text);
            }

            Deliver(reader, frames, manifest.Segments, results, cancellationToken);
            await results.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (SqliteException error)
        {
            throw new InputException($"{session}/{SessionFiles.Database} cannot be read: {SqliteReason.Of(error)}; 'liveltem sessions repair' mends what can be", error);
        }
    }

    private static void Deliver(
        SessionReader reader, SessionFrames frames, IReadOnlyList<SessionSegment> segments, ResultFolder results, CancellationToken cancellationToken)
    {
        using var pictures = new SessionPictures(frames, reader.PicturedFrames(LastPictured));
        using var points = Points(reader).GetEnumerator();
        var more = points.MoveNext();
        for (var next = 0L; reader.RowsFrom(next, RowsAtOnce) is { Count: > 0 } rows; next = rows[^1].Sequence + 1)
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var (_, row) in rows)
            {
                results.OnFrame(row);
                var found = false;
                for (; more && row.Processed && points.Current[0].Point.Frame == row.Frame; more = points.MoveNext(), found = true)
                {
                    var tracks = Tracks(row.Frame, points.Current, segments);
                    pictures.Show(tracks, results);
                    results.OnTracks(tracks, row);
                }

                if (row.Processed && !found)
                {
                    results.OnTracks(Tracks(row.Frame, [], segments), row);
                }
            }
        }

        // Points whose row the end of the process took.
        for (; more; more = points.MoveNext())
        {
            var left = points.Current;
            results.OnTracks(Tracks(left[0].Point.Frame, left, segments), Row(left[0]));
        }
    }

    /// <summary>The points frame by frame.</summary>
    private static IEnumerable<IReadOnlyList<StoredPoint>> Points(SessionReader reader)
    {
        var frame = new List<StoredPoint>();
        for (var next = 0L; reader.PointsFrom(next) is { Count: > 0 } some; next = some[^1].Id + 1)
        {
            foreach (var point in some)
            {
                if (frame.Count > 0 && frame[0].Point.Frame != point.Point.Frame)
                {
                    yield return frame;
                    frame = [];
                }

                frame.Add(point);
            }
        }

        if (frame.Count > 0)
        {
            yield return frame;
        }
    }

    private static FrameTracks Tracks(long number, IReadOnlyList<StoredPoint> points, IReadOnlyList<SessionSegment> segments) => new()
    {
        Header = new FrameHeader { Number = number, Segment = segments.LastOrDefault(segment => segment.FirstFrame <= number, segments[0]).Number },
        Points = [.. points.Select(point => point.Point)],
    };

    /// <summary>What is left of a row: time and dose.</summary>
    private static FrameRow Row(StoredPoint point) => new()
    {
        Frame = point.Point.Frame,
        TimeS = point.TimeS,
        DoseEPerA2 = point.DoseEPerA2,
        MeanCounts = double.NaN,
        SaturatedFraction = 0,
        DroppedBefore = 0,
        Processed = true,
    };

    /// <summary>Every alert as it stood at the end, in the order they were raised.</summary>
    private static IReadOnlyList<SessionAlert> Alerts(SessionReader reader)
    {
        var alerts = new SortedDictionary<long, SessionAlert>();
        foreach (var change in reader.EventsAfter(0).OfType<AlertChange>())
        {
            alerts[change.Alert.Id] = change.Alert;
        }

        return [.. alerts.Values];
    }
}
