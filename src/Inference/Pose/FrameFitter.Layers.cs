using LiveLtem.Core;
using LiveLtem.Inference.Segment;

namespace LiveLtem.Inference.Pose;

/// <content>Telling two layers apart.</content>
internal sealed partial class FrameFitter
{
    private const double SureOfFocus = 40;
    private const int AskedOften = 6;
    private const double StaysInLayer = 10;
    private const double MostFocus = 20;
    private const double SpeaksForLayer = 8;
    private const double FewestAligned = 2;

    // An edge over other particles looks blurred where one of those is not known or not yet in its place: that speaks for the second layer by mistake.
    private const double CoveredTrust = 0.15;
    private const double Aligned = 0.75;
    private const double MostByAngle = 30;
    private const double Tolerance = 1.5;
    private const double Aside = 8;
    private const double ByOverlapPx = 6;
    private const double MostByOverlap = 30;
    private const double DirectionMemory = 0.97;
    private readonly DirectionTally[] _directions = [new(), new(), new()];

    /// <summary>Decides by the sharpness of its edges which of two layers each particle is in; what earlier frames said of a known one counts too, and where
    /// the particles of each layer lie aligned, as in a crystal, its direction.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="background">Its background.</param>
    /// <param name="hypotheses">Fitted; changed in place.</param>
    /// <param name="again">True to ask the frame of all whose layer is not beyond doubt; false for those that have not been asked often.</param>
    public void SortByFocus(Frame frame, BackgroundMap background, IReadOnlyList<Hypothesis> hypotheses, bool again = true)
    {
        var neighbours = Neighbourhoods(hypotheses);
        var other = new ShapePose?[hypotheses.Count];
        for (var i = 0; i < hypotheses.Count; i++)
        {
            var h = hypotheses[i];
            if (!h.Fit.Converged || h.Fits.Count == 0 || (h.Known is { } known && ((known.Clear > 0 && Math.Abs(known.Focus) > SureOfFocus) || (!again && known.Seen >= AskedOften))))
            {
                continue;
            }

            Collect(hypotheses, neighbours[i]);
            var one = FitInLayer(frame, background, h.Drawn, 1);
            var two = FitInLayer(frame, background, h.Drawn, 2);
            if (one.Converged && two.Converged)
            {
                h.Focus = Math.Clamp((two.ChiSquare - one.ChiSquare) / (2 * Pose.Noise.Excess), -MostFocus, MostFocus);
                other[i] = h.Pose.Layer == 2 ? one.Pose : two.Pose;
            }
        }

        // Others that nobody knows of blur the edges of a covered particle, so only those that stand free say how a layer lies.
        foreach (var layer in (ReadOnlySpan<int>)[1, 2])
        {
            _directions[layer].Add(hypotheses.Where(h => h.Fit.Converged && h.GapOfAny > -1 && (layer == 1 ? Evidence(h) : -Evidence(h)) > SpeaksForLayer));
        }

        var first = _directions[1].Direction;
        var second = _directions[2].Direction;
        var evidence = new double[hypotheses.Count];
        for (var i = 0; i < hypotheses.Count; i++)
        {
            var h = hypotheses[i];
            var trust = h.GapOfAny > -1 ? 1 : CoveredTrust;
            evidence[i] = (trust * Evidence(h)) + Inertia(h) + (first is { } a && second is { } b ? Math.Clamp(Off(h.Pose, b) - Off(h.Pose, a), -MostByAngle, MostByAngle) : 0);
        }

        var changed = new List<Hypothesis>();
        var isFirst = LayerSorter.Sort(evidence, Overlaps(hypotheses, neighbours));
        for (var i = 0; i < hypotheses.Count; i++)
        {
            var h = hypotheses[i];
            var layer = isFirst[i] ? 1 : 2;
            if (h.Fit.Converged && layer != h.Pose.Layer)
            {
                h.Pose = other[i] ?? h.Pose with { Layer = layer };
                changed.Add(h);
            }
        }

        if (changed.Count > 0)
        {
            FitSome(frame, background, changed, [.. hypotheses.Except(changed)]);
        }
    }

    // Particles do not change places between frames: who was followed for a while in one layer stays there unless much speaks for the other.
    private static double Inertia(Hypothesis h) => h.Known is { Seen: >= AskedOften } known ? (known.Pose.Layer == 1 ? StaysInLayer : -StaysInLayer) : 0;

    /// <summary>Direction that a layer's particles share, radians; null while too few stood clear, or they lie in all directions.</summary>
    public double? DirectionOf(int layer) => _directions[layer].Direction?.Angle;

    // Particles of one layer are solid: they cannot reach into one another, but for what their outlines are unsure by.
    private static List<(int One, int Other, double Weight)> Overlaps(IReadOnlyList<Hypothesis> hypotheses, List<int>[] neighbours)
    {
        var overlaps = new List<(int One, int Other, double Weight)>();
        for (var i = 0; i < hypotheses.Count; i++)
        {
            foreach (var j in neighbours[i])
            {
                if (j > i && hypotheses[i].Fit.Converged && hypotheses[j].Fit.Converged)
                {
                    var reach = -ShapeGuess.Gap(hypotheses[i].Pose, hypotheses[j].Pose) - Tolerance;
                    if (reach > 0)
                    {
                        overlaps.Add((i, j, Math.Min(MostByOverlap, reach * ByOverlapPx)));
                    }
                }
            }
        }

        return overlaps;
    }

    private static double Evidence(Hypothesis h) => (h.Focus ?? 0) + (h.Known?.Focus ?? 0);

    // Half the squared distance of a particle's angle from a direction, in widths.
    private static double Off(in ShapePose pose, (int Fold, double Angle, double Width) direction)
    {
        if (pose.Kind.Symmetry() != direction.Fold)
        {
            return 0;
        }

        var period = 2 * Math.PI / direction.Fold;
        var off = Math.IEEERemainder(pose.Angle - direction.Angle, period) / direction.Width;
        return 0.5 * off * off;
    }

    private PoseFit FitInLayer(Frame frame, BackgroundMap background, in ShapePose start, int layer)
    {
        // The same pixels for both layers.
        var margin = Math.Max(Pose.MarginPx(1), Pose.MarginPx(2));
        return Pose.Load(frame, background, start with { Layer = layer }, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_near), margin)
            ? Pose.Fit(start with { Layer = layer }, null, 4, refine: false)
            : default;
    }

    /// <summary>The direction that particles of a layer share, over the frames; what lies further back counts less.</summary>
    private sealed class DirectionTally
    {
        private readonly double[] _x = new double[7];
        private readonly double[] _y = new double[7];
        private readonly double[] _n = new double[7];

        /// <summary>Fold, angle in radians and 1-sigma scatter about it; null where too few were seen, or they lie in all directions.</summary>
        public (int Fold, double Angle, double Width)? Direction
        {
            get
            {
                var fold = 2;
                for (var k = 3; k < _n.Length; k++)
                {
                    fold = _n[k] > _n[fold] ? k : fold;
                }

                if (_n[fold] < FewestAligned)
                {
                    return null;
                }

                // The mean of the n-fold angles as vectors: of a normal scatter s about it the length is exp(-(n s)^2 / 2).
                var length = Math.Sqrt((_x[fold] * _x[fold]) + (_y[fold] * _y[fold])) / _n[fold];
                return length < Aligned ? null : (fold, Math.Atan2(_y[fold], _x[fold]) / fold, Math.Max(0.03, Math.Sqrt(-2 * Math.Log(Math.Min(length, 0.9999))) / fold));
            }
        }

        /// <summary>Takes in a frame's particles.</summary>
        public void Add(IEnumerable<Hypothesis> particles)
        {
            for (var k = 0; k < _n.Length; k++)
            {
                _x[k] *= DirectionMemory;
                _y[k] *= DirectionMemory;
                _n[k] *= DirectionMemory;
            }

            foreach (var one in particles)
            {
                var fold = one.Pose.Kind.Symmetry();
                if (fold >= 2)
                {
                    _x[fold] += Math.Cos(fold * one.Pose.Angle);
                    _y[fold] += Math.Sin(fold * one.Pose.Angle);
                    _n[fold]++;
                }
            }
        }
    }
}
