namespace LiveLtem.HardwareSim.Scoring;

/// <summary>How well label images agree with the true ones.</summary>
public sealed record MaskScore
{
    /// <summary>Frames compared.</summary>
    public required int Frames { get; init; }

    /// <summary>All layers together.</summary>
    public required OverlapScore All { get; init; }

    /// <summary>Each layer by itself, the first page of a frame first; empty where there is one.</summary>
    public required IReadOnlyList<OverlapScore> Layers { get; init; }
}

/// <summary>Agreement of what is marked, over all pixels of all frames.</summary>
public sealed record OverlapScore
{
    /// <summary>Pixels marked in both over pixels marked in either; null where nothing is marked.</summary>
    public required double? Iou { get; init; }

    /// <summary>Twice the pixels marked in both over the sum of those marked in each; null where nothing is marked.</summary>
    public required double? Dice { get; init; }

    /// <summary>Fraction of all pixels that are marked, or not marked, in both.</summary>
    public required double PixelAccuracy { get; init; }

    /// <summary>Particle by particle; null where the truth only says what is background (its one label is 255).</summary>
    public required InstanceScore? Instances { get; init; }
}

/// <summary>Agreement particle by particle: a pair overlaps by more than half of what both cover together, so that nobody has two partners.</summary>
public sealed record InstanceScore
{
    /// <summary>Pairs.</summary>
    public required int Found { get; init; }

    /// <summary>Predicted without a partner.</summary>
    public required int False { get; init; }

    /// <summary>True ones without a partner.</summary>
    public required int Missed { get; init; }

    /// <summary>2 found / (2 found + false + missed); null where there is nobody.</summary>
    public required double? F1 { get; init; }

    /// <summary>Mean intersection over union of the pairs; null without any.</summary>
    public required double? MeanIou { get; init; }

    /// <summary>F1 times mean intersection over union: panoptic quality (Kirillov et al. 2019, arXiv:1801.00868).</summary>
    public required double? PanopticQuality { get; init; }
}

/// <summary>Compares label images page by page, in memory that does not grow.</summary>
/// <param name="layers">Pages of a frame.</param>
public sealed class MaskScorer(int layers)
{
    // What a drawing program writes where it knows one kind of thing only.
    private const int MarkOnly = 255;
    private readonly Tally[] _layers = [.. Enumerable.Range(0, layers).Select(_ => new Tally())];
    private int _pages;
    private bool _namesParticles;

    /// <summary>Adds a page; the pages of a frame follow each other, layer by layer.</summary>
    /// <param name="truth">Row-major [height, width]: whole numbers, 0 background, every other one a particle.</param>
    /// <param name="predicted">The same.</param>
    public void Add(ReadOnlySpan<float> truth, ReadOnlySpan<float> predicted)
    {
        var tally = _layers[_pages++ % layers];
        var areas = new Dictionary<(bool True, int Label), int>();
        var shared = new Dictionary<(int True, int Predicted), int>();
        for (var i = 0; i < truth.Length; i++)
        {
            var (t, p) = ((int)truth[i], (int)predicted[i]);
            tally.Both += t != 0 && p != 0 ? 1 : 0;
            tally.Either += t != 0 || p != 0 ? 1 : 0;
            if (t != 0)
            {
                areas[(true, t)] = areas.GetValueOrDefault((true, t)) + 1;
                _namesParticles |= t != MarkOnly;
            }

            if (p != 0)
            {
                areas[(false, p)] = areas.GetValueOrDefault((false, p)) + 1;
                if (t != 0)
                {
                    shared[(t, p)] = shared.GetValueOrDefault((t, p)) + 1;
                }
            }
        }

        tally.Pixels += truth.Length;
        tally.True += areas.Keys.Count(k => k.True);
        tally.Predicted += areas.Keys.Count(k => !k.True);
        foreach (var ((t, p), pixels) in shared)
        {
            var iou = (double)pixels / (areas[(true, t)] + areas[(false, p)] - pixels);
            if (iou > 0.5)
            {
                tally.Found++;
                tally.FoundIou += iou;
            }
        }
    }

    /// <summary>The figures of the pages so far.</summary>
    public MaskScore Score()
    {
        var all = new Tally();
        foreach (var tally in _layers)
        {
            all.Add(tally);
        }

        return new MaskScore
        {
            Frames = _pages / layers,
            All = all.Score(_namesParticles),
            Layers = layers == 1 ? [] : [.. _layers.Select(t => t.Score(_namesParticles))],
        };
    }

    private sealed class Tally
    {
        public long Both { get; set; }

        public long Either { get; set; }

        public long Pixels { get; set; }

        public int True { get; set; }

        public int Predicted { get; set; }

        public int Found { get; set; }

        public double FoundIou { get; set; }

        public void Add(Tally other)
        {
            Both += other.Both;
            Either += other.Either;
            Pixels += other.Pixels;
            True += other.True;
            Predicted += other.Predicted;
            Found += other.Found;
            FoundIou += other.FoundIou;
        }

        public OverlapScore Score(bool instances) => new()
        {
            Iou = Either > 0 ? (double)Both / Either : null,
            Dice = Either > 0 ? 2.0 * Both / (Either + Both) : null,
            PixelAccuracy = Pixels > 0 ? 1 - ((double)(Either - Both) / Pixels) : 1,
            Instances = instances ? Instances() : null,
        };

        private InstanceScore Instances()
        {
            double? f1 = True + Predicted > 0 ? 2.0 * Found / (True + Predicted) : null;
            double? mean = Found > 0 ? FoundIou / Found : null;
            return new InstanceScore
            {
                Found = Found,
                False = Predicted - Found,
                Missed = True - Found,
                F1 = f1,
                MeanIou = mean,
                PanopticQuality = f1 is null ? null : f1 * (mean ?? 0),
            };
        }
    }
}
