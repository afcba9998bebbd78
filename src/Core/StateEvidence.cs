namespace LiveLtem.Core;

/// <summary>What is known of a molecule's structural state in one frame.</summary>
/// <param name="Chances">Chance of each state; their sum is 1.</param>
/// <param name="Moves">Chance of each pair of states in this frame and the next one, at [from * states + to]; null where the next frame has no measurement.</param>
public sealed record StateEvidence(IReadOnlyList<double> Chances, IReadOnlyList<double>? Moves);
