namespace LiveLtem.Tracker.Linking;

/// <summary>A position in px, x right, y down.</summary>
/// <param name="X">Column, px.</param>
/// <param name="Y">Row, px.</param>
public readonly record struct Point2(double X, double Y)
{
    /// <summary>Squared distance to another position, px^2.</summary>
    public double DistanceSquaredTo(Point2 other)
    {
        var dx = X - other.X;
        var dy = Y - other.Y;
        return (dx * dx) + (dy * dy);
    }
}
