using System.Globalization;

namespace LiveLtem.Core;

/// <summary>How far a denoised movie can be trusted, told without any clean frame.</summary>
public sealed record HonestyFigures
{
    /// <summary>Frames that the figures are from.</summary>
    public required int Frames { get; init; }

    /// <summary>Mean squared error of the denoised frames, counts²; may come out a little below 0 where it is next to nothing.</summary>
    public required double UnsupervisedMse { get; init; }

    /// <summary>1-sigma error of <see cref="UnsupervisedMse"/>, by its scatter from frame to frame.</summary>
    public required double UnsupervisedMseErr { get; init; }

    /// <summary>The same for raw frames: the variance of the noise, counts².</summary>
    public required double RawMse { get; init; }

    /// <summary>Peak signal to noise, dB, the peak being the range of the denoised frames without their outermost 0.1 %; null where the error is not above 0.</summary>
    public required double? UnsupervisedPsnrDb { get; init; }

    /// <summary>Correlation of what was taken off two frames one after another, smoothed to the scale of molecules: 0 where it is noise; above, structure was taken off; below, some was put in.</summary>
    public required double ResidualCorrelation { get; init; }

    /// <summary>Share of pixels where more contrast is shown than the raw frames carry over the same area.</summary>
    public required double UnsupportedFraction { get; init; }

    /// <summary>One line for logs and reports.</summary>
    public string Describe() => string.Create(
        CultureInfo.InvariantCulture,
        $"by {Frames} held-out noisy frames: uPSNR {(UnsupervisedPsnrDb is { } psnr ? $"{psnr:F1} dB" : "beyond measure")}, uMSE {UnsupervisedMse:G3} +- {UnsupervisedMseErr:G2} counts² (raw {RawMse:G3}); residual correlation {ResidualCorrelation:F3}; {100 * UnsupportedFraction:F2} % of pixels not supported by the raw frames");
}
