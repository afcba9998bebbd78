namespace LiveLtem.HardwareSim.Shapes;

/// <summary>The form of one particle in its own frame: centre of area at (0, 0), u along the direction that its angle names, v a quarter turn towards +y.</summary>
/// <remarks>Lengths in px, thickness along the beam in nm. Immutable: a particle that etches gets a new shape each frame.</remarks>
public abstract class ParticleShape
{
    private const int ProfilePerPx = 32;
    private double[]? _outline;
    private float[]? _profile;
    private double _profileAttenuation;

    /// <summary>Word for it in truth tables: <c>cube</c>, <c>rod</c>, …</summary>
    public abstract string Name { get; }

    /// <summary>Fold of the rotational symmetry: 0 round, 1 irregular, 2, 3, 4, 6.</summary>
    public abstract int Symmetry { get; }

    /// <summary>Projected area, px^2.</summary>
    public abstract double AreaPx { get; }

    /// <summary>The longer of the full lengths along u and v, px.</summary>
    public abstract double MajorPx { get; }

    /// <summary>The shorter of the full lengths along u and v, px.</summary>
    public abstract double MinorPx { get; }

    /// <summary>Nothing of it is farther from the centre than this, px.</summary>
    public abstract double RadiusPx { get; }

    /// <summary>True where the thickness is the same all over: a prism lying flat.</summary>
    public abstract bool IsFlat { get; }

    /// <summary>Greatest thickness, nm.</summary>
    public abstract double MaxThicknessNm { get; }

    /// <summary>Identity of its form, size and thickness to within about one percent, for caches of what depends on them weakly.</summary>
    public abstract string CacheKey { get; }

    /// <summary>Distance to the outline, px: negative inside, never overstated in size.</summary>
    public abstract double Distance(double u, double v);

    /// <summary>Thickness along the beam at a point that far from the outline, nm; 0 outside. Every shape here has a profile of that kind.</summary>
    /// <param name="distance">As <see cref="Distance"/>: negative inside.</param>
    public abstract double ThicknessNm(double distance);

    /// <summary>The same form, larger by this factor in the plane; the thickness profile keeps its height.</summary>
    public abstract ParticleShape Scaled(double factor);

    /// <summary>What the particle lets through, by depth below the outline: one value each 1/32 px, the last repeated.</summary>
    /// <param name="attenuationPerNm">1/l_particle - 1/l_liquid.</param>
    internal float[] TransmissionProfile(double attenuationPerNm)
    {
        if (_profile is null || _profileAttenuation != attenuationPerNm)
        {
            var profile = new float[(int)(RadiusPx * ProfilePerPx) + 3];
            for (var i = 0; i < profile.Length; i++)
            {
                profile[i] = (float)Math.Exp(-attenuationPerNm * ThicknessNm(-(double)i / ProfilePerPx));
            }

            (_profile, _profileAttenuation) = (profile, attenuationPerNm);
        }

        return _profile;
    }

    /// <summary>Looks a profile up between its points.</summary>
    internal static float Transmitted(float[] profile, double distance)
    {
        if (distance >= 0)
        {
            return 1;
        }

        var depth = (float)(-distance * ProfilePerPx);
        var i = (int)depth;
        return i + 1 >= profile.Length ? profile[^1] : profile[i] + ((depth - i) * (profile[i + 1] - profile[i]));
    }

    /// <summary>A length on a scale of one percent.</summary>
    protected static int Percent(double length) => (int)Math.Round(Math.Log(Math.Max(length, 1e-3)) * 100);

    /// <summary>Outline in the body frame as [u0, v0, u1, v1, …], about one point each <see cref="Contacts.OutlineSpacingPx"/>; drawn once.</summary>
    /// <remarks>Every shape here can be seen whole from its centre or nearly so: the outline is where a ray from the centre leaves it.</remarks>
    public ReadOnlySpan<double> Outline => _outline ??= TraceOutline();

    private double[] TraceOutline()
    {
        var count = Math.Max(16, (int)(2 * Math.PI * RadiusPx / Contacts.OutlineSpacingPx));
        var points = new double[2 * count];
        for (var i = 0; i < count; i++)
        {
            var (sin, cos) = Math.SinCos(2 * Math.PI * i / count);
            var low = 0.0;
            var high = RadiusPx + 1;
            for (var step = 0; step < 24; step++)
            {
                var middle = 0.5 * (low + high);
                if (Distance(cos * middle, sin * middle) < 0)
                {
                    low = middle;
                }
                else
                {
                    high = middle;
                }
            }

            points[2 * i] = cos * low;
            points[(2 * i) + 1] = sin * low;
        }

        return points;
    }
}
