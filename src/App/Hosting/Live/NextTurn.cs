namespace LiveLtem.App.Hosting.Live;

/// <summary>What is to change before a session's next frame: put there from any thread, taken once by the pipeline.</summary>
/// <typeparam name="TPrepared">What was made ready.</typeparam>
/// <typeparam name="TResult">What its asker is told once it serves.</typeparam>
/// <remarks>Thread-safe; <see cref="Before"/> is called by the pipeline alone.</remarks>
internal sealed class NextTurn<TPrepared, TResult>
    where TPrepared : class
{
    private readonly Lock _gate = new();
    private Turn? _waiting;
    private long? _newest;
    private bool _ended;

    /// <summary>True until a frame came.</summary>
    public bool IsBeforeFirst => _newest is null;

    /// <summary>True once no frame comes any more.</summary>
    public bool HasEnded
    {
        get
        {
            lock (_gate)
            {
                return _ended;
            }
        }
    }

    /// <summary>Has it taken before the next frame.</summary>
    /// <returns>What comes of it, or null where no frame comes any more.</returns>
    /// <exception cref="InvalidOperationException">Another one is waiting.</exception>
    public Task<TResult>? Put(TPrepared prepared)
    {
        lock (_gate)
        {
            if (_ended)
            {
                return null;
            }

            if (_waiting is not null)
            {
                throw new InvalidOperationException("another change is about to be made");
            }

            _waiting = new Turn(prepared);
            return _waiting.Done.Task;
        }
    }

    /// <summary>What is to be changed before that frame; null where nothing is.</summary>
    public Turn? Before(long frame)
    {
        lock (_gate)
        {
            // A frame that comes late, after newer ones, belongs to what they belong to.
            if (frame <= _newest)
            {
                return null;
            }

            _newest = frame;
            var turn = _waiting;
            _waiting = null;
            return turn;
        }
    }

    /// <summary>Nothing is taken from now on.</summary>
    /// <param name="left">What still waited; its asker is to be told.</param>
    /// <returns>False where that was said before.</returns>
    public bool End(out Turn? left)
    {
        lock (_gate)
        {
            left = _waiting;
            _waiting = null;
            var first = !_ended;
            _ended = true;
            return first;
        }
    }

    /// <summary>One change.</summary>
    /// <param name="Prepared">What was made ready.</param>
    internal sealed record Turn(TPrepared Prepared)
    {
        /// <summary>Where its asker waits.</summary>
        public TaskCompletionSource<TResult> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
