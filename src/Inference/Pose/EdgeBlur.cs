namespace LiveLtem.Inference.Pose;

/// <summary>Gaussian blur of the particles' edges, sigma in px: one for each layer, since one of two lies out of focus.</summary>
/// <param name="First">Of a single layer, or of the first of two.</param>
/// <param name="Second">Of the second layer; the same where there is one layer.</param>
internal readonly record struct EdgeBlur(double First, double Second)
{
    /// <summary>The same blur for all.</summary>
    public EdgeBlur(double blur)
        : this(blur, blur)
    {
    }

    /// <summary>Blur of a layer's edges.</summary>
    /// <param name="layer">0 where layers are not told apart, else 1 or 2.</param>
    public double Of(int layer) => layer == 2 ? Second : First;

    /// <summary>The same but for one layer.</summary>
    public EdgeBlur With(int layer, double blur) => layer switch
    {
        0 => new EdgeBlur(blur),
        1 => this with { First = blur },
        _ => this with { Second = blur },
    };
}
