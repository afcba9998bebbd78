using System.Globalization;
using System.Text;
using LiveLtem.HardwareSim.Scoring;

namespace LiveLtem.Training.Denoising;

/// <summary>Whether what is shown is, on average, there; from best to worst.</summary>
internal enum Calibration
{
    /// <summary>Neither too much nor too little.</summary>
    Calibrated,

    /// <summary>More than is there: noise, which whoever looks at it sees to be noise.</summary>
    TooMuch,

    /// <summary>Less than is there: what was taken away, nobody sees.</summary>
    TooLittle,
}

/// <summary>One way to take noise off, at its best parameters.</summary>
/// <param name="Name">What it is, with the parameters found best.</param>
/// <param name="Score">Against the clean frames.</param>
internal sealed record BaselineResult(string Name, PictureScore Score)
{
    // Slope of clean detail on what is shown.
    private const double LeastSlope = 0.8;
    private const double MostSlope = 1.25;

    /// <summary>Whether what it shows is there.</summary>
    public Calibration Verdict => Score.CalibrationSlope switch
    {
        >= LeastSlope and <= MostSlope => Calibration.Calibrated,
        < LeastSlope => Calibration.TooMuch,
        _ => Calibration.TooLittle,
    };

    /// <summary>From best to worst.</summary>
    /// <remarks>Correlation alone cannot rank: it does not change when a picture is made fainter, so that a clean movie with every molecule blurred away
    /// beats every raw one. First come those that show what is there, then those that show more, last those that show less: noise is seen to be noise, but nobody
    /// sees what was taken away. Among each, by detail correlation.</remarks>
    public static IReadOnlyList<BaselineResult> Ranked(IEnumerable<BaselineResult> results) =>
        [.. results.OrderBy(result => result.Verdict).ThenByDescending(result => result.Score.DetailCorrelation ?? double.NegativeInfinity)];

    /// <summary>The table, as Markdown.</summary>
    public static string Table(IEnumerable<BaselineResult> results)
    {
        var text = new StringBuilder("| method | detail correlation | slope | shows | PSNR, dB | SSIM |\n|---|---|---|---|---|---|");
        foreach (var result in Ranked(results))
        {
            var shows = result.Verdict switch
            {
                Calibration.Calibrated => "what is there",
                Calibration.TooMuch => "too much",
                _ => "too little",
            };
            text.Append(CultureInfo.InvariantCulture, $"\n| {result.Name} | {result.Score.DetailCorrelation:F3} | {result.Score.CalibrationSlope:F2} | {shows} | {result.Score.PsnrDb:F1} | {result.Score.Ssim:F3} |");
        }

        return text.ToString();
    }
}
