namespace LiveLtem.Tracker;

/// <summary>Counts in which layer a track was seen: a particle stays in its layer, one frame's judgement is now and then wrong.</summary>
/// <remarks>The majority decides, once settled only by a lead that no chance would bring; frames in which the outline is cut or shared count less.</remarks>
internal struct LayerVote
{
    private const double SpoiltWeight = 0.2;
    private const double SettledAt = 8;
    private const double LeadToChange = 12;
    private double _first;
    private double _second;

    /// <summary>The layer by now: 0 where there is one layer only, else 1 or 2.</summary>
    public int Leader { get; private set; }

    /// <summary>Adds one frame's judgement.</summary>
    /// <param name="layer">0, 1 or 2; 0 where the frame's layers are not told apart, which says nothing.</param>
    /// <param name="isSpoilt">Whether the outline is cut or shared.</param>
    public void Add(int layer, bool isSpoilt)
    {
        if (layer == 0)
        {
            return;
        }

        var weight = isSpoilt ? SpoiltWeight : 1;
        (_first, _second) = layer == 1 ? (_first + weight, _second) : (_first, _second + weight);
        var lead = Leader == 1 ? _second - _first : _first - _second;
        if (Leader == 0 || lead > (_first + _second < SettledAt ? 0 : LeadToChange))
        {
            Leader = _first > _second ? 1 : _second > _first ? 2 : layer;
        }
    }
}
