using OpenCvSharp;

namespace LiveLtem.Inference.Segment;

/// <summary>Sums over the pixels of one piece of the mask, gathered run by run.</summary>
internal struct BlobMoments
{
    private double _x;
    private double _y;
    private double _xx;
    private double _xy;
    private double _yy;
    private double _contrast;
    private int _left;
    private int _right;
    private int _top;
    private int _bottom;

    /// <summary>Pixels.</summary>
    public int Count { get; private set; }

    /// <summary>The box around them, working pixels.</summary>
    public readonly Rect Box => new(_left, _top, _right - _left, _bottom - _top);

    /// <summary>Adds the pixels [from, to) of a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="from">First column.</param>
    /// <param name="to">Column behind the last.</param>
    /// <param name="contrast">The row's contrast.</param>
    public unsafe void AddRun(int row, int from, int to, float* contrast)
    {
        if (Count == 0)
        {
            (_left, _right, _top) = (from, to, row);
        }

        var n = to - from;
        double last = to - 1;
        var x = (from + last) * n / 2;
        Count += n;
        _x += x;
        _y += (double)row * n;

        // Sum of squares from..last by the closed form for 0..k.
        _xx += Squares(last) - Squares(from - 1.0);
        _xy += row * x;
        _yy += (double)row * row * n;
        var sum = 0f;
        for (var i = from; i < to; i++)
        {
            sum += contrast[i];
        }

        _contrast += sum;
        _left = Math.Min(_left, from);
        _right = Math.Max(_right, to);
        _bottom = row + 1;

        static double Squares(double k) => k * (k + 1) * ((2 * k) + 1) / 6;
    }

    /// <summary>The piece in frame pixels.</summary>
    /// <param name="component">Label of its component.</param>
    /// <param name="bin">Frame pixels to a working pixel.</param>
    /// <param name="atBorder">True where the component reaches the edge of the frame.</param>
    public readonly Blob ToBlob(int component, int bin, bool atBorder)
    {
        double m = Count, cx = _x / m, cy = _y / m;
        double xx = (_xx / m) - (cx * cx) + (1 / 12.0), yy = (_yy / m) - (cy * cy) + (1 / 12.0), xy = (_xy / m) - (cx * cy);
        var root = Math.Sqrt((0.25 * (xx - yy) * (xx - yy)) + (xy * xy));
        var mean = (xx + yy) / 2;

        // A bar of half-length a has the second moment a^2 / 3 along it.
        var offset = (bin - 1) / 2.0;
        return new Blob(
            component, (cx * bin) + offset, (cy * bin) + offset, m * bin * bin,
            Math.Sqrt(3 * (mean + root)) * bin, Math.Sqrt(3 * Math.Max(1 / 12.0, mean - root)) * bin, 0.5 * Math.Atan2(2 * xy, xx - yy),
            _contrast / m, atBorder);
    }
}
