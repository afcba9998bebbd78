using LiveLtem.Core;
using LiveLtem.Inference.Pose;
using LiveLtem.Inference.Segment;

namespace LiveLtem.Inference;

/// <summary>The particles of the frames before: proposes where they are now, so that contacts and passings are fitted as what they are.</summary>
/// <remarks>Only the detector's own help: identities are the tracker's business.</remarks>
internal sealed class ParticleMemory
{
    private const int LongestMiss = 20;
    private const int LongestMissUnsure = 2;
    private const double MergedArea = 1.55;
    private const double NearReach = 0.6;
    private const double FarReach = 0.8;
    private const double NewcomerScore = 0.4;
    private const int FewestToMiss = 10;
    private const double LeastThere = 0.4;
    private readonly List<KnownParticle> _known = [];

    /// <summary>Forgets which layers and shapes the particles were thought to have, because blurs and sizes are known better now.</summary>
    public void Reconsider() => _known.ForEach(known => known.Reconsider());

    /// <summary>The hypotheses of a new frame.</summary>
    /// <param name="segmentation">Its pieces.</param>
    /// <param name="allAlike">True where nearly all of the recording's particles have one shape: then a sliver at the border is one of them, not a
    /// small particle of another shape.</param>
    public List<Hypothesis> Propose(Segmentation segmentation, bool allAlike)
    {
        var blobs = segmentation.Blobs;
        var (shiftX, shiftY) = CommonShift(blobs);
        if (IsElsewhere(blobs, segmentation.Background, shiftX, shiftY))
        {
            _known.Clear();
        }

        if (segmentation.IsSeparated)
        {
            return ProposeOneByOne(blobs, segmentation.Dark, shiftX, shiftY);
        }

        var claims = new List<KnownParticle>[blobs.Count];
        var byComponent = new Dictionary<int, List<int>>();
        for (var b = 0; b < blobs.Count; b++)
        {
            claims[b] = [];
            if (!byComponent.TryGetValue(blobs[b].Component, out var list))
            {
                byComponent.Add(blobs[b].Component, list = []);
            }

            list.Add(b);
        }

        foreach (var known in _known.Where(k => k.Missed == 0 || k.Seen > 2).OrderByDescending(k => k.Seen))
        {
            var (x, y) = Predict(known, shiftX, shiftY);
            var blob = NearestBlob(blobs, byComponent, segmentation, known, x, y);
            if (blob >= 0)
            {
                claims[blob].Add(known);
            }
        }

        var hypotheses = new List<Hypothesis>(blobs.Count + 4);
        for (var b = 0; b < blobs.Count; b++)
        {
            var blob = blobs[b];
            var own = claims[b];
            if (own.Count == 0)
            {
                hypotheses.Add(RecordingCalibrator.FirstGuess(blob, segmentation, byComponent[blob.Component].Count == 1));
                continue;
            }

            var area = own.Sum(k => k.Pose.Area);
            var whole = own.Count == 1 && !blob.AtBorder && blob.Area < MergedArea * own[0].Pose.Area && byComponent[blob.Component].Count == 1;
            foreach (var known in own)
            {
                var (x, y) = Predict(known, shiftX, shiftY);
                var useBlob = own.Count == 1 && !blob.AtBorder && blob.Area < MergedArea * known.Pose.Area && blob.Area > 0.6 * known.Pose.Area;
                var pose = known.Pose with { X = useBlob ? blob.X : x, Y = useBlob ? blob.Y : y, Kind = known.Likely() };
                if (known.Shape is null && useBlob)
                {
                    pose = RecordingCalibrator.GuessPose(blob, segmentation.Dark);
                }

                hypotheses.Add(new Hypothesis { Blob = blob, Known = known, Whole = whole, Pose = pose });
            }

            // A piece much larger than the particles that claim it holds a stranger as well: what is left over is proposed beside them.
            var rest = blob.Area - area;
            if (!blob.AtBorder && rest > 0.5 * own.Min(k => k.Pose.Area) && own.All(k => k.Seen > 2))
            {
                hypotheses.Add(Stranger(blob, own, shiftX, shiftY, rest, segmentation.Dark));
            }
        }

        return hypotheses;
    }

    /// <summary>Hypotheses for well-known particles that nobody claimed: where they should be, with the size they had.</summary>
    /// <param name="kept">What was found.</param>
    /// <param name="least">Frames that one must have been measured in.</param>
    public List<Hypothesis> Unclaimed(IReadOnlyList<Hypothesis> kept, int least = 3)
    {
        var seen = kept.Where(k => k.Known is not null).Select(k => k.Known!).ToHashSet();
        var missing = new List<Hypothesis>();
        foreach (var known in _known)
        {
            if (seen.Contains(known) || known.Seen < least || known.Missed > 3)
            {
                continue;
            }

            var x = known.Pose.X + known.VelocityX;
            var y = known.Pose.Y + known.VelocityY;
            missing.Add(new Hypothesis { Known = known, Pose = known.Pose with { X = x, Y = y, Kind = known.Likely() } });
        }

        return missing;
    }

    /// <summary>Forgets particles that turned out to be pieces of others.</summary>
    public void Forget(IReadOnlyCollection<KnownParticle> pieces) => _known.RemoveAll(pieces.Contains);

    /// <summary>Takes in what was found.</summary>
    /// <param name="kept">What was found.</param>
    /// <param name="frame">Where.</param>
    /// <param name="allAlike">True where nearly all of the recording's particles have one shape.</param>
    public void Remember(IReadOnlyList<Hypothesis> kept, Frame frame, bool allAlike)
    {
        var fresh = new HashSet<KnownParticle>();
        foreach (var hypothesis in kept)
        {
            var known = hypothesis.Known;
            if (known is null || !fresh.Add(known))
            {
                known = new KnownParticle();
                _known.Add(known);
                fresh.Add(known);
            }

            var pose = hypothesis.Pose;
            var reach = pose.Reach;
            var inside = pose.X > reach && pose.Y > reach && pose.X < frame.Width - reach && pose.Y < frame.Height - reach;
            // Among many alike, pieces of the mask that run together are neighbours; elsewhere they may be halves of one particle.
            var alone = hypothesis.GapOfAny > 0 && !(allAlike && hypothesis.Blob.AtBorder) && (hypothesis.Whole || (allAlike && hypothesis.Blob.Component > 0));
            known.Update(hypothesis, inside && alone);
        }

        for (var i = _known.Count - 1; i >= 0; i--)
        {
            var known = _known[i];
            if (fresh.Contains(known))
            {
                continue;
            }

            known.Missed++;
            if (known.Missed > (known.Seen > 4 ? LongestMiss : LongestMissUnsure))
            {
                _known.RemoveAt(i);
            }
        }
    }

    // Every piece is one particle already: each is claimed by the nearest particle that is near enough, the nearest pair first.
    private List<Hypothesis> ProposeOneByOne(IReadOnlyList<Blob> blobs, bool dark, double shiftX, double shiftY)
    {
        var pairs = new List<(double Distance, int Known, int Blob)>();
        for (var k = 0; k < _known.Count; k++)
        {
            var known = _known[k];
            if (known.Missed > 0 && known.Seen <= 2)
            {
                continue;
            }

            var (x, y) = Predict(known, shiftX, shiftY);
            var reach = Math.Max(3, (known.Missed > 0 ? FarReach : NearReach) * known.Pose.Minor);
            for (var b = 0; b < blobs.Count; b++)
            {
                var squared = blobs[b].AtBorder ? SquaredDistanceToAxis(blobs[b], known.Pose with { X = x, Y = y }) : SquaredDistance(blobs[b], x, y);
                if (squared < reach * reach)
                {
                    // One that was lost for a while gives way to one that was just there.
                    pairs.Add((Math.Sqrt(squared) + (0.1 * Math.Min(known.Missed, 5) * known.Pose.Minor), k, b));
                }
            }
        }

        pairs.Sort();
        var owner = new KnownParticle?[blobs.Count];
        var taken = new HashSet<int>();
        foreach (var (_, k, b) in pairs)
        {
            if (owner[b] is null && taken.Add(k))
            {
                owner[b] = _known[k];
            }
        }

        var hypotheses = new List<Hypothesis>(blobs.Count);
        for (var b = 0; b < blobs.Count; b++)
        {
            var blob = blobs[b];
            var guess = RecordingCalibrator.GuessPose(blob, dark) with { Layer = owner[b]?.Pose.Layer ?? blob.Layer };
            if (owner[b] is not { } known)
            {
                if (blob.Score >= NewcomerScore)
                {
                    hypotheses.Add(new Hypothesis { Blob = blob, Whole = !blob.AtBorder, Pose = guess });
                }

                continue;
            }

            var (x, y) = Predict(known, shiftX, shiftY);
            var trusted = !blob.AtBorder && blob.Score >= NewcomerScore;
            var pose = known.Shape is null && trusted
                ? guess
                : known.Pose with { X = trusted ? blob.X : x, Y = trusted ? blob.Y : y, Kind = known.Likely() };
            hypotheses.Add(new Hypothesis { Blob = blob, Known = known, Whole = !blob.AtBorder, Pose = pose });
        }

        return hypotheses;
    }

    private static (double X, double Y) Predict(KnownParticle known, double shiftX, double shiftY) =>
        known.Missed == 0 ? (known.Pose.X + shiftX, known.Pose.Y + shiftY) : (known.Pose.X, known.Pose.Y);

    // A blob's area may be far smaller than the component's: only the blob nearest to the prediction is claimed, within half a particle.
    private static int NearestBlob(
        IReadOnlyList<Blob> blobs, Dictionary<int, List<int>> byComponent, Segmentation segmentation, KnownParticle known, double x, double y)
    {
        var component = segmentation.ComponentAt(x, y);
        var best = -1;
        if (component > 0 && byComponent.TryGetValue(component, out var candidates))
        {
            var least = double.MaxValue;
            foreach (var b in candidates)
            {
                var d = SquaredDistance(blobs[b], x, y);
                if (d < least)
                {
                    (least, best) = (d, b);
                }
            }

            return best;
        }

        var reach = Math.Max(3, 0.8 * known.Pose.Minor);
        var nearest = reach * reach;
        for (var b = 0; b < blobs.Count; b++)
        {
            var d = blobs[b].AtBorder ? SquaredDistanceToAxis(blobs[b], known.Pose with { X = x, Y = y }) : SquaredDistance(blobs[b], x, y);
            if (d < nearest)
            {
                (nearest, best) = (d, b);
            }
        }

        return best;
    }

    private static double SquaredDistance(in Blob blob, double x, double y)
    {
        double dx = blob.X - x, dy = blob.Y - y;
        return (dx * dx) + (dy * dy);
    }

    // The middle of a long particle that the border cuts may be far from the part that is seen; that part lies along its axis.
    private static double SquaredDistanceToAxis(in Blob blob, in ShapePose pose)
    {
        var half = pose.Kind.IsLong() ? Math.Max(0, pose.S1 - pose.S2) : 0;
        var (sin, cos) = Math.SinCos(pose.Angle);
        var along = Math.Clamp(((blob.X - pose.X) * cos) + ((blob.Y - pose.Y) * sin), -half, half);
        return SquaredDistance(blob, pose.X + (along * cos), pose.Y + (along * sin));
    }

    private static Hypothesis Stranger(Blob blob, List<KnownParticle> own, double shiftX, double shiftY, double area, bool dark)
    {
        // The centroid of what the known particles leave uncovered.
        double mx = blob.X * blob.Area, my = blob.Y * blob.Area;
        foreach (var known in own)
        {
            var (x, y) = Predict(known, shiftX, shiftY);
            mx -= x * known.Pose.Area;
            my -= y * known.Pose.Area;
        }

        var half = Math.Sqrt(area) / 2;
        var pose = new ShapePose(
            ShapeKind.Bar, Math.Clamp(mx / area, blob.X - blob.HalfMajor, blob.X + blob.HalfMajor),
            Math.Clamp(my / area, blob.Y - blob.HalfMajor, blob.Y + blob.HalfMajor), blob.Angle, half, half, (dark ? 1 : -1) * blob.Contrast);
        return new Hypothesis { Blob = blob, Pose = pose };
    }

    // Another place, or a picture that does not follow the last one: there is as much to see, but hardly anything is where something was. What is remembered
    // would then be looked for, and now and then found, where other particles are.
    private bool IsElsewhere(IReadOnlyList<Blob> blobs, BackgroundMap background, double shiftX, double shiftY)
    {
        int just = 0, there = 0;
        var byChance = 0.0;
        foreach (var known in _known)
        {
            if (known.Missed > 0)
            {
                continue;
            }

            just++;
            var (x, y) = Predict(known, shiftX, shiftY);
            var reach = Math.Max(3, NearReach * known.Pose.Minor);
            byChance += 1 - Math.Exp(-blobs.Count * Math.PI * reach * reach / ((double)background.Rows * background.Columns * background.Step * background.Step));
            foreach (var blob in blobs)
            {
                if (SquaredDistance(blob, x, y) < reach * reach)
                {
                    there++;
                    break;
                }
            }
        }

        return just >= FewestToMiss && blobs.Count >= just / 2 && there - byChance < LeastThere * (just - byChance);
    }

    // Median displacement of the particles that have exactly one blob near them; none when fewer than five tell.
    private (double X, double Y) CommonShift(IReadOnlyList<Blob> blobs)
    {
        var dx = new List<double>();
        var dy = new List<double>();
        foreach (var known in _known)
        {
            if (known.Missed > 0)
            {
                continue;
            }

            var reach = 0.6 * known.Pose.Minor;
            var count = 0;
            double x = 0, y = 0;
            foreach (var blob in blobs)
            {
                if (Math.Abs(blob.X - known.Pose.X) < reach && Math.Abs(blob.Y - known.Pose.Y) < reach)
                {
                    count++;
                    (x, y) = (blob.X - known.Pose.X, blob.Y - known.Pose.Y);
                }
            }

            if (count == 1)
            {
                dx.Add(x);
                dy.Add(y);
            }
        }

        if (dx.Count < 5)
        {
            return (0, 0);
        }

        dx.Sort();
        dy.Sort();
        return (dx[dx.Count / 2], dy[dy.Count / 2]);
    }
}
