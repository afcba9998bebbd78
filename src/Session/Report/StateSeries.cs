using LiveLtem.Core;

namespace LiveLtem.Session.Report;

/// <summary>How many molecules are in each structural state over time, and how large they are in each.</summary>
internal sealed class StateSeries
{
    private const int MostStates = 16;
    private const int MostRadii = 400;
    private readonly List<Series> _shares = [];
    private readonly List<long[]> _radii = [];

    /// <summary>States seen.</summary>
    public int Count => _shares.Count;

    /// <summary>Takes the final points of a frame.</summary>
    /// <param name="tracks">The points.</param>
    /// <param name="x">Time or frame.</param>
    public void Add(FrameTracks tracks, double x)
    {
        var counts = new int[MostStates];
        var all = 0;
        foreach (var point in tracks.Points)
        {
            if (point.State is not (>= 0 and < MostStates and var state))
            {
                continue;
            }

            while (_shares.Count <= state)
            {
                _shares.Add(new Series());
                _radii.Add(new long[MostRadii]);
            }

            counts[state]++;
            all++;
            if (point.Features?.RadiusOfGyrationPx is { } radius)
            {
                _radii[state][Math.Min(MostRadii - 1, (int)radius)]++;
            }
        }

        for (var k = 0; k < _shares.Count && all > 0 && double.IsFinite(x); k++)
        {
            _shares[k].Add(x, (double)counts[k] / all);
        }
    }

    /// <summary>Share over time, number by radius of gyration and mean of that radius, px, state by state.</summary>
    public IEnumerable<(int State, Series Share, Series Radii, double? RadiusPx)> Curves()
    {
        var used = Enumerable.Range(0, MostRadii).Where(r => _radii.Exists(radii => radii[r] > 0)).ToList();
        for (var k = 0; k < _shares.Count; k++)
        {
            var radii = new Series();
            for (var r = used.FirstOrDefault(); used.Count > 0 && r <= used[^1]; r++)
            {
                radii.Add(r + 0.5, _radii[k][r]);
            }

            var measured = _radii[k].Sum();
            var mean = measured == 0 ? (double?)null : _radii[k].Select((count, r) => count * (r + 0.5)).Sum() / measured;
            yield return (k, _shares[k], radii, mean);
        }
    }
}
