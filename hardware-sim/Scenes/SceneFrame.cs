using LiveLtem.HardwareSim.Shapes;

namespace LiveLtem.HardwareSim.Scenes;

/// <summary>Where a particle is at one moment, in px of the frame; the angle is continuous, not folded.</summary>
public readonly record struct Pose(double XPx, double YPx, double AngleDeg);

/// <summary>One particle during one exposure.</summary>
public sealed record ParticleView
{
    /// <summary>The body it belongs to; a body keeps its number for the whole scene.</summary>
    public required int Body { get; init; }

    /// <summary>Its form in this frame.</summary>
    public required ParticleShape Shape { get; init; }

    /// <summary>0 where there is one layer, else 1 (in focus) or 2.</summary>
    public int Layer { get; init; }

    /// <summary>Structural state, or null.</summary>
    public int? State { get; init; }

    /// <summary>Cluster of bonded bodies it belongs to, or null.</summary>
    public int? Cluster { get; init; }

    /// <summary>Where it was in each part of the exposure; never empty.</summary>
    public required IReadOnlyList<Pose> Path { get; init; }

    /// <summary>Mean over the exposure: what a picture shows.</summary>
    public Pose Mean => new(Path.Average(p => p.XPx), Path.Average(p => p.YPx), Path.Average(p => p.AngleDeg));
}

/// <summary>Everything that one frame shows.</summary>
public sealed record SceneFrame
{
    /// <summary>The camera's number, from 0; a lost frame leaves a gap.</summary>
    public required long Number { get; init; }

    /// <summary>Start of the exposure, s from the first frame.</summary>
    public required double TimeS { get; init; }

    /// <summary>The particles.</summary>
    public required IReadOnlyList<ParticleView> Particles { get; init; }

    /// <summary>Drift of the cell since the first frame, px.</summary>
    public required double DriftXPx { get; init; }

    /// <summary>Drift of the cell since the first frame, px, y down.</summary>
    public required double DriftYPx { get; init; }

    /// <summary>Beam against the normal one: 0 blanked, 5 a step.</summary>
    public double DoseFactor { get; init; } = 1;

    /// <summary>Further lens blur by defocus, px, in quadrature.</summary>
    public double DefocusPx { get; init; }

    /// <summary>Fault shown in this frame, or null.</summary>
    public string? Fault { get; init; }

    /// <summary>A gas bubble, or null: liquid is missing where it is.</summary>
    public Bubble? Bubble { get; init; }

    /// <summary>Number of the frame whose picture the camera sent again, or null.</summary>
    public long? RepeatOf { get; init; }
}

/// <summary>A round gas bubble: thinner liquid, brighter, with a soft rim.</summary>
public readonly record struct Bubble(double XPx, double YPx, double RadiusPx, double ThicknessNm);
