namespace LiveLtem.Tracker.Analysis;

/// <summary>Which particle belongs to which nucleus, from frame to frame: who joined and who left, nucleus by nucleus.</summary>
/// <remarks>A particle joins when it has been crystalline for <see cref="HoldFrames"/> frames in a row, and leaves when it has not been for as many: what
/// flickers is no event. A nucleus goes on in the cluster that holds most of its particles; particles that pass from one nucleus to another where two merge or one
/// breaks up have neither joined nor left. One that has not been seen for <see cref="UnseenFrames"/> frames has left.</remarks>
internal sealed class NucleusBook
{
    /// <summary>Frames in a row that a change takes.</summary>
    public const int HoldFrames = 3;

    private const int UnseenFrames = 5;
    private readonly Dictionary<int, Member> _members = [];
    private readonly Dictionary<int, Nucleus> _nuclei = [];
    private int _next;

    /// <summary>The nuclei that were there before the newest frame or came with it.</summary>
    public IEnumerable<Nucleus> Nuclei => _nuclei.Values;

    /// <summary>Takes one frame.</summary>
    /// <param name="frame">Its number.</param>
    /// <param name="points">The particles.</param>
    /// <param name="clusterOf">The cluster of each by index, -1 for none.</param>
    /// <param name="isCut">Whether a point is so near to the border that its nucleus may go on beyond it.</param>
    public void Take(long frame, IReadOnlyList<PhysicsPoint> points, Func<int, int> clusterOf, Func<PhysicsPoint, bool> isCut)
    {
        Settle();
        var clusters = new Dictionary<int, List<Member>>();
        foreach (var nucleus in _nuclei.Values)
        {
            nucleus.IsCut = false;
        }

        for (var i = 0; i < points.Count; i++)
        {
            if (!_members.TryGetValue(points[i].Particle, out var member))
            {
                _members[points[i].Particle] = member = new Member();
            }

            var cluster = clusterOf(i);
            member.Seen = frame;
            member.IsCut = isCut(points[i]);
            member.For = cluster >= 0 ? member.For + 1 : 0;
            member.Against = cluster < 0 ? member.Against + 1 : 0;
            if (cluster >= 0 && (member.Nucleus is not null || member.For >= HoldFrames))
            {
                (clusters.TryGetValue(cluster, out var list) ? list : clusters[cluster] = []).Add(member);
            }
            else if (member.Against >= HoldFrames && member.Nucleus is { } left)
            {
                left.Left++;
                left.Size--;
                member.Nucleus = null;
            }
        }

        foreach (var members in clusters.OrderByDescending(cluster => cluster.Value.Count).ThenBy(cluster => cluster.Key).Select(cluster => cluster.Value))
        {
            Claim(frame, members);
        }

        foreach (var (particle, member) in _members.Where(entry => frame - entry.Value.Seen > UnseenFrames).ToList())
        {
            if (member.Nucleus is { } nucleus)
            {
                nucleus.Left++;
                nucleus.Size--;
            }

            _members.Remove(particle);
        }

        foreach (var member in _members.Values)
        {
            if (member is { IsCut: true, Nucleus: { } nucleus })
            {
                nucleus.IsCut = true;
            }
        }
    }

    /// <summary>Nothing goes on into the next frame.</summary>
    public void Cut()
    {
        _members.Clear();
        _nuclei.Clear();
    }

    // The newest frame becomes the one before.
    private void Settle()
    {
        foreach (var (number, nucleus) in _nuclei.ToList())
        {
            if (nucleus.Size <= 0)
            {
                _nuclei.Remove(number);
            }

            (nucleus.Before, nucleus.Joined, nucleus.Left, nucleus.Claimed) = (nucleus.Size, 0, 0, false);
        }
    }

    private void Claim(long frame, List<Member> members)
    {
        var heir = members.Where(member => member.Nucleus is { Claimed: false }).GroupBy(member => member.Nucleus!)
            .OrderByDescending(group => group.Count()).ThenBy(group => group.Key.Number).FirstOrDefault()?.Key;
        if (heir is null)
        {
            heir = new Nucleus { Number = _next, Born = frame };
            _nuclei[_next++] = heir;
        }

        heir.Claimed = true;
        foreach (var member in members)
        {
            if (member.Nucleus == heir)
            {
                continue;
            }

            if (member.Nucleus is { } other)
            {
                other.Size--;
            }
            else if (heir.Before > 0)
            {
                heir.Joined++;
            }

            heir.Size++;
            member.Nucleus = heir;
        }
    }

    private sealed class Member
    {
        public long Seen { get; set; }

        public int For { get; set; }

        public int Against { get; set; }

        public bool IsCut { get; set; }

        public Nucleus? Nucleus { get; set; }
    }

    /// <summary>One nucleus.</summary>
    public sealed class Nucleus
    {
        /// <summary>Its number; never used again.</summary>
        public required int Number { get; init; }

        /// <summary>The frame that it came with.</summary>
        public required long Born { get; init; }

        /// <summary>Particles now.</summary>
        public int Size { get; set; }

        /// <summary>Particles in the frame before; 0 for a new one.</summary>
        public int Before { get; set; }

        /// <summary>Particles that joined in the newest frame.</summary>
        public int Joined { get; set; }

        /// <summary>Particles that left in the newest frame.</summary>
        public int Left { get; set; }

        /// <summary>Whether it reaches to the border of the field.</summary>
        public bool IsCut { get; set; }

        /// <summary>The most particles that it had.</summary>
        public int Largest { get; set; }

        /// <summary>Whether a cluster of the newest frame goes on as this nucleus.</summary>
        public bool Claimed { get; set; }
    }
}
