using LiveLtem.Core;
using LiveLtem.Inference.Segment;

namespace LiveLtem.Inference.Pose;

/// <summary>Proposes what a pile may be made of, of the shapes and sizes that this recording's particles have: long ones that cross, whose pieces pass for several
/// small particles, are found in no other way. Not thread-safe.</summary>
/// <remarks>Some of the pile are taken away, and the usual shapes put one by one where they explain most of what is then left over, each moved again once the
/// next stands (matching pursuit, Mallat and Zhang 1993, doi:10.1109/78.258082, over a dictionary of places, angles and shapes).</remarks>
/// <param name="fitter">Knows noise and blur.</param>
/// <param name="population">What the recording's particles are like.</param>
internal sealed class PilePursuit(FrameFitter fitter, Population population)
{
    private const int MostStarts = 3;
    private const int MostTaken = 3;
    private const int MostPlaced = 3;
    private const int WellSeen = 2;
    private const int Angles = 12;
    private const int SamplesAcross = 6;
    private const double StepShare = 0.2;
    private float[] _left = [];

    /// <summary>The most promising starts, the best first; none where nearly all particles are of one shape, for which there are simpler ways.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="found">Its segmentation.</param>
    /// <param name="one">The badly explained particle.</param>
    /// <param name="pile">It and those that touch it.</param>
    /// <param name="standing">The others near.</param>
    /// <param name="box">The pixels in question.</param>
    public List<PileStart> Of(Frame frame, Segmentation found, Hypothesis one, List<Hypothesis> pile, List<Hypothesis> standing, FitBox box)
    {
        var templates = population.Dominant is null ? Templates() : [];
        if (templates.Count == 0)
        {
            return [];
        }

        // Who was seen whole and alone is no piece of another.
        var open = pile.Where(h => h != one && h.Known is not { Clear: > WellSeen }).OrderBy(h => ShapeGuess.Gap(one.Pose, h.Pose)).ThenBy(h => h.Pose.X).ToList();
        var near = standing.Select(h => h.Drawn).ToArray();
        ShapePose[] now = [.. pile.Select(h => h.Drawn), .. near];
        var starts = new List<(double Gain, PileStart Start)>();
        for (var taken = 1; taken <= Math.Min(MostTaken, open.Count + 1); taken++)
        {
            List<Hypothesis> removed = [one, .. open.Take(taken - 1)];
            ShapePose[] stay = [.. pile.Except(removed).Select(h => h.Drawn), .. near];
            var placed = new List<ShapePose>();
            while (placed.Count < Math.Min(MostPlaced, taken + 1) && Add(frame, found.Background, templates, stay, placed, box))
            {
                var gain = fitter.Preference(frame, found.Background, box, [.. placed, .. stay], now);
                starts.Add((gain, new PileStart(removed, [.. placed])));
            }
        }

        return [.. starts.OrderByDescending(s => s.Gain).Take(MostStarts).Select(s => s.Start)];
    }

    // One more where it explains most; then each of the others again, with the new one in the picture.
    private bool Add(Frame frame, BackgroundMap background, List<Template> templates, ShapePose[] stay, List<ShapePose> placed, FitBox box)
    {
        if (Best(frame, background, templates, [.. stay, .. placed], box) is not { } more)
        {
            return false;
        }

        placed.Add(more);
        for (var i = 0; i < placed.Count - 1; i++)
        {
            placed[i] = Best(frame, background, templates, [.. stay, .. placed.Where((_, k) => k != i)], box) ?? placed[i];
        }

        return true;
    }

    // Where which shape takes most from the squares of what is left over; null where none takes anything.
    private ShapePose? Best(Frame frame, BackgroundMap background, List<Template> templates, ShapePose[] present, FitBox box)
    {
        if (_left.Length < box.Count)
        {
            _left = new float[box.Count];
        }

        var left = _left.AsSpan(0, box.Count);
        fitter.Pose.Leftover(frame, background, box, present, left);
        int x0 = Math.Max(0, box.X0), y0 = Math.Max(0, box.Y0);
        int x1 = Math.Min(frame.Width, box.X0 + box.Width), y1 = Math.Min(frame.Height, box.Y0 + box.Height);
        var most = 0.0;
        ShapePose? best = null;
        foreach (var template in templates)
        {
            var contrast = template.Usual.Contrast;
            var step = Math.Max(1, StepShare * template.Usual.Minor);
            // Only the long ones are sought with their middle outside: of the others too little would be seen.
            double beyond = template.Usual.S1 - template.Usual.S2;
            for (var y = y0 - (y0 == 0 ? beyond : 0); y < y1 + (y1 == frame.Height ? beyond : 0); y += step)
            {
                for (var x = x0 - (x0 == 0 ? beyond : 0); x < x1 + (x1 == frame.Width ? beyond : 0); x += step)
                {
                    var sum = 0.0;
                    foreach (var (dx, dy) in template.Samples)
                    {
                        int px = (int)Math.Round(x + dx), py = (int)Math.Round(y + dy);
                        if (px >= x0 && py >= y0 && px < x1 && py < y1)
                        {
                            sum += (2 * contrast * left[((py - box.Y0) * box.Width) + px - box.X0]) - (contrast * contrast);
                        }
                    }

                    sum *= template.AreaOfSample;
                    if (sum > most)
                    {
                        most = sum;
                        best = template.Usual with { X = x, Y = y };
                    }
                }
            }
        }

        return best;
    }

    private List<Template> Templates()
    {
        var templates = new List<Template>();
        foreach (var kind in Enum.GetValues<ShapeKind>())
        {
            if (kind == ShapeKind.Irregular || !population.Includes(kind) || population.Prior(kind) is not { } usual)
            {
                continue;
            }

            // Long ones need finer steps: their ends move furthest.
            var angles = !kind.HasAngle() ? 1 : kind.IsLong() ? Angles : Angles / kind.Symmetry();
            for (var i = 0; i < angles; i++)
            {
                var angle = 2 * Math.PI * i / (angles * Math.Max(1, kind.Symmetry()));
                templates.Add(new Template(new ShapePose(kind, 0, 0, angle, usual.S1, usual.S2, usual.Contrast)));
            }
        }

        return templates;
    }

    /// <summary>A usual particle at an angle and the places that are looked at for it, from its middle.</summary>
    private sealed class Template
    {
        public Template(in ShapePose usual)
        {
            Usual = usual;
            var spacing = 2 * Math.Min(usual.S1, usual.S2) / SamplesAcross;
            var (sin, cos) = Math.SinCos(usual.Angle);
            int along = Math.Max(1, (int)Math.Round(2 * usual.S1 / spacing)), across = Math.Max(1, (int)Math.Round(2 * usual.S2 / spacing));
            for (var i = 0; i < along; i++)
            {
                for (var j = 0; j < across; j++)
                {
                    var u = (((2.0 * i) + 1) / along) - 1;
                    var v = (((2.0 * j) + 1) / across) - 1;
                    if (usual.Kind.HasAngle() || (u * u) + (v * v) < 1)
                    {
                        Samples.Add(((u * usual.S1 * cos) - (v * usual.S2 * sin), (u * usual.S1 * sin) + (v * usual.S2 * cos)));
                    }
                }
            }

            AreaOfSample = usual.Area / Samples.Count;
        }

        public ShapePose Usual { get; }

        public double AreaOfSample { get; }

        public List<(double X, double Y)> Samples { get; } = [];
    }
}
