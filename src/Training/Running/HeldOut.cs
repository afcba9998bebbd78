using LiveLtem.Inference.Models;
using LiveLtem.Training.Networks;
using LiveLtem.Training.Samples;
using TorchSharp;
using static TorchSharp.torch;

namespace LiveLtem.Training.Running;

/// <summary>Judges a network on pictures that it was not trained on.</summary>
internal static class HeldOut
{
    private const int Together = 8;

    /// <summary>Levels of noise that figures are given for, contrast-to-noise per pixel.</summary>
    public static IReadOnlyList<double> Bands { get; } = [0.5, 1, 2, 4, 8];

    /// <summary>Judges it.</summary>
    /// <param name="network">The network; set to how it is used, not trained.</param>
    /// <param name="source">Where pictures come from.</param>
    /// <param name="pictures">The first so many of them.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <returns>Figures over all of them, and by band of noise those of the bands that have pictures.</returns>
    public static (HeldOutFigures All, IReadOnlyList<HeldOutFigures> ByBand) Judge(UNet network, ISampleSource source, int pictures, CancellationToken cancellationToken)
    {
        network.eval();
        using var quiet = no_grad();
        var bands = Bands.Select(_ => new Counts()).ToArray();
        var samples = Enumerable.Range(0, Together).Select(_ => new Sample(source.Size, source.Layers)).ToArray();
        for (var first = 0; first < pictures; first += Together)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var count = Math.Min(Together, pictures - first);
            Parallel.For(0, count, i => source.Fill(first + i, samples[i]));
            using var scope = NewDisposeScope();
            var images = tensor(samples.Take(count).SelectMany(sample => sample.Image).ToArray(), [count, 1, source.Size, source.Size]);
            var (logits, geometry) = network.forward(images);
            var maps = logits.sigmoid().contiguous().data<float>().ToArray();
            var shapes = geometry.contiguous().data<float>().ToArray();
            for (var i = 0; i < count; i++)
            {
                var band = Bands.Select((cnr, index) => (Off: Math.Abs(Math.Log(Math.Max(samples[i].Cnr, 1e-3) / cnr)), index)).Min().index;
                bands[band].Add(Count(
                    samples[i],
                    maps.AsSpan(i * maps.Length / count, maps.Length / count),
                    shapes.AsSpan(i * shapes.Length / count, shapes.Length / count),
                    network.Shape.Stem));
            }
        }

        var all = new Counts();
        foreach (var band in bands)
        {
            all.Add(band);
        }

        return (all.Figures(0), [.. bands.Zip(Bands).Where(pair => pair.First.Pictures > 0).Select(pair => pair.First.Figures(pair.Second))]);
    }

    // Of layers in either order, the order that fits better.
    private static Counts Count(Sample sample, ReadOnlySpan<float> maps, ReadOnlySpan<float> geometry, int stride)
    {
        var given = Count(sample, maps, geometry, stride, swap: false);
        if (sample.Layers == 1 || sample.Ordered)
        {
            return given;
        }

        var other = Count(sample, maps, geometry, stride, swap: true);
        return other.Both > given.Both ? other : given;
    }

    private static Counts Count(Sample sample, ReadOnlySpan<float> maps, ReadOnlySpan<float> geometry, int stride, bool swap)
    {
        var area = sample.Size * sample.Size;
        var cells = area / (stride * stride);
        var counts = new Counts { Pictures = 1 };
        for (var layer = 0; layer < sample.Layers; layer++)
        {
            var answer = maps.Slice(layer * MapLayout.Probabilities * area, MapLayout.Probabilities * area);
            var shapes = geometry.Slice(layer * UNet.GeometryMaps * cells, UNet.GeometryMaps * cells);
            var target = swap ? 1 - layer : layer;
            var wanted = sample.Maps.AsSpan(target * MapLayout.PerLayer * area, MapLayout.PerLayer * area);
            var instances = sample.Instances.AsSpan(target * area, area);
            for (var i = 0; i < area; i++)
            {
                var (found, there) = (answer[i] > 0.5f, wanted[i] > 0.5f);
                counts.Both += found && there ? 1 : 0;
                counts.Either += found || there ? 1 : 0;
            }

            var (particles, hidden) = Peaks.True(instances, wanted, sample.Size);
            var peaks = Peaks.Find(answer.Slice(MapLayout.Centre * area, area), shapes, sample.Size, stride);
            var (paired, extra, missed) = Peaks.Match(peaks, particles, instances, hidden, sample.Size);
            counts.Paired += paired;
            counts.Unpaired += extra + missed;
        }

        return counts;
    }

    private sealed class Counts
    {
        public int Pictures { get; set; }

        public long Both { get; set; }

        public long Either { get; set; }

        public long Paired { get; set; }

        public long Unpaired { get; set; }

        public void Add(Counts other)
        {
            Pictures += other.Pictures;
            Both += other.Both;
            Either += other.Either;
            Paired += other.Paired;
            Unpaired += other.Unpaired;
        }

        public HeldOutFigures Figures(double cnr) => new(
            cnr,
            Pictures,
            Math.Round((double)Both / Math.Max(Either, 1), 4),
            Math.Round(2.0 * Paired / Math.Max((2 * Paired) + Unpaired, 1), 4));
    }
}
