namespace LiveLtem.Core.Analysis;

/// <summary>One quantity read off the tracks while they grow: lattice, diffusion, etching, states.</summary>
/// <remarks>Incremental: its memory and the time for a frame do not grow with the length of the session. Called from one thread at a time.</remarks>
public interface ITrackAnalysis
{
    /// <summary>Its part of <c>analysis.json</c>: <c>lattice</c>, <c>msd</c>, …</summary>
    string Name { get; }

    /// <summary>Takes the final points of one frame, in frame order.</summary>
    /// <param name="tracks">Points in order of particle.</param>
    /// <param name="row">Time, dose and drift of the frame.</param>
    void Add(FrameTracks tracks, FrameRow row);

    /// <summary>What is known by now. May be asked for at any time and again; changes nothing.</summary>
    AnalysisResult Result();
}
