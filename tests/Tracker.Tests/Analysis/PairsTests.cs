using Xunit;

namespace LiveLtem.Tracker.Tests.Analysis;

/// <summary>Points at random, whose pair correlation is 1 whatever the borders, and pairs at a known distance.</summary>
public sealed class PairsTests
{
    private const int Size = 600;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_ideal_gas_has_1_at_every_distance(bool withPicture)
    {
        var result = Played.Run("pairs", Gas(300, 60, 1), size: withPicture ? Size : null);

        var table = result.Tables.Single(table => table.Name == "pairs");
        // Averages over ten bins, to the longest distance.
        foreach (var rows in table.Rows.Skip(4).Chunk(10))
        {
            Assert.InRange(rows.Average(row => row[1]), 0.94, 1.06);
        }

        Assert.InRange(table.Rows.Count(row => Math.Abs(row[1] - 1) < row[2]) / (double)table.Rows.Count, 0.58, 0.85);
        Assert.NotNull(result.Figure("contact_nm").Missing);
    }

    [Fact]
    public void Neighbours_at_a_known_distance_give_the_contact_and_the_depth()
    {
        var frames = Dimers(2, 80);
        var result = Played.Run("pairs", frames, size: Size);

        var contact = result.Figure("contact_nm");
        Assert.InRange(contact.Value!.Value, 39.3 * Played.PixelNm, 40.7 * Played.PixelNm);
        Assert.InRange(result.Figure("well_depth_kT").Value!.Value, 1, 4);
    }

    [Fact]
    public void Two_thirds_of_repeats_lie_within_one_sigma()
    {
        const int Repeats = 150;
        var truth = Played.Run("pairs", Dimers(1, 6000), size: Size);

        // Where exp(-(r - 40 px)^2/2)/r is largest.
        Assert.Equal(39.975 * Played.PixelNm, truth.Figure("contact_nm").Value!.Value, 0.01);
        var inside = new WithinOneSigma();
        for (var seed = 0; seed < Repeats; seed++)
        {
            var result = Played.Run("pairs", Dimers(100 + seed, 60), size: Size);
            foreach (var name in new[] { "contact_nm", "well_depth_kT" })
            {
                inside.Add(result.Figure(name), truth.Figure(name).Value!.Value);
            }
        }

        inside.Demand(Repeats);
    }

    [Fact]
    public void The_map_shows_a_neighbour_at_a_facet()
    {
        var random = new Random(3);
        var frames = Enumerable.Range(0, 20).Select(_ => (IReadOnlyList<Spot>)[.. Enumerable.Range(0, 20).SelectMany(i =>
        {
            var (x, y, turn) = (80 + (440 * random.NextDouble()), 80 + (440 * random.NextDouble()), 360 * random.NextDouble());
            var (sin, cos) = Math.SinCos(turn * Math.PI / 180);
            return new[] { Cube(2 * i, x, y, turn), Cube((2 * i) + 1, x + (34 * cos), y + (34 * sin), turn + 90) };
        })]);
        var map = Played.Run("pairs", frames, size: Size).Tables.Single(table => table.Name == "pair_map");

        var most = map.Rows.MaxBy(row => row[5])!;
        Assert.InRange(most[0], 15, 19);
        Assert.InRange(most[1], 0, 4);
        Assert.InRange(most[2], 0, 8);
        Assert.Equal(4, most[6]);

        static Spot Cube(int particle, double x, double y, double turn) => new(particle, x, y) { Err = 0.1, Symmetry = 4, RotationDeg = turn, AngleErrDeg = 0.3 };
    }

    // Each particle has a partner at 40 px, scattered by 1 px.
    private static IEnumerable<IReadOnlyList<Spot>> Dimers(int seed, int frames)
    {
        var random = new Random(seed);
        for (var t = 0; t < frames; t++)
        {
            yield return [.. Enumerable.Range(0, 60).SelectMany(i =>
            {
                var (x, y, phi) = (60 + (480 * random.NextDouble()), 60 + (480 * random.NextDouble()), 2 * Math.PI * random.NextDouble());
                var r = 40 + random.Gauss(1);
                return new[] { new Spot(2 * i, x, y) { Err = 0.1 }, new Spot((2 * i) + 1, x + (r * Math.Cos(phi)), y + (r * Math.Sin(phi))) { Err = 0.1 } };
            })];
        }
    }

    private static IEnumerable<IReadOnlyList<Spot>> Gas(int particles, int frames, int seed)
    {
        var random = new Random(seed);
        for (var t = 0; t < frames; t++)
        {
            yield return [.. Enumerable.Range(0, particles).Select(i => new Spot(i, Size * random.NextDouble(), Size * random.NextDouble()) { Err = 0.1 })];
        }
    }
}
