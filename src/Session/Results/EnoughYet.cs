using LiveLtem.Core.Analysis;

namespace LiveLtem.Session.Results;

/// <summary>What more watching would do for one figure.</summary>
/// <param name="RelativeErr">Its error over its value, as it stands.</param>
/// <param name="FramesNeeded">Frames in all until the error asked for; null where more frames do not help.</param>
/// <param name="FramesMore">Those still missing; 0 where there are enough.</param>
/// <param name="DoseMoreEPerA2">What they cost at the mean dose of a frame; null where the dose is not known.</param>
/// <param name="Stop">Whether to stop for this figure's sake: it is good enough, or more frames do not help.</param>
/// <param name="Advice">The same in words.</param>
internal sealed record Enough(double RelativeErr, long? FramesNeeded, long? FramesMore, double? DoseMoreEPerA2, bool Stop, string Advice)
{
    // With the error of an error of about 18 %, at four times the frames the half of it is three sigma from this.
    private const double Fallen = 0.9;

    // Beyond this nobody waits, and the root law has long lost its meaning.
    private const double MostTimes = 1000;

    /// <summary>Judges a figure.</summary>
    /// <param name="figure">As it stands.</param>
    /// <param name="earlier">The error that the same figure had after a fourth of the frames or fewer; null where it had none.</param>
    /// <param name="frames">Frames so far.</param>
    /// <param name="asked">Relative error asked for.</param>
    /// <param name="dosePerFrame">e-/A^2; null where not known.</param>
    /// <returns>Null for a figure without a value or without an error.</returns>
    /// <remarks>Errors fall with the root of the frames. Where one has not fallen since a fourth of the frames, it is the spread from particle to particle or
    /// from site to site, and only more of these lessen it.</remarks>
    public static Enough? Of(AnalysisFigure figure, double? earlier, long frames, double asked, double? dosePerFrame)
    {
        if (figure is not { Value: { } value, Err: { } err } || !(value != 0) || frames < 2)
        {
            return null;
        }

        var relative = err / Math.Abs(value);
        if (relative <= asked)
        {
            return new Enough(relative, frames, 0, dosePerFrame is null ? null : 0, true, "good enough");
        }

        if (earlier is { } before && err > Fallen * before)
        {
            return new Enough(relative, null, null, null, true, "more frames do not help: more particles would");
        }

        var times = Math.Pow(relative / asked, 2);
        if (times > MostTimes)
        {
            return new Enough(relative, null, null, null, false, $"over {MostTimes:0} times as many frames would be needed");
        }

        var needed = (long)Math.Ceiling(frames * times);
        return new Enough(relative, needed, needed - frames, dosePerFrame * (needed - frames), false, "go on");
    }
}
