using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Session.Denoised;
using LiveLtem.Session.Masks;
using LiveLtem.Session.Overlay;
using LiveLtem.Session.Report;

namespace LiveLtem.Session.Results;

/// <summary>Writes everything that <c>analyze --out DIR</c> leaves behind: tables, figures, masks, overlay and report.</summary>
/// <remarks>Each file appears under its name when it is whole. Disposing without <see cref="CompleteAsync"/> keeps what there is: the tables
/// up to the last frame delivered. Memory needed does not grow with the number of frames.</remarks>
public sealed class ResultFolder : IResultSink
{
    private static readonly string[] AnalysisTables =
        ["msd", "lattice", "pmf", "modes", "pairs", "pair_map", "etch", "etch_contour", "etch_size", "growth", "nucleation", "interface", "dose_map", "particle_dose", "states"];

    // Everything this folder may ever hold: an earlier run's are taken away first, so that old and new never lie side by side.
    private static readonly string[] OwnFiles =
    [
        "tracks.csv", "tracks.parquet", "frames.csv", "frames.parquet", "alerts.jsonl", "analysis.json",
        .. AnalysisTables.SelectMany(name => new[] { $"{name}.csv", $"{name}.parquet" }),
        "masks.tif", "denoised.mrc", "overlay.mp4", Report,
    ];

    private const string Report = "report.html";

    private readonly List<IResultSink> _parts = [];
    private readonly AnalysisBook _book;
    private bool _closed;

    private ResultFolder(ResultFolderOptions options)
    {
        Path = System.IO.Path.GetFullPath(options.Path);
        _book = new AnalysisBook(options.Analyses, options.AskedRelativeErr);
    }

    /// <summary>Full path of the folder.</summary>
    public string Path { get; }

    /// <summary>What the report should say besides: how it was analysed, what to know before trusting it. Up to <see cref="CompleteAsync"/>.</summary>
    public ReportNotes Notes { get; } = new();

    /// <summary>Asked at the end for the relative 1-sigma error of the dose, or null where nobody stated one.</summary>
    public Func<double?> DoseRelativeErr { get; set; } = () => null;

    /// <summary>Asked at the end for the alerts as they stood then; by default there are none.</summary>
    public Func<IReadOnlyList<SessionAlert>> Alerts { get; set; } = () => [];

    /// <summary>Asked at the end for the rules that could not be evaluated, one line each: the kind and why.</summary>
    public Func<IReadOnlyList<string>> AlertsMissing { get; set; } = () => [];

    /// <summary>Makes the folder ready and starts its files.</summary>
    /// <param name="options">What to write.</param>
    /// <exception cref="InputException">The folder is a file, cannot be made or cannot be written to.</exception>
    public static async Task<ResultFolder> CreateAsync(ResultFolderOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var folder = new ResultFolder(options);
        folder.Prepare(options.WriteTables ? OwnFiles : [Report]);
        try
        {
            folder.Start(options);
        }
        catch
        {
            await folder.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        return folder;
    }

    /// <inheritdoc/>
    public void OnFrame(FrameRow row)
    {
        foreach (var part in _parts)
        {
            part.OnFrame(row);
        }
    }

    /// <inheritdoc/>
    public void OnTracks(FrameTracks tracks, FrameRow row)
    {
        _book.Add(tracks, row);
        foreach (var part in _parts)
        {
            part.OnTracks(tracks, row);
        }
    }

    /// <inheritdoc/>
    public void OnImage(Frame frame, FrameDetections detections, FrameTracks tracks)
    {
        foreach (var part in _parts)
        {
            part.OnImage(frame, detections, tracks);
        }
    }

    /// <inheritdoc/>
    public void OnDenoised(Frame denoised)
    {
        foreach (var part in _parts)
        {
            part.OnDenoised(denoised);
        }
    }

    /// <inheritdoc/>
    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        if (_closed)
        {
            return;
        }

        _closed = true;
        foreach (var part in _parts)
        {
            await part.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Closes the files; without <see cref="CompleteAsync"/> with what there is.</summary>
    public async ValueTask DisposeAsync()
    {
        _closed = true;
        List<Exception> faults = [];
        foreach (var part in _parts)
        {
            try
            {
                await part.DisposeAsync().ConfigureAwait(false);
            }
            catch (IOException error)
            {
                // One file that cannot be finished (a full disk) does not cost the others.
                faults.Add(error);
            }
        }

        if (faults.Count > 0)
        {
            throw new IOException($"{Path}: not everything could be finished: {faults[0].Message}", faults[0]);
        }
    }

    private void Prepare(IReadOnlyList<string> ownFiles)
    {
        if (File.Exists(Path))
        {
            throw new InputException($"--out {Path} is a file; name a folder, which is made where it is missing");
        }

        try
        {
            Directory.CreateDirectory(Path);
            foreach (var name in ownFiles)
            {
                new ResultFile(System.IO.Path.Combine(Path, name)).Delete();
            }

        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot write to {Path}: {IoReason.Of(error)}", error);
        }
    }

    private void Start(ResultFolderOptions options)
    {
        if (options.WriteTables)
        {
            _parts.Add(new TableSink(Path, options.Time));
            _parts.Add(new AnalysisSink(Path, options.Calibration, _book, () => DoseRelativeErr()));
            _parts.Add(new AlertSink(Path, () => Alerts()));
        }

        if (options.WriteMasks)
        {
            _parts.Add(new MaskSink(Path, options.Source, options.Calibration));
        }

        if (options.WriteDenoised)
        {
            _parts.Add(new DenoisedSink(Path, options.Source, options.Calibration));
        }

        if (options.WriteOverlay)
        {
            _parts.Add(new OverlaySink(Path, options.Source, options.Calibration));
        }

        _parts.Add(new ReportSink(Path, options, Notes, _book, () => (Alerts(), AlertsMissing())));
    }
}
