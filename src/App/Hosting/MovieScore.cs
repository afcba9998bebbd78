using LiveLtem.Acquisition;
using LiveLtem.Core;
using LiveLtem.HardwareSim.Scoring;

namespace LiveLtem.App.Hosting;

/// <summary>Compares a denoised movie with the one without noise, or label images with the true ones, page by page.</summary>
internal static class MovieScore
{
    /// <summary>Whether a file is a movie and no table.</summary>
    public static bool IsMovie(string path)
    {
        if (Directory.Exists(path))
        {
            return true;
        }

        if (!File.Exists(path))
        {
            return false;
        }

        // A table is text: it has no byte 0.
        Span<byte> head = stackalloc byte[1024];
        using var file = File.OpenRead(path);
        return head[..file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)].Contains((byte)0);
    }

    /// <summary>Compares two movies: label images where both hold whole numbers, else pictures.</summary>
    /// <returns>The score, as text or as one JSON object.</returns>
    /// <exception cref="InputException">One cannot be read, or they differ in size or length, or <paramref name="layers"/> does not fit.</exception>
    public static async Task<string> CompareAsync(string truth, string predicted, int layers, bool json, CancellationToken cancellationToken)
    {
        const int MostLayers = 8;
        var sources = Sources.Create();
        await using var right = sources.Open(truth);
        await using var found = sources.Open(predicted);
        var (a, b) = (right.Info, found.Info);
        if (a.Height != b.Height || a.Width != b.Width || a.Frames != b.Frames)
        {
            throw new InputException($"--pred {predicted}: {b.Frames} frames of {b.Width} x {b.Height} px; --truth has {a.Frames} of {a.Width} x {a.Height} px");
        }

        var labels = a.Type != PixelType.Float32 && b.Type != PixelType.Float32;
        if (layers is < 1 or > MostLayers)
        {
            throw new InputException($"--layers {layers}: must be 1 to {MostLayers}");
        }

        if (layers > 1 && !labels)
        {
            throw new InputException($"--layers {layers}: only label images have layers, and one of the movies holds no whole numbers; leave it out");
        }

        if (a.Frames is { } pages && pages % layers != 0)
        {
            throw new InputException($"--layers {layers}: {truth} has {pages} pages, which is not a whole number of frames");
        }

        var masks = labels ? new MaskScorer(layers) : null;
        var pictures = labels ? null : new PictureScorer(a.Height, a.Width);
        var (left, other) = (new float[a.Height * a.Width], new float[a.Height * a.Width]);
        using var pool = new FramePool();
        await using var others = FrameReading.ReadAsync(found, pool, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await foreach (var frame in FrameReading.ReadAsync(right, pool, cancellationToken).ConfigureAwait(false))
        {
            frame.CopyTo(left);
            if (!await others.MoveNextAsync().ConfigureAwait(false))
            {
                break;
            }

            others.Current.CopyTo(other);
            masks?.Add(left, other);
            pictures?.Add(left, other);
        }

        return masks is not null
            ? Text(masks.Score(), json)
            : Text(pictures!.Score(), json);
    }

    private static string Text(MaskScore score, bool json) => json ? ScoreText.Json(score) : ScoreText.Table(score);

    private static string Text(PictureScore score, bool json) => json ? ScoreText.Json(score) : ScoreText.Table(score);
}
