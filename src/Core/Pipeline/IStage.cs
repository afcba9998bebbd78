namespace LiveLtem.Core.Pipeline;

/// <summary>The arithmetic of one stage; loops, queues, order and counters belong to the pipeline.</summary>
/// <typeparam name="TIn">What it reads.</typeparam>
/// <typeparam name="TOut">What it gives.</typeparam>
/// <remarks>Called from one thread at a time, in frame order.</remarks>
public interface IStage<in TIn, TOut>
    where TIn : class, IFrameItem
    where TOut : class, IFrameItem
{
    /// <summary>Takes one item and adds what comes of it: usually one output, none where it is kept for later, several where kept ones become ready.</summary>
    /// <param name="item">The stage's own once the call returns: hand it on, keep it or dispose it. Where the call throws, the pipeline gives it back
    /// and reports its frame as failed.</param>
    /// <param name="output">Empty; items added here are the pipeline's.</param>
    void Process(TIn item, ICollection<TOut> output);

    /// <summary>The input has ended: adds what is still held. Called once, also when the session is cut short, so that nothing leaks.</summary>
    /// <param name="output">Empty; items added here are the pipeline's.</param>
    void Complete(ICollection<TOut> output);
}

/// <summary>A stage that can no longer do its work: the session stops cleanly and keeps what it has.</summary>
public sealed class PipelineFaultException : Exception
{
    /// <summary>Creates the fault.</summary>
    /// <param name="message">What cannot go on and why, on one line.</param>
    /// <param name="inner">What caused it.</param>
    public PipelineFaultException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
