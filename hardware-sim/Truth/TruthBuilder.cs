using LiveLtem.Core;
using LiveLtem.HardwareSim.Rendering;
using LiveLtem.HardwareSim.Scenes;
using LiveLtem.HardwareSim.Shapes;

namespace LiveLtem.HardwareSim.Truth;

/// <summary>Turns the frames of a scene, in order, into rows of truth.</summary>
public sealed class TruthBuilder
{
    /// <summary>Frames unseen after which a body that comes back is somebody else.</summary>
    public const int ForgottenAfterFrames = 5;

    private const double ContactGapPx = 2.5;
    private readonly SceneSettings _settings;
    private readonly ReferenceBound _bound;
    private readonly LiquidField _liquid;
    private readonly Dictionary<int, Identity> _identities = [];
    private int _nextParticle;

    /// <summary>Starts the truth of a scene.</summary>
    public TruthBuilder(SceneSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        _settings = settings;
        _bound = new ReferenceBound(settings);
        _liquid = new LiquidField(settings.Options.Seed, settings.SizePx, settings.Defaults.LiquidUnevenness);
    }

    /// <summary>The rows of one frame: every particle of which any part lies in the frame.</summary>
    /// <param name="frame">What it shows.</param>
    /// <param name="index">Its index in the file.</param>
    /// <param name="doseEPerA2">Dose up to and with this frame.</param>
    public IReadOnlyList<TruthRow> Rows(SceneFrame frame, long index, double doseEPerA2)
    {
        ArgumentNullException.ThrowIfNull(frame);
        var placed = new List<PlacedParticle>();
        foreach (var view in frame.Particles)
        {
            var mean = view.Mean;
            placed.Add(new PlacedParticle(view, mean, new PlacedShape(view.Shape, mean.XPx, mean.YPx, mean.AngleDeg)));
        }

        var near = new Neighbourhood(placed);
        var rows = new List<TruthRow>();
        for (var i = 0; i < placed.Count; i++)
        {
            if (Row(frame, index, doseEPerA2, placed, i, near) is { } row)
            {
                rows.Add(row);
            }
        }

        return rows;
    }

    private TruthRow? Row(SceneFrame frame, long index, double dose, List<PlacedParticle> all, int i, Neighbourhood near)
    {
        var (view, pose, placed) = all[i];
        var touching = near.Of(i).Select(j => (Other: all[j], Gap: Contacts.Gap(placed, all[j].Placed, ContactGapPx))).Where(n => n.Gap < ContactGapPx).ToArray();
        var (inside, visible, covered) = Visibility(placed, [.. touching.Where(n => n.Gap < 0).Select(n => n.Other)], view.Layer);
        if (inside <= 0)
        {
            return null;
        }

        var flags = inside < 1 ? DetectionFlags.Border : DetectionFlags.None;
        if (covered > 0.02)
        {
            flags |= DetectionFlags.Covered;
        }

        if (touching.Any(n => n.Other.View.Layer == view.Layer))
        {
            flags |= DetectionFlags.Contact;
        }

        var shape = view.Shape;
        double? period = shape.Symmetry == 0 ? null : 360.0 / shape.Symmetry;
        double? angle = period is { } p ? Fold(pose.AngleDeg, p) : null;
        var identity = Identify(view.Body, index, pose.AngleDeg, angle);
        var electrons = _settings.ElectronsPerPixel * frame.DoseFactor * _liquid.At(pose.XPx - frame.DriftXPx, pose.YPx - frame.DriftYPx);
        var blur = _settings.TotalBlurPx(view.Layer);
        return new TruthRow
        {
            Frame = index,
            Particle = identity.Particle,
            XPx = pose.XPx,
            YPx = pose.YPx,
            AngleDeg = angle,
            RotationDeg = angle is null ? null : pose.AngleDeg + identity.RotationOffsetDeg,
            Symmetry = shape.Symmetry,
            Layer = view.Layer,
            AreaPx = shape.AreaPx,
            MajorPx = shape.MajorPx,
            MinorPx = shape.MinorPx,
            State = view.State,
            Cluster = view.Cluster,
            Flags = flags,
            TimeS = frame.TimeS,
            DoseEPerA2 = dose,
            Visible = visible,
            Shape = shape.Name,
            Bound = electrons > 1e-3 ? _bound.Of(shape, pose.AngleDeg, electrons, Math.Sqrt((blur * blur) + (frame.DefocusPx * frame.DefocusPx))) : null,
        };
    }

    /// <summary>An angle folded into [0, period).</summary>
    public static double Fold(double angleDeg, double periodDeg)
    {
        var folded = angleDeg - (periodDeg * Math.Floor(angleDeg / periodDeg));
        // Rounded to the digits of the table it must still be below the period.
        return folded >= periodDeg - 5e-5 ? 0 : folded;
    }

    private Identity Identify(int body, long index, double angleDeg, double? folded)
    {
        if (!_identities.TryGetValue(body, out var identity) || index - identity.LastSeen > ForgottenAfterFrames)
        {
            identity = new Identity(_nextParticle++, (folded ?? 0) - angleDeg, index);
        }

        return _identities[body] = identity with { LastSeen = index };
    }

    private (double Inside, double Visible, double Covered) Visibility(PlacedShape placed, PlacedParticle[] neighbours, int layer)
    {
        var shape = placed.Shape;
        var size = _settings.SizePx;
        // Some 300 points over the particle.
        var step = Math.Max(0.5, Math.Sqrt(shape.AreaPx / 300));
        int total = 0, inside = 0, visible = 0, covered = 0;
        for (var v = -shape.RadiusPx + (step / 2); v < shape.RadiusPx; v += step)
        {
            for (var u = -shape.RadiusPx + (step / 2); u < shape.RadiusPx; u += step)
            {
                if (shape.Distance(u, v) > 0)
                {
                    continue;
                }

                total++;
                var x = placed.XPx + (u * placed.Cos) - (v * placed.Sin);
                var y = placed.YPx + (u * placed.Sin) + (v * placed.Cos);
                var here = x >= -0.5 && y >= -0.5 && x < size - 0.5 && y < size - 0.5;
                inside += here ? 1 : 0;
                var sameLayer = false;
                var anyLayer = false;
                foreach (var other in neighbours)
                {
                    if (other.Placed.Contains(x, y))
                    {
                        anyLayer = true;
                        sameLayer |= other.View.Layer == layer;
                    }
                }

                covered += anyLayer ? 1 : 0;
                visible += here && !sameLayer ? 1 : 0;
            }
        }

        return total == 0 ? (0, 0, 0) : ((double)inside / total, (double)visible / total, (double)covered / total);
    }

    private sealed record PlacedParticle(ParticleView View, Pose Pose, PlacedShape Placed);

    private readonly record struct Identity(int Particle, double RotationOffsetDeg, long LastSeen);

    private sealed class Neighbourhood
    {
        private readonly List<PlacedParticle> _all;
        private readonly double _cell;
        private readonly Dictionary<(int, int), List<int>> _cells = [];

        public Neighbourhood(List<PlacedParticle> all)
        {
            _all = all;
            _cell = all.Count == 0 ? 1 : (2 * all.Max(p => p.View.Shape.RadiusPx)) + ContactGapPx;
            for (var i = 0; i < all.Count; i++)
            {
                var cell = Cell(all[i].Pose);
                if (!_cells.TryGetValue(cell, out var list))
                {
                    _cells[cell] = list = [];
                }

                list.Add(i);
            }
        }

        public IEnumerable<int> Of(int i)
        {
            var (cx, cy) = Cell(_all[i].Pose);
            var radius = _all[i].View.Shape.RadiusPx + ContactGapPx;
            for (var y = cy - 1; y <= cy + 1; y++)
            {
                for (var x = cx - 1; x <= cx + 1; x++)
                {
                    foreach (var j in _cells.GetValueOrDefault((x, y)) ?? [])
                    {
                        var dx = _all[j].Pose.XPx - _all[i].Pose.XPx;
                        var dy = _all[j].Pose.YPx - _all[i].Pose.YPx;
                        var reach = radius + _all[j].View.Shape.RadiusPx;
                        if (j != i && (dx * dx) + (dy * dy) < reach * reach)
                        {
                            yield return j;
                        }
                    }
                }
            }
        }

        private (int, int) Cell(Pose pose) => ((int)Math.Floor(pose.XPx / _cell), (int)Math.Floor(pose.YPx / _cell));
    }
}
