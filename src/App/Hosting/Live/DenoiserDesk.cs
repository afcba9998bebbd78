using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Inference.Denoise;

namespace LiveLtem.App.Hosting.Live;

/// <summary>Changes the denoiser of a running session: made ready beside it, written to the session, then put on between two frames.</summary>
/// <param name="denoiser">Takes the noise off the session's frames.</param>
/// <param name="events">Where changes are written.</param>
/// <param name="conditions">Knows the newest frame received.</param>
/// <param name="began">Told once, before the first frame is denoised, what the session begins with.</param>
/// <param name="ended">Cancelled when no frame comes any more; stays its owner's.</param>
/// <param name="time">The clock.</param>
/// <remarks>Thread-safe. One change at a time; where it cannot be made, frames are denoised as before.</remarks>
internal sealed class DenoiserDesk(SpectralDenoiser denoiser, EventBook events, ConditionsBook conditions, Action<DenoiserInUse> began, CancellationTokenSource ended, TimeProvider time)
    : IDenoiserSwitch
{
    private readonly NextTurn<PreparedDenoiser, DenoiserInUse> _next = new();

    /// <summary>What serves the newest frames.</summary>
    public DenoiserInUse Now => denoiser.InUse;

    /// <summary>How far its picture can be trusted; null before enough frames went by.</summary>
    public HonestyFigures? Honesty => denoiser.Honesty;

    /// <summary>Where the newest frame that was looked at shows more than the raw frames carry; null before one was.</summary>
    public UnsupportedMask? Unsupported => denoiser.Unsupported;

    /// <summary>Has a denoiser put on before the next frame.</summary>
    /// <param name="prepared">Stays the caller's, who disposes it once this is over.</param>
    /// <returns>What serves, with its first frame.</returns>
    /// <exception cref="OperationCanceledException">The session ended before that.</exception>
    public Task<DenoiserInUse> PutOnAsync(PreparedDenoiser prepared) => _next.Put(prepared) ?? Task.FromCanceled<DenoiserInUse>(ended.Token);

    /// <inheritdoc/>
    public void Before(long frame)
    {
        if (_next.IsBeforeFirst)
        {
            began(Now);
        }

        var turn = _next.Before(frame);
        if (turn is null)
        {
            return;
        }

        try
        {
            var next = turn.Prepared.Denoiser with { FirstFrame = frame };
            events.Add(new DenoiserChange { Time = time.GetUtcNow(), Frame = conditions.LastFrame, Denoiser = next });
            turn.Done.SetResult(denoiser.Switch(turn.Prepared, frame));
        }
        catch (Exception error)
        {
            // What cannot be written does not happen; whoever asked is told.
            turn.Done.SetException(error);
        }
    }

    /// <inheritdoc/>
    public void End()
    {
        if (!_next.End(out var left))
        {
            return;
        }

        ended.Cancel();
        left?.Done.SetCanceled(ended.Token);
    }
}
