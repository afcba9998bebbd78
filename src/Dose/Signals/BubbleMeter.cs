namespace LiveLtem.Dose.Signals;

/// <summary>A bright region that was not there.</summary>
/// <param name="Excess">How much brighter than any liquid around, at its brightest, as a part of the liquid.</param>
/// <param name="XPx">Its middle, px of the frame.</param>
/// <param name="YPx">Its middle, px of the frame.</param>
/// <param name="RadiusPx">Radius of a disc of its area, px of the frame.</param>
/// <param name="AgeFrames">Frames for which it has been seen.</param>
/// <param name="HasGrown">Whether it became clearly larger or brighter since it was first seen.</param>
internal readonly record struct BrightRegion(double Excess, double XPx, double YPx, double RadiusPx, int AgeFrames, bool HasGrown);

/// <summary>Finds gas: regions that let more of the beam through than the liquid does anywhere near, and grow.</summary>
/// <remarks>
/// Liquid that a particle uncovers is as bright as liquid; where gas takes the liquid's place it is brighter. So what is brightest in each block is held
/// against the brightest that was usual around it. Over a crystal the gaps between the particles show it.
/// </remarks>
internal sealed class BubbleMeter
{
    private const int LearningFrames = 8;
    private const int Reach = 3;
    private const int LeastBlocks = 4;
    private const int LearnAfterJump = 4;
    private const double Follow = 1.0 / 100;
    private const double Smoothing = 0.5;
    private const double Grown = 1.2;

    // Of a block alone; after the mean over 3 x 3 blocks and over frames by one half each, a fifth of it is left.
    private const double SmoothedNoise = 0.2;
    private const double Sigmas = 6;
    private const double HighestLevel = 1e3;
    private readonly BlockMaps _maps;
    private readonly double[] _now;
    private readonly double[] _last;
    private readonly double[] _smooth;
    private readonly double[] _box;
    private readonly double[] _usual;
    private readonly double[] _envelope;
    private readonly double[] _excess;
    private readonly int[] _label;
    private readonly Stack<int> _open = new();
    private readonly Recent _noise = new(15);
    private int _taken;
    private int _learnt;
    private bool _hasLast;
    private (double X, double Y, double Radius, double Sum, double First, int Age, bool Grown)? _region;

    /// <summary>Prepares for maps of one size.</summary>
    public BubbleMeter(BlockMaps maps)
    {
        _maps = maps;
        var count = maps.Height * maps.Width;
        _now = new double[count];
        _last = new double[count];
        _smooth = new double[count];
        _box = new double[count];
        _usual = new double[count];
        _envelope = new double[count];
        _excess = new double[count];
        _label = new int[count];
    }

    /// <summary>Forgets what is usual.</summary>
    /// <param name="jumped">Whether the picture only moved: then a few frames are enough to know the new place.</param>
    public void Reset(bool jumped = false)
    {
        _taken = jumped ? LearningFrames - LearnAfterJump : 0;
        _usual.AsSpan().Clear();
        _hasLast = false;
        _region = null;
        _learnt = 0;
    }

    /// <summary>Looks at one frame.</summary>
    /// <param name="level">The beam's level: the whole picture goes with it.</param>
    /// <param name="reference">Mean counts above the dark level of the whole picture that are usual.</param>
    /// <param name="dark">Counts without a beam.</param>
    /// <param name="brightParticles">Whether particles are brighter than the liquid: then gas is darker.</param>
    /// <param name="least">Smallest excess that counts, as a part of the liquid.</param>
    public BrightRegion? Read(double level, double reference, double dark, bool brightParticles, double least)
    {
        var scale = 1 / Math.Max(1e-9, level * reference);
        for (var i = 0; i < _now.Length; i++)
        {
            var value = Math.Clamp((_maps.Tops[i] - dark) * scale, 0, HighestLevel);
            _now[i] = brightParticles ? Math.Max(0, 2 - value) : value;
        }

        if (_hasLast)
        {
            Noise();
        }

        for (var i = 0; i < _now.Length; i++)
        {
            _last[i] = _now[i];
            _smooth[i] = _hasLast ? _smooth[i] + (Smoothing * (_now[i] - _smooth[i])) : _now[i];
        }

        _hasLast = true;
        Box(_smooth, _box);
        if (_taken < LearningFrames)
        {
            _taken++;
            _learnt++;
            for (var i = 0; i < _usual.Length; i++)
            {
                _usual[i] += (_box[i] - _usual[i]) / _learnt;
            }

            return null;
        }

        Envelope();
        var threshold = Math.Max(least, Sigmas * SmoothedNoise * _noise.Median());
        for (var i = 0; i < _excess.Length; i++)
        {
            _excess[i] = (_box[i] / Math.Max(1e-9, _envelope[i])) - 1;
        }

        var region = Largest(threshold);
        for (var i = 0; i < _usual.Length; i++)
        {
            if (_excess[i] < 0.5 * threshold)
            {
                _usual[i] += Follow * (_box[i] - _usual[i]);
            }
        }

        return region;
    }

    // The change of single blocks from one frame to the next, over root two.
    private void Noise()
    {
        Span<double> changes = _now.Length <= 4096 ? stackalloc double[_now.Length] : new double[_now.Length];
        for (var i = 0; i < changes.Length; i++)
        {
            changes[i] = _now[i] - _last[i];
        }

        _noise.Add(Robust.Deviation(changes) / Math.Sqrt(2));
    }

    private void Box(double[] from, double[] to)
    {
        var (height, width) = (_maps.Height, _maps.Width);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var (sum, count) = (0.0, 0);
                for (var j = Math.Max(0, y - 1); j <= Math.Min(height - 1, y + 1); j++)
                {
                    for (var i = Math.Max(0, x - 1); i <= Math.Min(width - 1, x + 1); i++)
                    {
                        (sum, count) = (sum + from[(j * width) + i], count + 1);
                    }
                }

                to[(y * width) + x] = sum / count;
            }
        }
    }

    // The brightest that is usual within reach: rows first, then columns.
    private void Envelope()
    {
        var (height, width) = (_maps.Height, _maps.Width);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var most = 0.0;
                for (var i = Math.Max(0, x - Reach); i <= Math.Min(width - 1, x + Reach); i++)
                {
                    most = Math.Max(most, _usual[(y * width) + i]);
                }

                _excess[(y * width) + x] = most;
            }
        }

        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var most = 0.0;
                for (var j = Math.Max(0, y - Reach); j <= Math.Min(height - 1, y + Reach); j++)
                {
                    most = Math.Max(most, _excess[(j * width) + x]);
                }

                _envelope[(y * width) + x] = most;
            }
        }
    }

    private BrightRegion? Largest(double threshold)
    {
        var low = 0.6 * threshold;
        var width = _maps.Width;
        _label.AsSpan().Clear();
        (int Count, double Sum, double X, double Y, double Top) best = default;
        for (var start = 0; start < _excess.Length; start++)
        {
            if (_label[start] != 0 || _excess[start] < threshold)
            {
                continue;
            }

            var (count, sum, sx, sy, top) = (0, 0.0, 0.0, 0.0, 0.0);
            _open.Push(start);
            _label[start] = 1;
            while (_open.TryPop(out var i))
            {
                var (x, y) = (i % width, i / width);
                (count, sum, sx, sy, top) = (count + 1, sum + _excess[i], sx + (x * _excess[i]), sy + (y * _excess[i]), Math.Max(top, _excess[i]));
                Visit(x - 1, y);
                Visit(x + 1, y);
                Visit(x, y - 1);
                Visit(x, y + 1);
            }

            if (count >= LeastBlocks && sum > best.Sum)
            {
                best = (count, sum, sx / sum, sy / sum, top);
            }
        }

        if (best.Count == 0)
        {
            _region = null;
            return null;
        }

        var radius = Math.Sqrt(best.Count / Math.PI);
        if (_region is { } before && Math.Sqrt(Math.Pow(before.X - best.X, 2) + Math.Pow(before.Y - best.Y, 2)) < Math.Max(before.Radius, radius) + 1)
        {
            _region = (best.X, best.Y, radius, best.Sum, before.First, before.Age + 1, before.Grown || best.Sum > Grown * before.First);
        }
        else
        {
            _region = (best.X, best.Y, radius, best.Sum, best.Sum, 1, false);
        }

        var (cx, cy, r, _, _, age, grown) = _region.Value;
        var block = _maps.BlockPx;
        return new BrightRegion(best.Top, ((cx + 0.5) * block) - 0.5, ((cy + 0.5) * block) - 0.5, r * block, age, grown);

        void Visit(int x, int y)
        {
            if (x >= 0 && y >= 0 && x < width && y < _maps.Height && _label[(y * width) + x] == 0 && _excess[(y * width) + x] >= low)
            {
                _label[(y * width) + x] = 1;
                _open.Push((y * width) + x);
            }
        }
    }
}
