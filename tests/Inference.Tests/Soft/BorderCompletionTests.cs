using LiveLtem.Inference.Soft;
using Xunit;

namespace LiveLtem.Inference.Tests.Soft;

public sealed class BorderCompletionTests
{
    private const int Height = 100;
    private const int Width = 120;

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(-5)]
    public void A_disc_that_the_border_cuts_has_its_centre_where_the_whole_one_has(double y)
    {
        const double radius = 15;
        var molecule = Cut((u, v) => ((u - 60) * (u - 60)) + ((v - y) * (v - y)) <= radius * radius, Math.PI * radius * radius, out var seen);

        var border = BorderCompletion.Of(molecule, Height, Width, seen, Math.PI * radius * radius, 2 * radius);

        Assert.Equal(FrameSides.Top, border.Sides);
        Assert.Equal(60, seen.X + border.ShiftXPx, 0.5);
        Assert.Equal(y, seen.Y + border.ShiftYPx, 2.5);
    }

    [Fact]
    public void A_rod_across_the_border_goes_on_along_itself()
    {
        var molecule = Cut((u, v) => Math.Abs(v - 40) <= 5 && u <= 20, 11 * 51, out var seen);

        var border = BorderCompletion.Of(molecule, Height, Width, seen, 11 * 51, 55);

        Assert.Equal(FrameSides.Left, border.Sides);
        Assert.Equal(-5, seen.X + border.ShiftXPx, 1.5);
        Assert.Equal(40, seen.Y + border.ShiftYPx, 0.5);
        Assert.Equal(51.0 / 21, border.LongerX, 0.15);
    }

    [Fact]
    public void A_leg_of_a_bent_molecule_is_made_no_longer_than_whole_ones_are()
    {
        // A fifth of the mass, 6 px wide: as wide as it is at the border it would have to go on for 120 px.
        var molecule = Cut((u, v) => Math.Abs(u - 50) <= 3 && v <= 30, 5 * 7 * 31, out var seen);

        var border = BorderCompletion.Of(molecule, Height, Width, seen, 5 * 7 * 31, 50);

        Assert.InRange(border.LongerY, 1.4, 50.0 / 31);
        Assert.InRange(seen.Y + border.ShiftYPx, 0, 15);
    }

    [Fact]
    public void Nothing_is_added_to_a_molecule_inside_the_frame()
    {
        var molecule = Cut((u, v) => ((u - 60) * (u - 60)) + ((v - 50) * (v - 50)) <= 100, 600, out var seen);
        Assert.Same(BorderCompletion.None, BorderCompletion.Of(molecule, Height, Width, seen, 600, 40));
    }

    // The part of a body inside the frame, with a mass of one for each pixel of it, of which wholeMass there would be.
    private static SoftMolecule Cut(Func<double, double, bool> body, double wholeMass, out (double X, double Y) seen)
    {
        var inside = Enumerable.Range(0, Height * Width).Where(i => body(i % Width, i / Width)).ToList();
        seen = (inside.Average(i => i % Width), inside.Average(i => i / Width));
        var molecule = new SoftMolecule(1, seen.X, seen.Y, 1, 60) { AreaPx = inside.Count, IsCut = true };
        foreach (var i in inside)
        {
            molecule.Outline[((i / Width) - molecule.CentreY + molecule.Half) * molecule.Side + (i % Width) - molecule.CentreX + molecule.Half] = true;
        }

        Assert.True(wholeMass >= inside.Count);
        molecule.Weigh(inside.Count, 1);
        return molecule;
    }
}
