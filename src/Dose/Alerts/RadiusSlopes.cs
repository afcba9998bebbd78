using LiveLtem.Core;
using LiveLtem.Dose.Signals;

namespace LiveLtem.Dose.Alerts;

/// <summary>How fast the particles shrink now: the slope of each one's mean radius over the last frames, and the median over particles.</summary>
internal sealed class RadiusSlopes(int windowFrames)
{
    private const double LeastPart = 0.7;
    private readonly Dictionary<int, History> _particles = [];
    private readonly List<int> _gone = [];
    private double[] _slopes = [];
    private double[] _errs = [];

    /// <summary>Particles that are measured.</summary>
    public int Count { get; private set; }

    /// <summary>Shrinking, px/s, positive when shrinking; null before there is enough to tell.</summary>
    public double? ShrinkingPxPerS { get; private set; }

    /// <summary>Its 1-sigma error.</summary>
    public double ErrPxPerS { get; private set; }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _particles.Clear();
        (Count, ShrinkingPxPerS) = (0, null);
    }

    /// <summary>Takes the points of a frame.</summary>
    /// <param name="points">The points.</param>
    /// <param name="frame">The frame's number.</param>
    /// <param name="timeS">Its time.</param>
    public void Add(IReadOnlyList<TrackPoint> points, long frame, double timeS)
    {
        foreach (var point in points)
        {
            if (point.Flags != DetectionFlags.None || point.Fit.AreaPx <= 0)
            {
                continue;
            }

            if (!_particles.TryGetValue(point.Particle, out var history) || history.Symmetry != point.Fit.Symmetry)
            {
                // Another shape has another area.
                _particles[point.Particle] = history = new History(windowFrames, point.Fit.Symmetry);
            }

            history.Add(frame, timeS, Math.Sqrt(point.Fit.AreaPx / Math.PI));
        }

        _gone.Clear();
        var count = 0;
        Grow(_particles.Count);
        foreach (var (particle, history) in _particles)
        {
            if (frame - history.Newest > windowFrames)
            {
                _gone.Add(particle);
            }
            else if (history.Newest == frame && history.Count >= LeastPart * windowFrames && history.Slope() is var (slope, err))
            {
                (_slopes[count], _errs[count]) = (-slope, err);
                count++;
            }
        }

        _gone.ForEach(particle => _particles.Remove(particle));
        Count = count;
        ShrinkingPxPerS = count == 0 ? null : Robust.Median(_slopes.AsSpan(0, count));
        if (count > 0)
        {
            var own = Robust.Median(_errs.AsSpan(0, count)) / Math.Sqrt(count);
            ErrPxPerS = 1.2533 * Math.Max(own, count < 3 ? 0 : Robust.Deviation(_slopes.AsSpan(0, count)) / Math.Sqrt(count));
        }
    }

    private void Grow(int count)
    {
        if (_slopes.Length < count)
        {
            Array.Resize(ref _slopes, 2 * count);
            Array.Resize(ref _errs, 2 * count);
        }
    }

    private sealed class History(int most, int symmetry)
    {
        private readonly (double Time, double Radius)[] _points = new (double, double)[most];
        private int _next;

        public int Symmetry => symmetry;

        public int Count { get; private set; }

        public long Newest { get; private set; }

        public void Add(long frame, double time, double radius)
        {
            _points[_next] = (time, radius);
            _next = (_next + 1) % most;
            Count = Math.Min(Count + 1, most);
            Newest = frame;
        }

        public (double Slope, double Err)? Slope()
        {
            var points = _points.AsSpan(0, Count);
            var (mt, mr) = (0.0, 0.0);
            foreach (var (time, radius) in points)
            {
                (mt, mr) = (mt + (time / Count), mr + (radius / Count));
            }

            var (tt, tr) = (0.0, 0.0);
            foreach (var (time, radius) in points)
            {
                (tt, tr) = (tt + ((time - mt) * (time - mt)), tr + ((time - mt) * (radius - mr)));
            }

            if (Count < 4 || tt <= 0)
            {
                return null;
            }

            var slope = tr / tt;
            var squares = 0.0;
            foreach (var (time, radius) in points)
            {
                squares += Math.Pow(radius - mr - (slope * (time - mt)), 2);
            }

            return (slope, Math.Sqrt(squares / (Count - 2) / tt));
        }
    }
}
