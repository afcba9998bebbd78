namespace LiveLtem.Inference.Models;

/// <summary>What a segmentation network answers with: the same six maps for each layer.</summary>
/// <remarks>The first three are probabilities at the resolution of the network's input; the other three describe the whole particle whose centre
/// is near and mean something only where <see cref="Centre"/> is high. They come from the second moments of the particle's whole outline,
/// parts that the border or another particle hides included.</remarks>
public static class MapLayout
{
    /// <summary>1 inside a particle of this layer.</summary>
    public const int Foreground = 0;

    /// <summary>1 on the pixels nearest to a particle's outline, also inside another particle of the same layer.</summary>
    public const int Boundary = 1;

    /// <summary>exp(-x M^-1 x / (2 * <see cref="CentreSpread"/>)) at the place x from the particle's centre of area, M its second moments: of a bar the
    /// Gaussian with a quarter of each full length as its width. Where particles meet, the greater.</summary>
    public const int Centre = 2;

    /// <summary>log2(r / <see cref="ReferencePx"/>), r = 2 * ((Mxx * Myy) - Mxy^2)^(1/4) = the radius of the disc, or of the ellipse's mean axes, with these moments, network pixels.</summary>
    public const int LogSize = 3;

    /// <summary>(Mxx - Myy) / (Mxx + Myy): elongation along x.</summary>
    public const int ElongationX = 4;

    /// <summary>2 Mxy / (Mxx + Myy): elongation along the diagonal from +x towards +y.</summary>
    public const int ElongationY = 5;

    /// <summary>The centre's Gaussian has this times the particle's second moments.</summary>
    public const double CentreSpread = 0.75;

    /// <summary>Maps a layer.</summary>
    public const int PerLayer = 6;

    /// <summary>The first maps, which are probabilities.</summary>
    public const int Probabilities = 3;

    /// <summary>The others, which are measures.</summary>
    public const int Measures = PerLayer - Probabilities;

    /// <summary>Radius for which <see cref="LogSize"/> is 0, network pixels.</summary>
    public const double ReferencePx = 10;
}
