using LiveLtem.Inference.Segment;

namespace LiveLtem.Inference;

/// <summary>Keeps the two layers the same through the movie: which of a network's two answers is which may change from frame to frame.</summary>
/// <remarks>First the frame as a whole takes the order in which more pieces lie on particles of their layer; then a piece that lies on a known
/// particle of the other layer, and on none of its own, goes over to that layer.</remarks>
internal static class LayerKeeper
{
    private const double Swap = 1.2;

    /// <summary>The same pieces, each in the layer that it had before.</summary>
    /// <param name="found">A frame's pieces.</param>
    /// <param name="first">Particles of layer 1.</param>
    /// <param name="second">Particles of layer 2.</param>
    public static Segmentation Keep(Segmentation found, ParticleMemory first, ParticleMemory second)
    {
        var blobs = found.Blobs;
        var one = blobs.Where(b => b.Layer == 1).ToList();
        var two = blobs.Where(b => b.Layer == 2).ToList();
        var straight = first.Matches(one) + second.Matches(two);
        var crossed = first.Matches(two) + second.Matches(one);
        if (crossed > Swap * straight)
        {
            blobs = [.. blobs.Select(b => b with { Layer = 3 - b.Layer })];
        }

        var kept = new List<Blob>(blobs.Count);
        foreach (var blob in blobs)
        {
            var (own, other) = blob.Layer == 1 ? (first, second) : (second, first);
            var stranger = !own.Holds(blob) && other.Holds(blob) && !blobs.Any(b => b.Layer != blob.Layer && Near(b, blob));
            kept.Add(stranger ? blob with { Layer = 3 - blob.Layer } : blob);
        }

        return new Segmentation { Background = found.Background, Labels = found.Labels, Bin = found.Bin, Dark = found.Dark, Blobs = kept };
    }

    private static bool Near(in Blob a, in Blob b) =>
        Math.Pow(a.X - b.X, 2) + Math.Pow(a.Y - b.Y, 2) < Math.Pow(0.7 * Math.Min(a.HalfMinor, b.HalfMinor), 2);
}
