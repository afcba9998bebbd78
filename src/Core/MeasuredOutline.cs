using System.Collections.Immutable;

namespace LiveLtem.Core;

/// <summary>The outline of one particle as the pixels of one frame show it, whatever shape was fitted.</summary>
/// <remarks>Of each of <see cref="Directions"/> directions the mean of the squared distance of the outline from the centre, over the directions to either side with weights that fall
/// linearly to none at the next one: linear in the pixels, so that noise scatters it without pushing it to one side and means over frames are free of bias. Their sum times
/// pi/<see cref="Directions"/> is the area.</remarks>
public sealed record MeasuredOutline
{
    /// <summary>Directions round the particle.</summary>
    public const int Directions = 48;

    /// <summary>Fold of the symmetry of the fit that <see cref="AngleDeg"/> is of.</summary>
    public required int Symmetry { get; init; }

    /// <summary>Direction 0, degrees from +x towards +y: the orientation of the fit; the others follow by 360/<see cref="Directions"/> degrees.</summary>
    public required double AngleDeg { get; init; }

    /// <summary>Mean squared distance from the centre by direction, px^2; below zero by chance where the particle is lost in noise.</summary>
    public required ImmutableArray<float> SquaredPx { get; init; }

    /// <summary>1-sigma error of each of <see cref="SquaredPx"/>, px^2.</summary>
    public required ImmutableArray<float> SquaredErrPx { get; init; }

    /// <summary>Area inside the outline, px^2.</summary>
    public double AreaPx => Math.PI / Directions * SquaredPx.Sum();
}
