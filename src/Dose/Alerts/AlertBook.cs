using System.Numerics;
using LiveLtem.Core.Live;

namespace LiveLtem.Dose.Alerts;

/// <summary>Keeps the alerts of a session through their life: raised, acknowledged, cleared; one that repeats is one with a count.</summary>
/// <param name="tell">Told every transition, in order, while the book is locked; and an alert that stands, each time its count has doubled, from
/// <see cref="ToldAgainAt"/> on, so that count, value and message are not those of its first frames for good.</param>
/// <param name="keepsCleared">Whether <see cref="All"/> has those that are over too; else memory does not grow with the session.</param>
/// <remarks>Thread-safe. Standing alerts are found by a key, so that one kind may stand twice where that means something (parts of a budget).</remarks>
public sealed class AlertBook(Action<SessionAlert> tell, bool keepsCleared = true)
{
    /// <summary>Count at which an alert that stands is told again for the first time.</summary>
    public const long ToldAgainAt = 16;

    /// <summary>State of an alert that nobody has seen to.</summary>
    public const string Raised = "raised";

    /// <summary>State of an alert that somebody has seen, while its condition lasts.</summary>
    public const string Acknowledged = "acknowledged";

    /// <summary>State of an alert whose condition is over.</summary>
    public const string Cleared = "cleared";

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (SessionAlert Alert, bool Changed)> _standing = [];
    private readonly SortedDictionary<long, SessionAlert> _all = [];
    private long _last;

    /// <summary>Alerts raised so far; they are numbered from 1 to it.</summary>
    public long Count
    {
        get
        {
            lock (_gate)
            {
                return _last;
            }
        }
    }

    /// <summary>Every alert that is kept, as it stands now, in the order they were raised.</summary>
    public IReadOnlyList<SessionAlert> All
    {
        get
        {
            lock (_gate)
            {
                var standing = _standing.Values.ToDictionary(entry => entry.Alert.Id, entry => entry.Alert);
                return [.. _all.Select(pair => standing.GetValueOrDefault(pair.Key, pair.Value))];
            }
        }
    }

    /// <summary>Raises an alert; while it stands, one more time counts.</summary>
    /// <param name="key">What it is found by.</param>
    /// <param name="alert">Kind, severity, frame, value, message and, where it held for longer already, its count.</param>
    public void Raise(string key, SessionAlert alert)
    {
        ArgumentNullException.ThrowIfNull(alert);
        lock (_gate)
        {
            if (_standing.TryGetValue(key, out var entry))
            {
                var (standing, _) = entry;
                var next = standing with { Count = standing.Count + 1, FrameLast = alert.Frame ?? standing.FrameLast };
                if (Rank(alert.Severity) > Rank(standing.Severity))
                {
                    next = next with { Severity = alert.Severity, Value = alert.Value, Threshold = alert.Threshold, Message = alert.Message, State = Raised };
                    Keep(key, next);
                    return;
                }

                Go(key, next);
                return;
            }

            Keep(key, alert with { Id = ++_last, State = Raised, FrameLast = alert.FrameLast ?? alert.Frame });
        }
    }

    /// <summary>The condition still holds.</summary>
    /// <param name="key">What the alert is found by; nothing happens where it does not stand.</param>
    /// <param name="frame">The frame it held in.</param>
    /// <param name="worse">Value and message where it is worse than before, else null.</param>
    public void Last(string key, long? frame, (double? Value, string Message)? worse = null)
    {
        lock (_gate)
        {
            if (_standing.TryGetValue(key, out var entry))
            {
                var (standing, _) = entry;
                standing = standing with { Count = standing.Count + 1, FrameLast = frame ?? standing.FrameLast };
                Go(key, worse is { } now ? standing with { Value = now.Value, Message = now.Message } : standing);
            }
        }
    }

    /// <summary>The condition is over; nothing happens where the alert does not stand.</summary>
    /// <param name="key">What it is found by.</param>
    /// <param name="frame">The last frame it held in, where that is not the last one it was said to hold in.</param>
    public void Clear(string key, long? frame = null)
    {
        lock (_gate)
        {
            if (_standing.Remove(key, out var entry))
            {
                Write(entry.Alert with { State = Cleared, FrameLast = frame ?? entry.Alert.FrameLast });
            }
        }
    }

    /// <summary>Somebody has seen an alert.</summary>
    /// <param name="id">Its number.</param>
    /// <returns>The alert as it stands now; null where it does not stand (any more).</returns>
    public SessionAlert? Acknowledge(long id)
    {
        lock (_gate)
        {
            foreach (var (key, (alert, _)) in _standing)
            {
                if (alert.Id == id)
                {
                    var seen = alert with { State = Acknowledged };
                    if (alert.State != Acknowledged)
                    {
                        Keep(key, seen);
                    }

                    return seen;
                }
            }

            return null;
        }
    }

    /// <summary>The session ends: tells the standing alerts once more whose count or value changed since they were told.</summary>
    public void Finish()
    {
        lock (_gate)
        {
            foreach (var (key, (alert, changed)) in _standing.ToArray())
            {
                if (changed)
                {
                    Keep(key, alert);
                }
            }
        }
    }

    private static int Rank(string severity) => AlertKind.Severities.TakeWhile(known => known != severity).Count();

    // One more time, told once in a while.
    private void Go(string key, SessionAlert alert)
    {
        if (alert.Count >= ToldAgainAt && BitOperations.IsPow2(alert.Count))
        {
            Keep(key, alert);
            return;
        }

        _standing[key] = (alert, true);
    }

    private void Keep(string key, SessionAlert alert)
    {
        _standing[key] = (alert, false);
        Write(alert);
    }

    private void Write(SessionAlert alert)
    {
        if (keepsCleared || alert.State != Cleared)
        {
            _all[alert.Id] = alert;
        }
        else
        {
            _all.Remove(alert.Id);
        }

        tell(alert);
    }
}
