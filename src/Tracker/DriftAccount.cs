using System.Runtime.InteropServices;
using LiveLtem.Tracker.Linking;

namespace LiveLtem.Tracker;

/// <summary>Keeps the common drift since the first frame.</summary>
/// <remarks>Each track remembers where it would have been when the movie began (its first centre less the drift then); the drift is the
/// median over the tracks of the way from there. Steps are not summed, so the error of a vibrating lattice stays what it is in one frame
/// and does not grow with the length of the movie.</remarks>
internal sealed class DriftAccount
{
    private readonly List<double> _x = [];
    private readonly List<double> _y = [];
    private double _driftX;
    private double _driftY;

    /// <summary>Takes a frame's measured particles in, and anchors the new ones.</summary>
    /// <param name="measured">Particles measured in this frame, <see cref="TrackedParticle.LastMeasured"/> their centre.</param>
    /// <returns>Drift since the first frame, px; null with fewer than <see cref="Motion.CommonMotion.FewestPoints"/> particles.</returns>
    public (double X, double Y)? Add(IReadOnlyList<TrackedParticle> measured)
    {
        _x.Clear();
        _y.Clear();
        foreach (var particle in measured)
        {
            if (particle.Measured > 1)
            {
                _x.Add(particle.LastMeasured.X - particle.Anchor.X);
                _y.Add(particle.LastMeasured.Y - particle.Anchor.Y);
            }
        }

        if (_x.Count >= Motion.CommonMotion.FewestPoints)
        {
            (_driftX, _driftY) = (Selection.Median(CollectionsMarshal.AsSpan(_x)), Selection.Median(CollectionsMarshal.AsSpan(_y)));
        }

        foreach (var particle in measured)
        {
            if (particle.Measured == 1)
            {
                particle.Anchor = new Point2(particle.LastMeasured.X - _driftX, particle.LastMeasured.Y - _driftY);
            }
        }

        return measured.Count >= Motion.CommonMotion.FewestPoints ? (_driftX, _driftY) : null;
    }
}
