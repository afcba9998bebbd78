using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Inference;

namespace LiveLtem.App.Hosting.Live;

/// <summary>Changes the network of a running session: made ready beside it, written to the session, then put on between two frames.</summary>
/// <param name="detector">Segments the session's frames; null where that needs no network.</param>
/// <param name="choices">What can be asked for.</param>
/// <param name="events">Where changes are written.</param>
/// <param name="conditions">Knows the newest frame received.</param>
/// <param name="began">Told once, before the first frame is segmented, what the session begins with.</param>
/// <param name="time">The clock.</param>
/// <remarks>Thread-safe. One change at a time; until it is put on, and where it cannot be made, frames are segmented as before.</remarks>
internal sealed class ModelDesk(ParticleDetector? detector, ModelChoices choices, EventBook events, ConditionsBook conditions, Action<ModelInUse> began, TimeProvider time)
    : IModelSwitch
{
    private readonly Lock _gate = new();
    private readonly NextTurn<PreparedModel, ModelInUse> _next = new();
    private Task _work = Task.CompletedTask;
    private string? _pending;
    private ModelInUse? _now;

    /// <summary>What segments the newest frames; null before that is learnt.</summary>
    public ModelInUse? Now => Volatile.Read(ref _now) ?? First;

    /// <summary>What can be asked for.</summary>
    public IReadOnlyList<string> Names => choices.Names;

    /// <summary>What is being made ready, or null.</summary>
    public string? Pending => Volatile.Read(ref _pending);

    /// <summary>Makes a model ready and has it put on before the next frame.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="cancellationToken">Ends the waiting, not the change.</param>
    /// <returns>What is on.</returns>
    /// <exception cref="InputException">There is none of that name, it is damaged or finds nothing, or the session is not live.</exception>
    public Task<ModelInUse> ChooseAsync(string name, CancellationToken cancellationToken)
    {
        choices.Demand(name);
        lock (_gate)
        {
            if (_next.HasEnded)
            {
                throw Ended();
            }

            if (detector is null)
            {
                throw new InputException("this profile finds molecules without a network: there is no model to choose");
            }

            if (detector.Model is null)
            {
                throw new InputException("the session is still learning from its first frames: choose the model once it is live");
            }

            if (_pending is { } other)
            {
                throw new InputException($"model {other} is being made ready: choose again once it is on");
            }

            Volatile.Write(ref _pending, name);

            // On a thread of its own: it takes seconds, and the pool's threads are the pipeline's.
            var change = Task.Factory.StartNew(() => ChangeAsync(name), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
            _work = change;
            return change.WaitAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    public void Before(long frame)
    {
        if (_next.IsBeforeFirst && First is { } first)
        {
            began(first);
        }

        var turn = _next.Before(frame);
        if (turn is null)
        {
            return;
        }

        var model = turn.Prepared.Model with { FirstFrame = frame };
        try
        {
            events.Add(new ModelChange { Time = time.GetUtcNow(), Frame = conditions.LastFrame, Model = model });
            detector!.Switch(turn.Prepared, frame);
            Volatile.Write(ref _now, model);
            turn.Done.SetResult(model);
        }
        catch (Exception error)
        {
            // What cannot be written does not happen; whoever asked is told.
            turn.Prepared.Dispose();
            turn.Done.SetException(error);
        }
    }

    /// <inheritdoc/>
    public void End()
    {
        _next.End(out var left);
        left?.Prepared.Dispose();
        left?.Done.SetException(Ended());
    }

    /// <summary>Refuses what is asked from now on and waits until nothing is being made ready.</summary>
    public async Task EndAsync()
    {
        End();
        Task work;
        lock (_gate)
        {
            work = _work;
        }

        // Its outcome is its asker's.
        await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task<ModelInUse> ChangeAsync(string name)
    {
        try
        {
            if (Now is { } now && choices.Sha256Of(name) == now.Sha256)
            {
                return now;
            }

            return await PutOnAsync(detector!.Prepare(choices.Load(name))).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _pending, null);
        }
    }

    private Task<ModelInUse> PutOnAsync(PreparedModel prepared)
    {
        if (_next.Put(prepared) is { } done)
        {
            return done;
        }

        prepared.Dispose();
        throw Ended();
    }

    // What the session begins with, once that is known.
    private ModelInUse? First => detector is null ? ModelInUse.Thresholds : detector.Model;

    private static InputException Ended() => new("the session has ended: its model cannot be changed any more");
}
