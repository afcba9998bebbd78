using LiveLtem.Acquisition;
using LiveLtem.Core;
using LiveLtem.HardwareSim.Scoring;

namespace LiveLtem.App.Hosting;

/// <summary>Compares a denoised movie with the one without noise, frame by frame.</summary>
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

    /// <summary>Compares two movies.</summary>
    /// <exception cref="InputException">One cannot be read, or they differ in size or length.</exception>
    public static async Task<PictureScore> OfAsync(string truth, string predicted, CancellationToken cancellationToken)
    {
        var sources = Sources.Create();
        await using var clean = sources.Open(truth);
        await using var denoised = sources.Open(predicted);
        var (a, b) = (clean.Info, denoised.Info);
        if (a.Height != b.Height || a.Width != b.Width || a.Frames != b.Frames)
        {
            throw new InputException($"--pred {predicted}: {b.Frames} frames of {b.Width} x {b.Height} px; --truth has {a.Frames} of {a.Width} x {a.Height} px");
        }

        var scorer = new PictureScorer(a.Height, a.Width);
        var (left, right) = (new float[a.Height * a.Width], new float[a.Height * a.Width]);
        using var pool = new FramePool();
        await using var others = FrameReading.ReadAsync(denoised, pool, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await foreach (var frame in FrameReading.ReadAsync(clean, pool, cancellationToken).ConfigureAwait(false))
        {
            frame.CopyTo(left);
            if (!await others.MoveNextAsync().ConfigureAwait(false))
            {
                break;
            }

            others.Current.CopyTo(right);
            scorer.Add(left, right);
        }

        return scorer.Score();
    }
}
