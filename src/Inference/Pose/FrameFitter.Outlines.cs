using LiveLtem.Core;
using LiveLtem.Inference.Segment;

namespace LiveLtem.Inference.Pose;

/// <content>Outlines of the particles of a frame.</content>
internal sealed partial class FrameFitter
{
    /// <summary>Measures the outlines of particles that are whole and alone; null for the others, and where it is not their turn.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="background">Its background.</param>
    /// <param name="particles">All its particles, fitted.</param>
    /// <param name="most">How many to measure in a frame; more particles take turns, since outlines change slowly.</param>
    public MeasuredOutline?[] Outlines(Frame frame, BackgroundMap background, IReadOnlyList<Hypothesis> particles, int most)
    {
        var outlines = new MeasuredOutline?[particles.Count];
        if (particles.Count == 0 || most == 0)
        {
            return outlines;
        }

        var neighbours = Neighbourhoods(particles, particles.Max(particle => Pose.OutlineMarginPx(particle.Pose) - Pose.MarginPx(particle.Pose.Layer)));
        var turns = (particles.Count + most - 1) / most;
        for (var i = (int)(frame.Number % turns); i < outlines.Length; i += turns)
        {
            var particle = particles[i];
            if (DetectionBuilder.Flags(particle, frame, Pose.Blurs.Of(particle.Pose.Layer)) != DetectionFlags.None)
            {
                continue;
            }

            Collect(particles, neighbours[i]);
            var drawn = particle.Pose;
            if (Pose.Load(frame, background, drawn, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_near), Pose.OutlineMarginPx(drawn)))
            {
                outlines[i] = Pose.Outline(drawn);
            }
        }

        return outlines;
    }
}
