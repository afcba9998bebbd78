using LiveLtem.Broadcast.Wire;

namespace LiveLtem.Broadcast.ZeroMq;

/// <summary>Which topics the subscribers want, by the prefixes that the socket passes on: each once when it is new, once when its last subscriber went.</summary>
internal sealed class Subscriptions
{
    private readonly HashSet<string> _prefixes = new(StringComparer.Ordinal);

    /// <summary>Takes a message from the socket; what is not a subscription to one of our topics is passed over.</summary>
    /// <param name="message">A byte 1 (subscribe) or 0 (unsubscribe), then the prefix.</param>
    /// <returns>True where something changed.</returns>
    public bool Apply(ReadOnlySpan<byte> message)
    {
        if (message.Length == 0 || message[0] > 1)
        {
            return false;
        }

        // Our topics are ASCII: any other byte makes a prefix that none of them has. Only what fits a topic is kept, so the set stays small.
        var prefix = System.Text.Encoding.Latin1.GetString(message[1..]);
        if (!Enum.GetValues<Topic>().Any(topic => topic.Name().StartsWith(prefix, StringComparison.Ordinal)))
        {
            return false;
        }

        return message[0] == 1 ? _prefixes.Add(prefix) : _prefixes.Remove(prefix);
    }

    /// <summary>Whether somebody wants the topic.</summary>
    public bool Wants(Topic topic) => _prefixes.Any(prefix => topic.Name().StartsWith(prefix, StringComparison.Ordinal));
}
