namespace LiveLtem.Broadcast;

/// <summary>Whether the session can be used: after warm-up, until it stops. Thread-safe.</summary>
internal sealed class Readiness
{
    private State _state = new(false, "warming up");

    /// <summary>Called when it changes.</summary>
    public event Action<State>? Changed;

    public State Now => Volatile.Read(ref _state);

    public void Set(bool ready, string? reason)
    {
        var state = new State(ready, reason);
        Volatile.Write(ref _state, state);
        Changed?.Invoke(state);
    }

    public sealed record State(bool Ready, string? Reason);
}
