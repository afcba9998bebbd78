using Microsoft.Extensions.Logging;

namespace LiveLtem.Acquisition.Cameras.ZeroMq;

/// <summary>Counts the messages that were passed over and tells the first of each kind, so that a broken sender does not fill the log.</summary>
internal sealed class PassedOver(string source, ILogger logger)
{
    private readonly Dictionary<string, long> _byField = new(StringComparer.Ordinal);
    private long _count;

    /// <summary>Messages in all. Thread-safe.</summary>
    public long Count => Interlocked.Read(ref _count);

    /// <summary>Counts one.</summary>
    /// <param name="number">The number it gives itself, or <see cref="CameraHeader.NoNumber"/>.</param>
    /// <param name="fault">What is wrong.</param>
    public void Add(long number, HeaderFault fault)
    {
        Interlocked.Increment(ref _count);
        _byField[fault.Field] = _byField.GetValueOrDefault(fault.Field) + 1;
        if (_byField[fault.Field] == 1)
        {
            logger.CameraFramePassedOver(source, number == CameraHeader.NoNumber ? "a message" : $"frame {number}", fault.Field, fault.Problem);
        }
    }

    /// <summary>Tells how many there were, if any.</summary>
    public void TellTotal()
    {
        if (Count > 0)
        {
            logger.CameraFramesPassedOver(source, Count, string.Join(", ", _byField.Select(pair => $"{pair.Key} {pair.Value}")));
        }
    }
}
