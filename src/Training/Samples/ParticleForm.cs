using LiveLtem.HardwareSim.Shapes;
using LiveLtem.Inference.Models;

namespace LiveLtem.Training.Samples;

/// <summary>A particle's shape with what its labels need: area, second moments and extents, by a sum over the shape.</summary>
internal sealed class ParticleForm
{
    // Cells of the sum along the longer side: the moments are then right to about a part in two hundred.
    private const int Cells = 40;

    /// <summary>Measures a shape.</summary>
    /// <param name="shape">Its origin need not be its centre of area: labels follow the true one.</param>
    public ParticleForm(ParticleShape shape)
    {
        Shape = shape;
        var radius = shape.RadiusPx;
        var step = 2 * radius / Cells;
        double n = 0, su = 0, sv = 0, suu = 0, svv = 0, suv = 0, thickness = 0;
        for (var j = 0; j < Cells; j++)
        {
            var v = ((j + 0.5) * step) - radius;
            for (var i = 0; i < Cells; i++)
            {
                var u = ((i + 0.5) * step) - radius;
                var distance = shape.Distance(u, v);
                // A cell at the edge counts by how much of it lies inside.
                var part = Math.Clamp(0.5 - (distance / step), 0, 1);
                if (part > 0)
                {
                    n += part;
                    su += part * u;
                    sv += part * v;
                    suu += part * u * u;
                    svv += part * v * v;
                    suv += part * u * v;
                    thickness += part * shape.ThicknessNm(Math.Min(distance, 0));
                    HalfU = Math.Max(HalfU, Math.Abs(u));
                    HalfV = Math.Max(HalfV, Math.Abs(v));
                }
            }
        }

        CentreU = su / n;
        CentreV = sv / n;
        AreaPx = n * step * step;
        // Cells by how much of them is covered are the shape blurred by a cell, which widens it by the cell's own moment.
        var cell = step * step / 12;
        Muu = (suu / n) - (CentreU * CentreU) - cell;
        Mvv = (svv / n) - (CentreV * CentreV) - cell;
        Muv = (suv / n) - (CentreU * CentreV);
        MeanThicknessNm = thickness / n;
        RadiusPx = 2 * Math.Pow(Math.Max(1e-12, (Muu * Mvv) - (Muv * Muv)), 0.25);
        IsExact = shape is RodShape or BarShape or PrismShape { HollowPx: 0 };
    }

    /// <summary>The shape.</summary>
    public ParticleShape Shape { get; }

    /// <summary>Centre of area in the shape's frame, px.</summary>
    public double CentreU { get; }

    /// <summary>Centre of area in the shape's frame, px.</summary>
    public double CentreV { get; }

    /// <summary>Area, px^2.</summary>
    public double AreaPx { get; }

    /// <summary>Second moment along u about the centre of area, px^2.</summary>
    public double Muu { get; }

    /// <summary>Second moment along v about the centre of area, px^2.</summary>
    public double Mvv { get; }

    /// <summary>Mixed moment about the centre of area, px^2.</summary>
    public double Muv { get; }

    /// <summary>Radius of <see cref="MapLayout.LogSize"/>, px.</summary>
    public double RadiusPx { get; }

    /// <summary>Half of the extent along u, px.</summary>
    public double HalfU { get; }

    /// <summary>Half of the extent along v, px.</summary>
    public double HalfV { get; }

    /// <summary>Thickness averaged over the area.</summary>
    public double MeanThicknessNm { get; }

    /// <summary>True where the shape's distance is the distance; others understate it away from the outline.</summary>
    public bool IsExact { get; }
}

/// <summary>A particle in a training scene: its mean pose over the exposure and how it moves in it.</summary>
/// <param name="Form">What.</param>
/// <param name="XPx">Of the shape's origin.</param>
/// <param name="YPx">Of the shape's origin, y down.</param>
/// <param name="AngleDeg">From +x towards +y.</param>
/// <param name="Level">Particles of one level do not overlap.</param>
/// <param name="MoveXPx">Way through the exposure.</param>
/// <param name="MoveYPx">Way through the exposure.</param>
internal readonly record struct PlacedForm(ParticleForm Form, double XPx, double YPx, double AngleDeg, int Level = 0, double MoveXPx = 0, double MoveYPx = 0)
{
    /// <summary>For measuring gaps.</summary>
    public PlacedShape Placed => new(Form.Shape, XPx, YPx, AngleDeg);
}
