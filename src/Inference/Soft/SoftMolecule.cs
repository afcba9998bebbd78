using LiveLtem.Core;

namespace LiveLtem.Inference.Soft;

/// <summary>All that the detector remembers of one molecule: where it is, and its picture averaged over frames while it moves.</summary>
/// <remarks>The window moves with the molecule by whole pixels. Two averages are kept: the long one draws the outline, the short one notices that the
/// shape has changed, upon which the long one starts over from it.</remarks>
internal sealed class SoftMolecule
{
    private const double MassMemory = 60;
    private const double OffsetMemory = 8;
    private const double EvidenceMemory = 10;
    private const double WholeMemory = 100;
    private const double LengthKept = 0.998;
    private double _wholeSum;
    private double _wholeWeight;
    private double _massSum;
    private double _massWeight;

    public SoftMolecule(int id, double x, double y, double variance, int half)
    {
        Id = id;
        (XPx, YPx) = (x, y);
        VariancePx2 = variance;
        Half = half;
        (CentreX, CentreY) = ((int)Math.Round(x), (int)Math.Round(y));
        Long = new float[Side * Side];
        Short = new float[Side * Side];
        Outline = new bool[Side * Side];
    }

    /// <summary>Number from 1, within this detector.</summary>
    public int Id { get; }

    /// <summary>Filtered centre, px.</summary>
    public double XPx { get; private set; }

    /// <summary>Filtered centre, px.</summary>
    public double YPx { get; private set; }

    /// <summary>Variance of the filtered centre along an axis, px^2.</summary>
    public double VariancePx2 { get; private set; }

    /// <summary>Middle column of the window.</summary>
    public int CentreX { get; private set; }

    /// <summary>Middle row of the window.</summary>
    public int CentreY { get; private set; }

    /// <summary>Pixels from the middle of the window to its edge.</summary>
    public int Half { get; private set; }

    /// <summary>Side of the window, px.</summary>
    public int Side => (2 * Half) + 1;

    /// <summary>Contrast averaged over many frames, [side, side].</summary>
    public float[] Long { get; private set; }

    /// <summary>Contrast averaged over few frames, [side, side].</summary>
    public float[] Short { get; private set; }

    /// <summary>Which pixels of the window the molecule covers.</summary>
    public bool[] Outline { get; private set; }

    /// <summary>Variance of <see cref="Long"/> over that of one frame.</summary>
    public double LongVariance { get; private set; } = 1;

    /// <summary>Variance of <see cref="Short"/> over that of one frame.</summary>
    public double ShortVariance { get; private set; } = 1;

    /// <summary>Share of the newest frame in <see cref="Long"/>.</summary>
    public double LongShare { get; private set; } = 1;

    /// <summary>Share of the newest frame in <see cref="Short"/>.</summary>
    public double ShortShare { get; private set; } = 1;

    /// <summary>Typical contrast inside the outline.</summary>
    public double Plateau { get; set; }

    /// <summary>Contrast of the liquid right around it against the background.</summary>
    public double Offset { get; private set; }

    /// <summary>Frames in which it was measured.</summary>
    public int Age { get; private set; }

    /// <summary>Contrast summed over the molecule, mean of many frames, px^2.</summary>
    public double MassPx2 => _massWeight > 0 ? _massSum / _massWeight : 0;

    /// <summary>Summed contrast while no border cut it, mean of many frames, px^2; null where it was never seen whole.</summary>
    public double? WholeMassPx2 => _wholeWeight > 3 ? _wholeSum / _wholeWeight : null;

    /// <summary>Summed contrast of the last frames, px^2.</summary>
    public double RecentMassPx2 { get; private set; }

    /// <summary>Longest that it was from end to end while no border cut it, px, slowly forgotten; 0 where it was never seen whole.</summary>
    public double LongestPx { get; private set; }

    /// <summary>Whether the border of the frame cuts it.</summary>
    public bool IsCut { get; set; }

    /// <summary>Standard deviations by which its summed contrast, of the last frames, is over nothing.</summary>
    public double Evidence { get; private set; }

    /// <summary>Whether another molecule lies against it.</summary>
    public bool Touches { get; set; }

    /// <summary>Pixels inside the outline.</summary>
    public int AreaPx { get; set; }

    /// <summary>Starts the averages from a picture that has been averaged already.</summary>
    public void Start(ReadOnlySpan<float> window, double frames)
    {
        window.CopyTo(Long);
        window.CopyTo(Short);
        LongVariance = ShortVariance = 1 / frames;
        LongShare = ShortShare = 1 / frames;
    }

    /// <summary>Takes the window of the newest frame into the averages.</summary>
    /// <param name="window">Contrast, NaN where another molecule or no frame is.</param>
    /// <param name="longFrames">Memory of the long average.</param>
    /// <param name="shortFrames">Memory of the short average.</param>
    public void Average(ReadOnlySpan<float> window, double longFrames, double shortFrames)
    {
        LongShare = Math.Max(1 / longFrames, LongShare / (1 + LongShare));
        ShortShare = Math.Max(1 / shortFrames, ShortShare / (1 + ShortShare));
        LongVariance = Next(LongVariance, LongShare);
        ShortVariance = Next(ShortVariance, ShortShare);
        float more = (float)LongShare, less = (float)ShortShare;
        for (var i = 0; i < window.Length; i++)
        {
            if (!float.IsNaN(window[i]))
            {
                Long[i] += more * (window[i] - Long[i]);
                Short[i] += less * (window[i] - Short[i]);
            }
        }

        static double Next(double variance, double share) => ((1 - share) * (1 - share) * variance) + (share * share);
    }

    /// <summary>The shape has changed: what was seen before says nothing of it any more.</summary>
    public void StartOver()
    {
        Short.CopyTo(Long, 0);
        LongVariance = ShortVariance;
        LongShare = ShortShare;
    }

    /// <summary>Takes a measured centre in; the step since the frame before is free.</summary>
    /// <param name="x">px.</param>
    /// <param name="y">px.</param>
    /// <param name="variance">Of the measurement along an axis, px^2.</param>
    /// <param name="step">Variance of a step along an axis, px^2.</param>
    /// <returns>Squared surprise over its expectation, mean of both axes.</returns>
    public double Move(double x, double y, double variance, double step)
    {
        var predicted = VariancePx2 + step;
        var total = predicted + variance;
        var gain = predicted / total;
        double dx = x - XPx, dy = y - YPx;

        // One surprise of more than four standard deviations is a wrong measurement more often than a jump.
        var limit = 4 * Math.Sqrt(total);
        XPx += gain * Math.Clamp(dx, -limit, limit);
        YPx += gain * Math.Clamp(dy, -limit, limit);
        VariancePx2 = (1 - gain) * predicted;
        return Math.Min(((dx * dx) + (dy * dy)) / (2 * total), 16);
    }

    /// <summary>A frame in which nothing could be measured.</summary>
    public void Coast(double step) => VariancePx2 += step;

    /// <summary>Takes the summed contrast of a frame in.</summary>
    public void Weigh(double mass, double error)
    {
        Age++;
        var keep = 1 - (1 / MassMemory);
        _massSum = (_massSum * keep) + mass;
        _massWeight = (_massWeight * keep) + 1;
        if (!IsCut)
        {
            var whole = 1 - (1 / WholeMemory);
            _wholeSum = (_wholeSum * whole) + mass;
            _wholeWeight = (_wholeWeight * whole) + 1;
        }

        var share = Math.Max(1 / EvidenceMemory, 1.0 / Age);
        RecentMassPx2 += share * (mass - RecentMassPx2);
        Evidence += share * ((mass / error * Math.Sqrt((2 / share) - 1)) - Evidence);
    }

    /// <summary>Takes a frame's length from end to end in, of the whole molecule.</summary>
    public void Stretch(double lengthPx) => LongestPx = Math.Max(lengthPx, LengthKept * LongestPx);

    /// <summary>Takes the contrast of the liquid around it in.</summary>
    public void Level(double around)
    {
        var share = Math.Max(1 / OffsetMemory, 1.0 / (Age + 1));
        Offset += share * (around - Offset);
    }

    /// <summary>Brings the window under the molecule again.</summary>
    /// <param name="room">Least distance from the outline to the window's edge, px.</param>
    public void Recentre(int room)
    {
        int dx = (int)Math.Round(XPx) - CentreX, dy = (int)Math.Round(YPx) - CentreY;
        var half = Half;
        if (Reach() + room > Half)
        {
            half = Half + Math.Max(room, Half / 3);
        }

        if (dx == 0 && dy == 0 && half == Half)
        {
            return;
        }

        var side = (2 * half) + 1;
        Long = Shifted(Long);
        Short = Shifted(Short);
        Outline = Shifted(Outline);
        CentreX += dx;
        CentreY += dy;
        Half = half;

        T[] Shifted<T>(T[] old)
        {
            var moved = new T[side * side];
            int right = Half - half + dx, down = Half - half + dy;
            int first = Math.Clamp(-right, 0, side), last = Math.Clamp(Side - right, first, side);
            for (var y = Math.Max(0, -down); y < Math.Min(side, Side - down); y++)
            {
                old.AsSpan(((y + down) * Side) + first + right, last - first).CopyTo(moved.AsSpan((y * side) + first));
            }

            return moved;
        }
    }

    private int Reach()
    {
        var reach = 0;
        for (var y = 0; y < Side; y++)
        {
            if (Masks.Extent(Outline, Side, y, out var first, out var end))
            {
                reach = Math.Max(reach, Math.Max(Math.Abs(y - Half), Math.Max(Half - first, end - 1 - Half)));
            }
        }

        return reach;
    }
}
