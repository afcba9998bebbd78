using LiveLtem.Core;
using LiveLtem.Inference.Segment;

namespace LiveLtem.Inference.Pose;

/// <summary>Asks the pixels whether a piece of the mask is one particle or several, where the watershed alone cannot know.</summary>
/// <remarks>Both answers are fitted and compared by chi-square with every parameter paid for (Schwarz 1978, doi:10.1214/aos/1176344136).
/// Only newcomers are asked: particles that were followed for some frames are known to be themselves.</remarks>
internal sealed class Grouping(FrameFitter fitter, Population population)
{
    private const double LeastAdvantage = 12;
    private const int MostParts = 6;
    private const int NewcomerFrames = 6;
    private const double Together = 3;
    private const double LeftOver = 0.08;
    private readonly PileSearch _piles = new(fitter, population);

    /// <summary>Replaces the hypotheses of wrongly split or wrongly joined pieces.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="found">Its segmentation.</param>
    /// <param name="hypotheses">Fitted hypotheses; changed in place.</param>
    public void Correct(Frame frame, Segmentation found, List<Hypothesis> hypotheses)
    {
        var groups = hypotheses.Where(h => h.Blob.Component > 0).GroupBy(h => h.Blob.Component).ToList();
        foreach (var group in groups)
        {
            var parts = group.ToList();
            if (parts.Count == 1)
            {
                if (parts[0].Known is null)
                {
                    Part(frame, found, hypotheses, parts[0]);
                }

                continue;
            }

            // Neighbouring pieces are joined pair by pair, the best pair first, while the pixels agree.
            for (var round = 0; round < MostParts && JoinBestPair(frame, found, hypotheses, parts); round++)
            {
            }
        }
    }

    /// <summary>Joins pieces that are one particle and parts what is several, where every piece was taken for a particle already.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="found">Its segmentation.</param>
    /// <param name="hypotheses">Fitted hypotheses; changed in place.</param>
    /// <returns>Particles of earlier frames that turned out to be pieces.</returns>
    public List<KnownParticle> Join(Frame frame, Segmentation found, List<Hypothesis> hypotheses)
    {
        var gone = new List<KnownParticle>();
        foreach (var group in Touching(hypotheses))
        {
            var parts = group.ToList();
            for (var round = 0; round < MostParts && JoinBestPair(frame, found, hypotheses, parts); round++)
            {
            }

            gone.AddRange(group.Except(parts).Where(p => p.Known is not null).Select(p => p.Known!));
        }

        if (hypotheses.TrueForAll(h => h.Pose.Layer == 0))
        {
            gone.AddRange(_piles.Improve(frame, found, hypotheses));
            return gone;
        }

        // Of two layers each particle may lie under another one as a matter of course: only what looks like two in one layer is parted.
        foreach (var one in hypotheses.Where(h => h.Blob.Component > 0 && IsNew(h) && h.Unexplained > LeftOver).ToList())
        {
            if (Part(frame, found, hypotheses, one) && one.Known is { } known)
            {
                gone.Add(known);
            }
        }

        return gone;
    }

    private static List<List<Hypothesis>> Touching(List<Hypothesis> hypotheses)
    {
        var group = Enumerable.Range(0, hypotheses.Count).ToArray();
        for (var i = 0; i < group.Length; i++)
        {
            for (var j = i + 1; j < group.Length; j++)
            {
                var (a, b) = (hypotheses[i].Pose, hypotheses[j].Pose);
                var reach = a.Reach + b.Reach + Together;
                if (group[i] != group[j] && Math.Abs(a.X - b.X) < reach && Math.Abs(a.Y - b.Y) < reach && ShapeGuess.Gap(a, b) < Together)
                {
                    var (keep, drop) = (group[i], group[j]);
                    for (var k = 0; k < group.Length; k++)
                    {
                        group[k] = group[k] == drop ? keep : group[k];
                    }
                }
            }
        }

        return [.. hypotheses.Select((h, i) => (h, g: group[i])).GroupBy(x => x.g).Where(g => g.Count() > 1).Select(g => g.Select(x => x.h).ToList())];
    }

    // Who was never seen whole and alone may be a piece of its neighbour: asked again now and then.
    private static bool IsNew(Hypothesis h) =>
        h.Known is null || h.Known.Seen < NewcomerFrames || (h.Known.Clear == 0 && h.Known.Seen % NewcomerFrames == 0);

    private bool JoinBestPair(Frame frame, Segmentation found, List<Hypothesis> hypotheses, List<Hypothesis> parts)
    {
        Hypothesis? best = null;
        List<Hypothesis>? replaced = null;
        // Where every piece was taken for a particle of one layer, the pixels alone decide.
        var open = found.IsSeparated && parts[0].Pose.Layer == 0;
        var most = open ? 0 : -LeastAdvantage;
        for (var i = 0; i < parts.Count; i++)
        {
            for (var j = i + 1; j < parts.Count; j++)
            {
                var (a, b) = (parts[i], parts[j]);
                if (!(IsNew(a) || IsNew(b)) || (a.Known is { Clear: > 2 } && b.Known is { Clear: > 2 }) || !a.Fit.Converged || !b.Fit.Converged || a.Pose.Layer != b.Pose.Layer || ShapeGuess.Gap(a.Pose, b.Pose) is var gap && (gap > Together || !population.MayBeOne(open ? Union(a.Pose, b.Pose, gap) : a.Pose.Area + b.Pose.Area)))
                {
                    continue;
                }

                var pair = new List<Hypothesis> { a, b };
                var standing = Around(hypotheses, pair);
                var joined = Joined(frame, found, pair, standing);
                if (joined is not null && Advantage(frame, found, [joined], pair, standing) is var gain && gain > most)
                {
                    (most, best, replaced) = (gain, joined, pair);
                }
            }
        }

        if (best is null || replaced is null)
        {
            return false;
        }

        hypotheses[hypotheses.IndexOf(replaced[0])] = best;
        hypotheses.Remove(replaced[1]);
        parts[parts.IndexOf(replaced[0])] = best;
        parts.Remove(replaced[1]);
        return parts.Count > 1;
    }

    // Area that two cover together; where they overlap it is counted once.
    private static double Union(in ShapePose a, in ShapePose b, double gap) =>
        Math.Max(Math.Max(a.Area, b.Area), a.Area + b.Area - (Math.Max(0, -gap) * Math.Min(a.Minor, b.Minor)));

    // The others whose outlines may reach into the pixels of these: the rest of a crowded frame does not matter here.
    private static List<Hypothesis> Around(List<Hypothesis> hypotheses, List<Hypothesis> these)
    {
        var near = new List<Hypothesis>();
        foreach (var h in hypotheses)
        {
            foreach (var one in these)
            {
                var reach = (2 * one.Pose.Reach) + h.Pose.Reach + 16;
                if (h != one && Math.Abs(h.Pose.X - one.Pose.X) < reach && Math.Abs(h.Pose.Y - one.Pose.Y) < reach)
                {
                    near.Add(h);
                    break;
                }
            }
        }

        near.RemoveAll(these.Contains);
        return near;
    }

    /// <summary>The box that holds the outlines of all of them.</summary>
    /// <param name="parts">The particles.</param>
    /// <param name="margin">Room beyond the outlines, px.</param>
    public static FitBox BoxOf(IEnumerable<Hypothesis> parts, double margin)
    {
        int x0 = int.MaxValue, y0 = int.MaxValue, x1 = int.MinValue, y1 = int.MinValue;
        foreach (var part in parts)
        {
            var box = FitBox.Around(part.Pose, margin);
            x0 = Math.Min(x0, box.X0);
            y0 = Math.Min(y0, box.Y0);
            x1 = Math.Max(x1, box.X0 + box.Width);
            y1 = Math.Max(y1, box.Y0 + box.Height);
        }

        return new FitBox(x0, y0, (x1 - x0 + 7) / 8 * 8, y1 - y0);
    }

    // Several particles may claim one piece of the mask: each then stands for what its own fit covers.
    private static Blob PieceOf(Hypothesis part) => part.Blob with
    {
        X = part.Pose.X,
        Y = part.Pose.Y,
        Area = part.Pose.Area,
        HalfMajor = part.Pose.S1,
        HalfMinor = part.Pose.S2,
        Angle = part.Pose.Angle,
        Contrast = Math.Abs(part.Pose.Contrast),
    };

    private Hypothesis? Joined(Frame frame, Segmentation found, List<Hypothesis> parts, List<Hypothesis> standing)
    {
        double area = 0, x = 0, y = 0, xx = 0, xy = 0, yy = 0, contrast = 0;
        foreach (var part in parts)
        {
            var blob = PieceOf(part);
            area += blob.Area;
            x += blob.Area * blob.X;
            y += blob.Area * blob.Y;
            contrast += blob.Area * blob.Contrast;
        }

        x /= area;
        y /= area;
        foreach (var part in parts)
        {
            var blob = PieceOf(part);
            var (sin, cos) = Math.SinCos(blob.Angle);
            double a = blob.HalfMajor * blob.HalfMajor / 3, b = blob.HalfMinor * blob.HalfMinor / 3;
            xx += blob.Area * ((a * cos * cos) + (b * sin * sin) + Math.Pow(blob.X - x, 2));
            yy += blob.Area * ((a * sin * sin) + (b * cos * cos) + Math.Pow(blob.Y - y, 2));
            xy += blob.Area * (((a - b) * sin * cos) + ((blob.X - x) * (blob.Y - y)));
        }

        xx /= area;
        yy /= area;
        xy /= area;
        var root = Math.Sqrt((0.25 * (xx - yy) * (xx - yy)) + (xy * xy));
        var whole = new Blob(
            parts[0].Blob.Component, x, y, area, Math.Sqrt(3 * (((xx + yy) / 2) + root)), Math.Sqrt(3 * Math.Max(0.1, ((xx + yy) / 2) - root)),
            0.5 * Math.Atan2(2 * xy, xx - yy), contrast / area, parts.Any(p => p.Blob.AtBorder));
        var joined = RecordingCalibrator.FirstGuess(whole, found);
        fitter.FitSome(frame, found.Background, [joined], standing);
        return joined.Fit.Converged ? joined : null;
    }

    // Face to face there is no neck: a long or badly explained piece is also tried as two halves, along its axis and across.
    private bool Part(Frame frame, Segmentation found, List<Hypothesis> hypotheses, Hypothesis one)
    {
        var large = population.TypicalArea > 0 && one.Blob.Area > 1.5 * population.TypicalArea;
        var odd = one.Unexplained > 0.1 && one.Pose.Kind == ShapeKind.Irregular;
        if (one.Blob.AtBorder || !one.Fit.Converged || one.Snr < 12 || !(large || odd || found.IsSeparated))
        {
            return false;
        }

        var standing = Around(hypotheses, [one]);
        var blob = one.Blob;
        List<Hypothesis>? best = null;
        var most = LeastAdvantage;
        foreach (var turn in new[] { 0, Math.PI / 2 })
        {
            var (along, across) = turn == 0 ? (blob.HalfMajor, blob.HalfMinor) : (blob.HalfMinor, blob.HalfMajor);
            var (sin, cos) = Math.SinCos(blob.Angle + turn);
            var halves = new List<Hypothesis>();
            foreach (var side in new[] { -0.5, 0.5 })
            {
                var half = blob with
                {
                    X = blob.X + (side * along * cos),
                    Y = blob.Y + (side * along * sin),
                    Area = blob.Area / 2,
                    HalfMajor = Math.Max(along / 2, across),
                    HalfMinor = Math.Min(along / 2, across),
                    Angle = blob.Angle + turn + (along / 2 >= across ? 0 : Math.PI / 2),
                };
                halves.Add(RecordingCalibrator.FirstGuess(half, found));
            }

            fitter.FitSome(frame, found.Background, halves, standing);
            if (halves.All(h => h.Fit.Converged && h.Snr > 7) && Advantage(frame, found, halves, [one], standing) is var gain && gain > most)
            {
                (most, best) = (gain, halves);
            }
        }

        if (best is not null)
        {
            var at = hypotheses.IndexOf(one);
            hypotheses.RemoveAt(at);
            hypotheses.InsertRange(at, best);
        }

        return best is not null;
    }

    private double Advantage(Frame frame, Segmentation found, List<Hypothesis> one, List<Hypothesis> other, List<Hypothesis> standing)
    {
        var box = BoxOf(one.Concat(other), 4);
        var near = standing.Where(h => h.Fit.Converged).Select(h => h.Drawn).ToArray();
        ShapePose[] first = [.. one.Where(h => h.Fit.Converged).Select(h => h.Drawn), .. near];
        ShapePose[] second = [.. other.Where(h => h.Fit.Converged).Select(h => h.Drawn), .. near];
        return found.IsSeparated
            ? fitter.Preference(frame, found.Background, box, first, second)
            : fitter.Advantage(frame, found.Background, box, first, second);
    }
}
