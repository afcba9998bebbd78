namespace LiveLtem.Core.Pipeline;

/// <summary>Frames counted by where and why they ended.</summary>
/// <param name="Where">Edge or stage.</param>
/// <param name="Why">Reason, for people.</param>
/// <param name="Frames">How many.</param>
public sealed record FrameReason(string Where, string Why, long Frames);

/// <summary>One frame that a stage could not deal with.</summary>
/// <param name="Frame">Its number.</param>
/// <param name="Stage">The stage.</param>
/// <param name="Reason">What it said.</param>
public sealed record FrameFailure(long Frame, string Stage, string Reason);

/// <summary>What became of the received frames in one branch.</summary>
public sealed record BranchTotals
{
    /// <summary>Which branch.</summary>
    public required FrameBranches Branch { get; init; }

    /// <summary>Recorded, processed or shown.</summary>
    public required long Delivered { get; init; }

    /// <summary>Left out on an edge.</summary>
    public required long Skipped { get; init; }

    /// <summary>Failed in a stage.</summary>
    public required long Failed { get; init; }

    /// <summary>Still on their way; 0 once the pipeline has ended.</summary>
    public required long InFlight { get; init; }

    /// <summary><see cref="Skipped"/> by edge and reason.</summary>
    public required IReadOnlyList<FrameReason> SkippedBy { get; init; }

    /// <summary><see cref="Failed"/> by stage and reason.</summary>
    public required IReadOnlyList<FrameReason> FailedBy { get; init; }

    /// <summary>Numbers skipped, ascending; of very many gaps the newest.</summary>
    public required IReadOnlyList<FrameInterval> SkippedNumbers { get; init; }

    /// <summary>The newest failures.</summary>
    public required IReadOnlyList<FrameFailure> Failures { get; init; }
}

/// <summary>The account of every camera frame. <c>Received - Repeated + Lost == Expected</c>, and in each branch
/// <c>Delivered + Skipped + Failed + InFlight == Received</c>.</summary>
public sealed record LedgerTotals
{
    /// <summary>Lowest number received, or null where none was.</summary>
    public required long? First { get; init; }

    /// <summary>Highest number received, or null where none was.</summary>
    public required long? Last { get; init; }

    /// <summary>Frames that came in.</summary>
    public required long Received { get; init; }

    /// <summary>Numbers between the first and the last that never came.</summary>
    public required long Lost { get; init; }

    /// <summary>Frames whose number had come before.</summary>
    public required long Repeated { get; init; }

    /// <summary>Frames whose number was not above the highest so far: late or repeated ones.</summary>
    public required long Disordered { get; init; }

    /// <summary>The numbers lost, ascending; of very many gaps the newest.</summary>
    public required IReadOnlyList<FrameInterval> LostNumbers { get; init; }

    /// <summary>One account for each branch of the pipeline.</summary>
    public required IReadOnlyList<BranchTotals> Branches { get; init; }

    /// <summary>Numbers from the first to the last.</summary>
    public long Expected => Last - First + 1 ?? 0;

    /// <summary>The account of one branch, or null where the pipeline has none.</summary>
    public BranchTotals? Of(FrameBranches branch) => Branches.FirstOrDefault(totals => totals.Branch == branch);
}
