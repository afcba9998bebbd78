namespace LiveLtem.HardwareSim.Cameras;

/// <summary>What a simulated camera did.</summary>
/// <param name="Taken">Frames that it took, also those that it dropped on request.</param>
/// <param name="Sent">Frames that went out whole; a repeated one counts once.</param>
/// <param name="Corrupted">Frames that went out damaged on request.</param>
/// <param name="HeldBack">Time for which the reader took nothing and the camera had to wait.</param>
/// <param name="Elapsed">From the first frame to the last.</param>
public sealed record CameraReport(long Taken, long Sent, long Corrupted, TimeSpan HeldBack, TimeSpan Elapsed)
{
    /// <summary>Frames a second; null where there was no time between first and last.</summary>
    public double? FramesPerSecond => Taken > 1 && Elapsed > TimeSpan.Zero ? (Taken - 1) / Elapsed.TotalSeconds : null;
}
