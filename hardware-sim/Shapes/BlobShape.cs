namespace LiveLtem.HardwareSim.Shapes;

/// <summary>An irregular body: discs that melt into one another, like the domains of a macromolecule or an aggregate; n = 1.</summary>
/// <remarks>Its frame is put where the convention for n = 1 wants it: origin at the centre of area, u along the major axis of inertia in the
/// direction of the third moment. Thickness is that of a lens whose rim is the outline.</remarks>
public sealed class BlobShape : ParticleShape
{
    private readonly (double U, double V, double Radius)[] _discs;
    private readonly double _melt;
    private readonly string _key;

    /// <summary>Creates the body.</summary>
    /// <param name="discs">Centres and radii in any frame, px; at least one.</param>
    /// <param name="thicknessNm">Greatest thickness, nm.</param>
    /// <param name="meltPx">Over how many px neighbouring discs round off into each other.</param>
    public BlobShape(IReadOnlyList<(double U, double V, double Radius)> discs, double thicknessNm, double meltPx)
        : this([.. discs], thicknessNm, meltPx, canonical: false)
    {
    }

    private BlobShape((double U, double V, double Radius)[] discs, double thicknessNm, double meltPx, bool canonical)
    {
        ArgumentOutOfRangeException.ThrowIfZero(discs.Length);
        _discs = discs;
        _melt = meltPx;
        MaxThicknessNm = thicknessNm;
        var reach = discs.Max(d => Math.Sqrt((d.U * d.U) + (d.V * d.V)) + d.Radius) + meltPx;
        var frame = Canonical.Of(Distance, reach);
        if (!canonical)
        {
            var (sin, cos) = Math.SinCos(frame.Angle);
            _discs =
            [
                .. discs.Select(d => (
                    ((d.U - frame.CentreU) * cos) + ((d.V - frame.CentreV) * sin),
                    ((d.V - frame.CentreV) * cos) - ((d.U - frame.CentreU) * sin),
                    d.Radius)),
            ];
        }

        AreaPx = frame.AreaPx;
        MajorPx = Math.Max(frame.AlongPx, frame.AcrossPx);
        MinorPx = Math.Min(frame.AlongPx, frame.AcrossPx);
        RadiusPx = frame.ReachPx;
        _key = "blob/" + string.Join('/', _discs.Select(d => $"{Math.Round(d.U)},{Math.Round(d.V)},{Percent(d.Radius)}")) + $"/{Percent(thicknessNm)}";
        Depth = _discs.Max(d => -Distance(d.U, d.V));
    }

    /// <inheritdoc/>
    public override string Name => "irregular";

    /// <inheritdoc/>
    public override int Symmetry => 1;

    /// <inheritdoc/>
    public override double AreaPx { get; }

    /// <inheritdoc/>
    public override double MajorPx { get; }

    /// <inheritdoc/>
    public override double MinorPx { get; }

    /// <inheritdoc/>
    public override double RadiusPx { get; }

    /// <inheritdoc/>
    public override bool IsFlat => false;

    /// <inheritdoc/>
    public override double MaxThicknessNm { get; }

    /// <inheritdoc/>
    public override string CacheKey => _key;

    private double Depth { get; }

    /// <inheritdoc/>
    public override double Distance(double u, double v)
    {
        // Polynomial smooth minimum of the discs' distances (Quilez): it rounds the necks and never overstates.
        var best = double.PositiveInfinity;
        foreach (var (cu, cv, radius) in _discs)
        {
            var d = Math.Sqrt(((u - cu) * (u - cu)) + ((v - cv) * (v - cv))) - radius;
            if (double.IsPositiveInfinity(best))
            {
                best = d;
                continue;
            }

            var h = Math.Max(0, 1 - (Math.Abs(best - d) / _melt));
            best = Math.Min(best, d) - (h * h * _melt / 4);
        }

        return best;
    }

    /// <inheritdoc/>
    public override double ThicknessNm(double distance)
    {
        var rim = 1 - Math.Clamp(-distance / Depth, 0, 1);
        return distance < 0 ? MaxThicknessNm * Math.Sqrt(1 - (rim * rim)) : 0;
    }

    /// <inheritdoc/>
    public override ParticleShape Scaled(double factor) =>
        new BlobShape([.. _discs.Select(d => (d.U * factor, d.V * factor, d.Radius * factor))], MaxThicknessNm, _melt * factor, canonical: true);
}
