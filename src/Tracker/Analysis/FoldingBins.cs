namespace LiveLtem.Tracker.Analysis;

/// <summary>Sums over some frames that can be put together with those of the frames after.</summary>
/// <typeparam name="T">The type itself.</typeparam>
internal interface IFrameSum<T>
{
    /// <summary>Frames in it.</summary>
    int Count { get; }

    /// <summary>Two together.</summary>
    T With(T other);
}

/// <summary>A series over a session of any length in bounded memory: neighbours are put together whenever the bins run out.</summary>
/// <param name="most">Bins at most, even.</param>
internal sealed class FoldingBins<T>(int most)
    where T : struct, IFrameSum<T>
{
    private readonly List<T> _bins = [];
    private int _perBin = 1;

    /// <summary>The sums, in order of time.</summary>
    public IReadOnlyList<T> Bins => _bins;

    /// <summary>Adds one frame.</summary>
    public void Add(in T frame)
    {
        if (_bins.Count > 0 && _bins[^1].Count < _perBin)
        {
            _bins[^1] = _bins[^1].With(frame);
            return;
        }

        if (_bins.Count == most)
        {
            for (var i = 0; i < most / 2; i++)
            {
                _bins[i] = _bins[2 * i].With(_bins[(2 * i) + 1]);
            }

            _bins.RemoveRange(most / 2, most / 2);
            _perBin *= 2;
        }

        _bins.Add(frame);
    }
}
