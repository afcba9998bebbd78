namespace LiveLtem.Training.Losses;

/// <summary>How much each part of the loss counts.</summary>
public sealed record LossOptions
{
    /// <summary>Cross entropy of the foreground.</summary>
    public double Foreground { get; init; } = 1;

    /// <summary>One minus the soft Dice coefficient of the foreground (Milletari et al. 2016, arXiv:1606.04797).</summary>
    public double Dice { get; init; } = 0.5;

    /// <summary>Cross entropy of the boundary.</summary>
    public double Boundary { get; init; } = 1;

    /// <summary>Times that a pixel of the boundary counts: few of them are.</summary>
    public double BoundaryPixel { get; init; } = 3;

    /// <summary>Cross entropy of the centre.</summary>
    public double Centre { get; init; } = 2;

    /// <summary>Times that a pixel at a centre counts: few of them are.</summary>
    public double CentrePixel { get; init; } = 5;

    /// <summary>Logarithm of the size, smooth L1.</summary>
    public double Size { get; init; } = 1;

    /// <summary>Elongations, smooth L1.</summary>
    public double Elongation { get; init; } = 3;

    /// <summary>The geometry counts in cells where the centre is at least this.</summary>
    public double CentreFloor { get; init; } = 0.3;

    /// <summary>Difference at which smooth L1 turns from square to straight.</summary>
    public double Beta { get; init; } = 0.1;
}
