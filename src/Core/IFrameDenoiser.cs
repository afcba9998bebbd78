namespace LiveLtem.Core;

/// <summary>Takes the noise off the frames of one recording.</summary>
/// <remarks>Causal, but for <see cref="Delay"/>: what it makes of a frame depends on that frame and earlier ones only. What is shown is an estimate of the mean counts,
/// so that on average there is as much structure in the specimen as in the picture; physics is measured on raw frames.</remarks>
public interface IFrameDenoiser : IDisposable
{
    /// <summary>First frames it wants to see before the first <see cref="Denoise"/>; fewer where the recording is shorter.</summary>
    int LearningFrames { get; }

    /// <summary>Learns noise and scale. Called once.</summary>
    /// <param name="first">The first frames, in order; they stay the caller's.</param>
    void Learn(IReadOnlyList<Frame> first);

    /// <summary>Later frames that it looks at: 0 live and wherever it is not asked to.</summary>
    int Delay => 0;

    /// <summary>Counts its changes, from 0.</summary>
    int Version => 0;

    /// <summary>Shows it a frame <see cref="Delay"/> frames before it is to be denoised; near the end of a recording fewer. Called in frame order, for every frame, where the delay is above 0.</summary>
    /// <param name="frame">Stays the caller's.</param>
    void LookAhead(Frame frame)
    {
    }

    /// <summary>The frame without its noise. Called in frame order from one thread at a time.</summary>
    /// <param name="frame">Stays the caller's.</param>
    /// <returns>Same shape and header, <see cref="PixelType.Float32"/>, in the input's counts; the caller disposes it.</returns>
    Frame Denoise(Frame frame);

    /// <summary>One line of what was learnt and which model serves, for logs and reports.</summary>
    string Describe();
}
