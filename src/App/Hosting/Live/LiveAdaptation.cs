using System.Threading.Channels;
using LiveLtem.Acquisition.Correction;
using LiveLtem.App.Profiles;
using LiveLtem.Core;
using LiveLtem.Inference.Denoise;

namespace LiveLtem.App.Hosting.Live;

/// <summary>Trains a denoiser; <see cref="DenoiseTraining.RunAsync"/> but in tests.</summary>
internal delegate Task<DenoiseTrainingOutcome> DenoiseTrainer(DenoiseTrainingRequest request, CancellationToken cancellationToken);

/// <summary>Adapts the denoiser to a live session beside it: keeps the first frames, has the training program learn from them at the lowest priority, and has what
/// came of it put on between two frames. Begins anew where the conditions change, and after so many frames where the profile says so.</summary>
/// <param name="options">How.</param>
/// <param name="firstCard">Card of the network that the session begins with.</param>
/// <param name="desk">Puts networks on.</param>
/// <param name="keep">Keeps a network's files with the session.</param>
/// <param name="train">Trains.</param>
/// <param name="pool">Where corrected frames come from.</param>
/// <remarks><see cref="Begin"/> and <see cref="Offer"/> are the pipeline's and never wait. Whatever goes wrong, a line says so and frames are denoised as before.</remarks>
internal sealed class LiveAdaptation(DenoiseOptions options, string firstCard, DenoiserDesk desk, Action<string, string> keep, DenoiseTrainer train, FramePool pool)
{
    // What may wait for the disk: beyond it frames are passed over, so that the session is not held back.
    private const int MostWaiting = 16;
    private readonly Channel<Frame> _frames = Channel.CreateBounded<Frame>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
    private readonly TaskCompletionSource<FrameCorrector> _learnt = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string _progress = "waits for the session to be live";
    private CancellationTokenSource? _round;
    private bool _wanted;
    private int _segment;
    private long _offered;
    private long _dueAt = long.MaxValue;

    /// <summary>How far it is, one line. Thread-safe.</summary>
    public string Progress => Volatile.Read(ref _progress);

    /// <summary>The session has learnt from its first frames: those that are offered from now on are kept.</summary>
    /// <param name="corrector">Takes the camera's own pattern out of them.</param>
    public void Begin(FrameCorrector corrector) => _learnt.TrySetResult(corrector);

    /// <summary>A frame was received.</summary>
    /// <param name="frame">Stays the caller's.</param>
    public void Offer(Frame frame)
    {
        var offered = Interlocked.Increment(ref _offered);
        if (Volatile.Read(ref _wanted))
        {
            var lease = frame.Share();
            if (!_frames.Writer.TryWrite(lease))
            {
                lease.Dispose();
            }
        }
        else if (frame.Header.Segment != Volatile.Read(ref _segment) || offered >= Volatile.Read(ref _dueAt))
        {
            // What is being learnt, or was, is of other conditions, or of long ago.
            _ = Interlocked.Exchange(ref _round, null)?.CancelAsync();
        }
    }

    /// <summary>Adapts until it is cancelled, as it is when the session ends.</summary>
    /// <param name="cancellationToken">Ends it, and the training program.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var files = new TempDirectory();
        try
        {
            var corrector = await _learnt.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
            var from = firstCard;
            while (true)
            {
                var round = new CancellationTokenSource();
                using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, round.Token);
                try
                {
                    var request = await CollectAsync(files, corrector, from, round, cancellationToken).ConfigureAwait(false);
                    from = await AdaptAsync(request, from, corrector, either.Token).ConfigureAwait(false);
                    Volatile.Write(ref _dueAt, options.AdaptEvery > 0 ? Interlocked.Read(ref _offered) + options.AdaptEvery : long.MaxValue);
                    await Task.Delay(Timeout.InfiniteTimeSpan, either.Token).ConfigureAwait(false);
                }
                catch (OperationCanceledException) when (round.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
                {
                    // Begins anew.
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The session is over.
        }
        catch (Exception error)
        {
            // The session goes on without: its frames are worth more than a better picture.
            Tell($"the network stays as it is: adapting it failed: {error.Message.ReplaceLineEndings(" ")}");
        }
        finally
        {
            Volatile.Write(ref _wanted, false);
            _frames.Writer.TryComplete();
            PassOver();
        }
    }

    private async Task<DenoiseTrainingRequest> CollectAsync(TempDirectory files, FrameCorrector corrector, string from, CancellationTokenSource round, CancellationToken cancellationToken)
    {
        using var stack = new FrameStack(files.Create("frames.mrc"), corrector, pool);
        int? segment = null;
        Volatile.Write(ref _dueAt, long.MaxValue);
        PassOver();
        Volatile.Write(ref _wanted, true);
        while (stack.Frames < options.AdaptFrames)
        {
            using var frame = await _frames.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (segment != frame.Header.Segment)
            {
                segment = frame.Header.Segment;
                stack.Clear();
            }

            stack.Add(frame);
            Volatile.Write(ref _progress, $"keeps frames to learn from: {stack.Frames} of {options.AdaptFrames}");
        }

        // In this order: a frame of other conditions that comes now begins a new round.
        Volatile.Write(ref _segment, segment!.Value);
        Volatile.Write(ref _round, round);
        Volatile.Write(ref _wanted, false);
        stack.Complete();
        return new DenoiseTrainingRequest
        {
            Frames = files.Path("frames.mrc"),
            Count = stack.Frames,
            Name = $"adapted-{desk.Now.Version + 1}",
            Folder = files.Path("model"),
            Work = files.Path("work"),
            StartFrom = from,
            InBackground = true,
            Tell = Follow,
        };
    }

    // Returns the card of what serves then.
    private async Task<string> AdaptAsync(DenoiseTrainingRequest request, string from, FrameCorrector corrector, CancellationToken cancellationToken)
    {
        Tell($"adapts the denoiser to the session in the background ({DenoiseTraining.Steps} steps on {request.Count} frames)");
        var outcome = await train(request, cancellationToken).ConfigureAwait(false);
        File.Delete(request.Frames);
        if (outcome.Card is not { } card)
        {
            Tell(outcome.Said);
            return from;
        }

        keep(card, Path.Combine(request.Folder, DenoiseCard.Read(card).Card.File));
        using var prepared = PreparedDenoiser.Load(card, desk.Now.Version + 1, corrector.Height, corrector.Width);
        cancellationToken.ThrowIfCancellationRequested();
        var now = await desk.PutOnAsync(prepared).ConfigureAwait(false);
        Tell($"denoiser version {now.Version} from frame {now.FirstFrame}: {outcome.Said}");
        return card;
    }

    // Of what the training program says, the lines that begin with a step: step, loss, held-out gain.
    private void Follow(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length > 3 && long.TryParse(words[0], out var step))
        {
            Volatile.Write(ref _progress, $"learns in the background: step {step} of {DenoiseTraining.Steps}, {words[2]} % of the linear filter's squared error removed in held-out frames");
        }
    }

    private void Tell(string line)
    {
        Volatile.Write(ref _progress, line);
        Console.Error.WriteLine($"liveltem: {line}");
    }

    private void PassOver()
    {
        while (_frames.Reader.TryRead(out var frame))
        {
            frame.Dispose();
        }
    }
}
