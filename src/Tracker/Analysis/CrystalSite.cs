using LiveLtem.Tracker.Linking;

namespace LiveLtem.Tracker.Analysis;

/// <summary>One particle's stay at one lattice site, in the frame of the crystal.</summary>
internal sealed class CrystalSite
{
    private double _firstAngle = double.NaN;

    /// <summary>Starts at a place.</summary>
    public CrystalSite(int particle, int symmetry, Point2 origin)
    {
        (Particle, Symmetry) = (particle, symmetry);
        Origin = origin;
    }

    /// <summary>Who sits there.</summary>
    public int Particle { get; }

    /// <summary>Symmetry of its shape.</summary>
    public int Symmetry { get; }

    /// <summary>Group for the errors.</summary>
    public int Group => Jackknife.GroupOf(Particle);

    /// <summary>The place that displacements are counted from.</summary>
    public Point2 Origin { get; }

    /// <summary>Displacements along x.</summary>
    public VibrationTrace X { get; } = new();

    /// <summary>Displacements along y.</summary>
    public VibrationTrace Y { get; } = new();

    /// <summary>Rotations, degrees.</summary>
    public VibrationTrace Turn { get; } = new();

    /// <summary>Frame of the newest position.</summary>
    public long LastFrame { get; set; }

    /// <summary>Newest position in the frame of the crystal.</summary>
    public Point2 Newest { get; set; }

    /// <summary>Variance of its measurement error over both axes.</summary>
    public double NewestNoise { get; private set; }

    /// <summary>Place of this site in the newest neighbour map, or -1.</summary>
    public int Index { get; set; } = -1;

    /// <summary>Sum of the bond orders and how often they were seen.</summary>
    public (double Psi4, double Psi6, int Count) Order { get; set; }

    /// <summary>Positions that were so far off that the particle may have gone to another site, oldest first.</summary>
    public List<(long Frame, Point2 Position, double XVariance, double YVariance, double Angle, double AngleVariance)> Strays { get; } = [];

    /// <summary>Mean place.</summary>
    public Point2 Mean => new(Origin.X + X.Mean, Origin.Y + Y.Mean);

    /// <summary>Takes a position.</summary>
    /// <param name="frame">Number of the frame.</param>
    /// <param name="position">In the frame of the crystal.</param>
    /// <param name="xVariance">Of the measurement error.</param>
    /// <param name="yVariance">Of the measurement error.</param>
    public void Add(long frame, Point2 position, double xVariance, double yVariance)
    {
        NewestNoise = xVariance + yVariance;
        X.Add(frame, position.X - Origin.X, xVariance);
        Y.Add(frame, position.Y - Origin.Y, yVariance);
    }

    /// <summary>Takes an orientation; a slip by a symmetry step does no harm.</summary>
    /// <param name="frame">Number of the frame.</param>
    /// <param name="degrees">Rotation in the frame of the crystal.</param>
    /// <param name="period">360/n.</param>
    /// <param name="variance">Of the measurement error.</param>
    public void AddTurn(long frame, double degrees, double period, double variance)
    {
        if (double.IsNaN(_firstAngle))
        {
            _firstAngle = degrees;
        }

        // The nearest of the equivalent orientations to the mean so far.
        var value = degrees - _firstAngle;
        value -= period * Math.Round((value - Turn.Mean) / period);
        Turn.Add(frame, value, variance);
    }
}
