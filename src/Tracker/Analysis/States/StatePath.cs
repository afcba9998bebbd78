using LiveLtem.Core;

namespace LiveLtem.Tracker.Analysis.States;

/// <summary>The measurements of one molecule whose rows are not out yet, and the filter's chances just before them.</summary>
internal sealed class StatePath
{
    private const double MassMemory = 400;
    private const double WholeEnough = 0.9;
    private readonly Queue<TrackPoint> _points = new();
    private double[] _before = [];
    private MoleculeOffsets? _own;
    private long _beforeFrame;
    private bool _isLearnt;
    private int? _last;
    private StateEvidence? _evidence;
    private double _massSum;
    private double _massWeight;

    /// <summary>Summed contrast, mean of many frames, px^2: how large the molecule is whatever its shape; 0 before the first measurement.</summary>
    public double MeanMass => _massWeight > 0 ? _massSum / _massWeight : 0;

    public void Add(TrackPoint point)
    {
        _points.Enqueue(point);
        var visible = point.Features!.VisibleFraction;
        if (visible < StateFeatures.LeastVisible)
        {
            return;
        }

        var keep = 1 - (1 / MassMemory);
        _massSum = (_massSum * keep) + (point.Features.IntegratedContrastPx2 / visible);
        _massWeight = (_massWeight * keep) + 1;
    }

    /// <summary>The waiting measurements of the whole molecule as observations.</summary>
    public StateObservation[] Observations(double typicalMass) =>
        [.. _points.Where(p => p.Features!.VisibleFraction > WholeEnough).Select(p => StateFeatures.Of(p, MeanMass, typicalMass)).Where(o => o is not null).Select(o => o!.Value)];

    /// <summary>Learns what the molecule has of its own from the measurements that wait.</summary>
    public void LearnOwn(StateModel model, double typicalMass)
    {
        var sequence = Observations(typicalMass);
        var own = new MoleculeOffsets(model);
        for (var round = 0; round < 3 && sequence.Length > 0; round++)
        {
            own = MoleculeOffsets.Of(model, sequence, StatePosterior.Of(model, sequence, own).Chances);
        }

        (_own, _isLearnt) = (own, true);
    }

    /// <summary>The state of a point by all that is known now; drops everything up to it.</summary>
    public (int? State, StateEvidence? Evidence) Settle(TrackPoint point, StateModel model, double typicalMass)
    {
        var isMeasured = _points.TryPeek(out var first) && first.Frame == point.Frame;
        if (!isMeasured || StateFeatures.Of(first!, MeanMass, typicalMass) is not { } observation)
        {
            // Cut by the border or not measurable: as it was.
            if (isMeasured)
            {
                _points.Dequeue();
            }

            return (_last, _evidence is null ? null : new StateEvidence(_evidence.Chances, null));
        }

        var own = _own ??= new MoleculeOffsets(model);
        var n = model.Count;
        var likelihoods = new double[n];
        var forward = new double[n];
        model.Likelihoods(observation, own, likelihoods);
        model.Step(_before, observation.Frame - _beforeFrame, likelihoods, forward);
        _points.Dequeue();
        var (backward, next) = Ahead(model, own, typicalMass);
        var chances = backward;
        double[]? moves = null;
        if (next is { } later)
        {
            moves = later.Frame - observation.Frame == 1 ? new double[n * n] : null;
            var lateLikelihoods = new double[n];
            model.Likelihoods(later, own, lateLikelihoods);
            chances = StatePosterior.Back(model.Power(later.Frame - observation.Frame), lateLikelihoods, backward, n, forward, moves);
        }

        chances = StatePosterior.Product(forward, chances);
        var state = Array.IndexOf(chances, chances.Max());
        if (!_isLearnt)
        {
            own.Add(model, observation, chances);
        }

        (_before, _beforeFrame, _last) = (forward, observation.Frame, state);
        _evidence = new StateEvidence(chances, moves);
        return (state, _evidence);
    }

    // Backward chances at the next measurement, from the last one that is known, and that measurement.
    private (double[] Backward, StateObservation? Next) Ahead(StateModel model, MoleculeOffsets own, double typicalMass)
    {
        var n = model.Count;
        var backward = Enumerable.Repeat(1.0, n).ToArray();
        var ahead = _points.Take(StateTracker.LagFrames).Select(p => StateFeatures.Of(p, MeanMass, typicalMass)).Where(o => o is not null).Select(o => o!.Value).ToArray();
        if (ahead.Length == 0)
        {
            return (backward, null);
        }

        var even = Enumerable.Repeat(1.0 / n, n).ToArray();
        var likelihoods = new double[n];
        for (var t = ahead.Length - 1; t > 0; t--)
        {
            model.Likelihoods(ahead[t], own, likelihoods);
            backward = StatePosterior.Back(model.Power(ahead[t].Frame - ahead[t - 1].Frame), likelihoods, backward, n, even, null);
        }

        return (backward, ahead[0]);
    }
}

/// <summary>What the frames so far say of one molecule's state.</summary>
internal sealed class LiveState
{
    private double[] _chances = [];
    private MoleculeOffsets? _own;
    private long _frame;
    private int? _last;

    public int? Add(TrackPoint point, StateModel model, double mass, double typicalMass)
    {
        if (StateFeatures.Of(point, mass, typicalMass) is not { } observation)
        {
            return _last;
        }

        var likelihoods = new double[model.Count];
        var after = new double[model.Count];
        _own ??= new MoleculeOffsets(model);
        model.Likelihoods(observation, _own, likelihoods);
        model.Step(_chances, observation.Frame - _frame, likelihoods, after);
        (_chances, _frame) = (after, observation.Frame);
        _own.Add(model, observation, after);
        _last = Array.IndexOf(after, after.Max());
        return _last;
    }
}

/// <summary>Which features tell states apart.</summary>
internal static class StateFeatures
{
    /// <summary>Part of a molecule that must be inside the frame for its shape to say anything.</summary>
    public const double LeastVisible = 0.3;

    private const double HiddenWeight = 0.8;

    /// <summary>Features of a point: second moments over the molecule's own size, so that a large molecule is not taken for an extended one.</summary>
    /// <param name="point">The point.</param>
    /// <param name="mass">The molecule's summed contrast, mean of many frames.</param>
    /// <param name="typicalMass">That of the molecule in the middle.</param>
    /// <returns>Null where nothing was measured, the border cuts most of it off or its size is not known yet.</returns>
    public static StateObservation? Of(TrackPoint point, double mass, double typicalMass)
    {
        if (point.Features is not { } f || f.VisibleFraction < LeastVisible || !(mass > 0) || !(typicalMass > 0))
        {
            return null;
        }

        // What the border hides is unknown: it widens the error.
        var scale = Math.Clamp(typicalMass / mass, 0.05, 20);
        var hidden = Math.Pow(HiddenWeight * (1 - f.VisibleFraction) * Math.Max(f.GyrationPx2, f.OutlineGyrationPx2), 2);
        return new StateObservation(
            point.Frame,
            [f.GyrationPx2 * scale, f.ElongationPx2 * scale],
            [((f.GyrationErrPx2 * f.GyrationErrPx2) + hidden) * scale * scale, ((f.ElongationErrPx2 * f.ElongationErrPx2) + hidden) * scale * scale]);
    }
}
