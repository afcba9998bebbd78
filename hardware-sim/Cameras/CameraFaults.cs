using LiveLtem.Core;

namespace LiveLtem.HardwareSim.Cameras;

/// <summary>What a simulated camera does wrong on request; every n-th frame, null for never.</summary>
public sealed record CameraFaults
{
    /// <summary>A sound camera.</summary>
    public static CameraFaults None { get; } = new();

    /// <summary>Frames that are taken but never sent.</summary>
    public int? DropEvery { get; init; }

    /// <summary>Frames that are sent twice.</summary>
    public int? RepeatEvery { get; init; }

    /// <summary>Frames that are sent damaged: half of their pixels missing, or a header that cannot be read, in turn.</summary>
    public int? CorruptEvery { get; init; }

    /// <summary>Frames before which the camera stands still for <see cref="Delay"/>.</summary>
    public int? DelayEvery { get; init; }

    /// <summary>How long it stands still.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Checks the values.</summary>
    /// <exception cref="InputException">One cannot be meant.</exception>
    public void Validate()
    {
        foreach (var (option, value) in new[] { ("--drop-every", DropEvery), ("--repeat-every", RepeatEvery), ("--corrupt-every", CorruptEvery), ("--delay-every", DelayEvery) })
        {
            if (value is < 1)
            {
                throw new InputException($"{option} {value}: every how many frames? 1 or more");
            }
        }

        if (Delay < TimeSpan.Zero || Delay > TimeSpan.FromHours(1))
        {
            throw new InputException(FormattableString.Invariant($"--delay-s {Delay.TotalSeconds}: give 0 to 3600 s"));
        }
    }

    internal bool Drops(long taken) => Hits(DropEvery, taken);

    internal bool Repeats(long taken) => Hits(RepeatEvery, taken);

    internal bool Corrupts(long taken) => Hits(CorruptEvery, taken);

    internal bool Delays(long taken) => Hits(DelayEvery, taken);

    private static bool Hits(int? every, long taken) => every is { } n && taken % n == 0;
}
