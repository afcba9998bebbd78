using LiveLtem.Core.Analysis;

namespace LiveLtem.Tracker.Analysis;

/// <summary>One physical quantity over frames taken under the same conditions: what <see cref="SegmentedAnalysis"/> feeds.</summary>
internal interface IQuantity
{
    /// <summary>Takes one frame, in order.</summary>
    void Take(PhysicsFrame frame);

    /// <summary>Other conditions came between: no track, no site and no interval goes on into the next frame.</summary>
    void Cut();

    /// <summary>What is known by now; changes nothing.</summary>
    AnalysisResult Result();
}
