namespace LiveLtem.Core;

/// <summary>Shape of one flexible body in one frame: sums over the raw frame inside an outline that earlier frames drew.</summary>
/// <remarks>The sums are linear in the raw pixels, so noise scatters them without pushing them to one side; a single noisy frame may therefore give
/// a second moment below zero. All are weighted by contrast, (background - pixel) / background, positive inside the body whichever its polarity.
/// Errors are 1 sigma, from the noise of the raw pixels and its correlation between neighbours.</remarks>
public sealed record ShapeFeatures
{
    /// <summary>Contrast summed over the body, px^2: its mean contrast times its area.</summary>
    public required double IntegratedContrastPx2 { get; init; }

    /// <summary>1-sigma error of <see cref="IntegratedContrastPx2"/>, px^2.</summary>
    public required double IntegratedContrastErrPx2 { get; init; }

    /// <summary>Squared radius of gyration: mean squared distance from the centroid, px^2; scatters about its true value, so it may be below zero.</summary>
    public required double GyrationPx2 { get; init; }

    /// <summary>1-sigma error of <see cref="GyrationPx2"/>, px^2.</summary>
    public required double GyrationErrPx2 { get; init; }

    /// <summary>Second moment along the outline's long axis less the one across it, px^2; may be below zero.</summary>
    public required double ElongationPx2 { get; init; }

    /// <summary>1-sigma error of <see cref="ElongationPx2"/>, px^2.</summary>
    public required double ElongationErrPx2 { get; init; }

    /// <summary>Area inside the outline, px^2.</summary>
    public required double AreaPx2 { get; init; }

    /// <summary>1-sigma error of <see cref="AreaPx2"/>, px^2.</summary>
    public required double AreaErrPx2 { get; init; }

    /// <summary>Greatest distance between two points of the outline, px.</summary>
    public required double EndToEndPx { get; init; }

    /// <summary>1-sigma error of <see cref="EndToEndPx"/>, px.</summary>
    public required double EndToEndErrPx { get; init; }

    /// <summary>Squared radius of gyration of the outline itself, evenly filled, px^2: steadier than <see cref="GyrationPx2"/>, and later by the frames that drew the outline.</summary>
    public required double OutlineGyrationPx2 { get; init; }

    /// <summary>Part of the body inside the frame, 0 to 1. Contrast and area are of that part; second moments are of the whole, as if it went on evenly.</summary>
    public double VisibleFraction { get; init; } = 1;

    /// <summary>Radius of gyration, px; null where noise leaves none.</summary>
    public double? RadiusOfGyrationPx => GyrationPx2 > 0 ? Math.Sqrt(GyrationPx2) : null;

    /// <summary>1-sigma error of <see cref="RadiusOfGyrationPx"/>, px.</summary>
    public double? RadiusOfGyrationErrPx => GyrationPx2 > 0 ? GyrationErrPx2 / (2 * Math.Sqrt(GyrationPx2)) : null;

    /// <summary>sqrt(1 - across / along) of the second moments, 0 round to 1 a line; null where noise leaves none.</summary>
    public double? Eccentricity
    {
        get
        {
            var along = (GyrationPx2 + ElongationPx2) / 2;
            var across = (GyrationPx2 - ElongationPx2) / 2;
            return along > 0 && ElongationPx2 >= 0 ? Math.Sqrt(Math.Clamp(1 - (across / along), 0, 1)) : null;
        }
    }
}
