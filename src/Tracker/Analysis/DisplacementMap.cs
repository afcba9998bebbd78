namespace LiveLtem.Tracker.Analysis;

/// <summary>How often a particle is how far from its site, and the potential of mean force of that.</summary>
/// <remarks>PMF(r) = -ln P(r) in kT, P the probability per area of the ring at r, 0 at its lowest: in a harmonic well r^2/(2 s^2). As measured: the localisation noise
/// widens it. Errors: counts over the memory of the vibration as Poisson's.</remarks>
internal sealed class DisplacementMap
{
    private const int Rings = 25;
    private const double WidthSpacings = 0.02;
    private const double LeastCount = 5;
    private readonly long[] _counts = new long[Rings];
    private double _width;

    /// <summary>Takes the distance of a particle from its site.</summary>
    /// <param name="distance">Distance.</param>
    /// <param name="spacing">Of the lattice; the first one that is known lays the rings.</param>
    public void Add(double distance, double spacing)
    {
        if (_width == 0 && spacing > 0)
        {
            _width = WidthSpacings * spacing;
        }

        if (_width > 0 && distance < Rings * _width)
        {
            _counts[(int)(distance / _width)]++;
        }
    }

    /// <summary>A row for each ring that holds enough: its middle, PMF, error, count.</summary>
    /// <param name="memoryFrames">Frames after which a displacement is forgotten.</param>
    public IReadOnlyList<double[]> Rows(double memoryFrames)
    {
        var correlated = Math.Max(1, 2 * memoryFrames);
        var rows = new List<double[]>();
        for (var k = 0; k < Rings; k++)
        {
            if (_counts[k] / correlated >= LeastCount)
            {
                rows.Add([(k + 0.5) * _width, -Math.Log(_counts[k] / ((2 * k) + 1.0)), Math.Sqrt(correlated / _counts[k]), _counts[k]]);
            }
        }

        var lowest = rows.Select(row => row[1]).DefaultIfEmpty(0).Min();
        rows.ForEach(row => row[1] -= lowest);
        return rows;
    }
}
