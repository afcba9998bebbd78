using LiveLtem.Tracker.Linking;

namespace LiveLtem.Tracker.Analysis;

/// <summary>Who is bonded to whom: contacts that have lasted, until they have been gone for as long.</summary>
/// <remarks>A bond is a gap under <see cref="OnSizes"/> of a size in <see cref="HoldFrames"/> frames in a row; it ends when the gap is over
/// <see cref="OffSizes"/> as often in a row. Frames in which one of the two is not seen leave it as it is.</remarks>
internal sealed class BondBook
{
    /// <summary>Gap that begins a bond, in mean sizes of the two.</summary>
    public const double OnSizes = 0.13;

    /// <summary>Gap that ends one.</summary>
    public const double OffSizes = 0.25;

    /// <summary>Frames in a row that it takes.</summary>
    public const int HoldFrames = 3;

    private const int UnseenFrames = 30;
    private readonly Dictionary<(int, int), Contact> _contacts = [];
    private readonly Dictionary<int, (PhysicsPoint Point, long Frame)> _seen = [];
    private readonly PointGrid _grid = new();
    private readonly List<Neighbour> _near = [];
    private Dictionary<int, int> _cluster = [];
    private long _first = long.MinValue;

    /// <summary>Bonds that joined two clusters in the newest frame.</summary>
    public int Attached { get; private set; }

    /// <summary>Breaks that parted a cluster in the newest frame.</summary>
    public int Detached { get; private set; }

    /// <summary>Sizes of the clusters in the newest frame.</summary>
    public IReadOnlyList<int> Sizes { get; private set; } = [];

    /// <summary>Takes one frame; particles without a size are passed over.</summary>
    public void Take(long frame, IReadOnlyList<PhysicsPoint> points)
    {
        if (_first == long.MinValue)
        {
            _first = frame;
        }

        foreach (var point in points)
        {
            if (point.Minor > 0)
            {
                _seen[point.Particle] = (point, frame);
            }
        }

        foreach (var gone in _seen.Where(entry => frame - entry.Value.Frame > UnseenFrames).Select(entry => entry.Key).ToList())
        {
            _seen.Remove(gone);
        }

        Meet(frame);
        Decide(frame, out var made, out var broken);
        Cluster(made, broken);
    }

    /// <summary>Nothing goes on into the next frame.</summary>
    public void Cut()
    {
        _contacts.Clear();
        _seen.Clear();
        _cluster.Clear();
        _first = long.MinValue;
    }

    private void Meet(long frame)
    {
        var here = _seen.Values.Where(entry => entry.Frame == frame).Select(entry => entry.Point).OrderBy(point => point.Particle).ToList();
        if (here.Count < 2)
        {
            return;
        }

        var reach = (2 * here.Max(static point => ContactGap.Radius(point))) + (OffSizes * here.Max(static point => point.Minor));
        ContactGap.Outline[] outlines = [.. here.Select(static point => new ContactGap.Outline(point))];
        _grid.Build([.. here.Select(static point => point.Position)], reach / 2);
        for (var i = 0; i < here.Count; i++)
        {
            _near.Clear();
            _grid.Within(here[i].Position, reach, _near);
            foreach (var (j, _) in _near)
            {
                if (j <= i || here[j].Layer != here[i].Layer)
                {
                    continue;
                }

                var gap = ContactGap.Between(outlines[i], outlines[j]) / ((here[i].Minor + here[j].Minor) / 2);
                var key = (here[i].Particle, here[j].Particle);
                if (gap < OnSizes && !_contacts.ContainsKey(key))
                {
                    _contacts[key] = new Contact { Since = frame };
                }

                if (_contacts.TryGetValue(key, out var contact))
                {
                    contact.Met = frame;
                    contact.Near = gap < OnSizes ? contact.Near + 1 : 0;
                    contact.Far = gap > OffSizes ? contact.Far + 1 : 0;
                }
            }
        }
    }

    private void Decide(long frame, out List<(int, int)> made, out List<(int, int)> broken)
    {
        (made, broken) = ([], []);
        foreach (var (key, contact) in _contacts.OrderBy(entry => entry.Key).ToList())
        {
            if (!_seen.TryGetValue(key.Item1, out var a) || !_seen.TryGetValue(key.Item2, out var b))
            {
                _contacts.Remove(key);
                continue;
            }

            if (contact.Met != frame && a.Frame == frame && b.Frame == frame)
            {
                (contact.Near, contact.Far) = (0, contact.Far + 1); // out of reach
            }

            if (!contact.IsBond && contact.Near >= HoldFrames)
            {
                contact.IsBond = true;
                if (contact.Since > _first)
                {
                    made.Add(key);
                }
            }
            else if (contact.Far >= HoldFrames)
            {
                _contacts.Remove(key);
                if (contact.IsBond)
                {
                    broken.Add(key);
                }
            }
        }
    }

    private void Cluster(List<(int A, int B)> made, List<(int A, int B)> broken)
    {
        Attached = 0;
        var before = new Dictionary<int, int>(_cluster);
        foreach (var (a, b) in made)
        {
            var (left, right) = (Root(before, a), Root(before, b));
            if (left != right)
            {
                Attached++;
                before[Math.Max(left, right)] = Math.Min(left, right);
            }
        }

        var parents = _seen.Keys.ToDictionary(particle => particle);
        foreach (var ((a, b), contact) in _contacts)
        {
            if (contact.IsBond)
            {
                var (left, right) = (Root(parents, a), Root(parents, b));
                parents[Math.Max(left, right)] = Math.Min(left, right);
            }
        }

        Detached = broken.Count(bond => Root(parents, bond.A) != Root(parents, bond.B));
        _cluster = _seen.Keys.ToDictionary(particle => particle, particle => Root(parents, particle));
        Sizes = [.. _cluster.Values.GroupBy(root => root).OrderBy(group => group.Key).Select(group => group.Count())];
    }

    private static int Root(Dictionary<int, int> parents, int particle)
    {
        while (parents.TryGetValue(particle, out var parent) && parent != particle)
        {
            particle = parent;
        }

        return particle;
    }

    private sealed class Contact
    {
        public required long Since { get; init; }

        public long Met { get; set; }

        public int Near { get; set; }

        public int Far { get; set; }

        public bool IsBond { get; set; }
    }
}
