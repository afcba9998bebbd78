using LiveLtem.Core;
using LiveLtem.Core.Analysis;
using LiveLtem.Dose.Maps;

namespace LiveLtem.Dose.Tests.Maps;

public sealed class DoseMapTests
{
    private const int Side = 128;

    // Cells are 2 px, 1 nm.
    private static readonly Calibration Half = new() { PixelSizeNm = new Calibrated(0.5, "typed") };

    [Fact]
    public void Every_place_has_what_fell_on_it_under_drift_and_a_move_of_the_stage()
    {
        var random = new Random(11);
        var map = Create();
        var (x, y, dose) = (0.0, 0.0, 0.0);
        var views = new List<(double X, double Y, double Given)>();
        for (var frame = 0; frame < 200; frame++)
        {
            // Drift, and twice a move of the stage by a quarter of the field.
            (x, y) = (x + random.NextDouble() - 0.3 + (frame is 80 or 140 ? 30 : 0), y + random.NextDouble() - 0.5 - (frame == 140 ? 41 : 0));
            var given = 0.5 + random.NextDouble();
            dose += given;
            views.Add((x, y, given));
            map.Add(Tracks(frame), Row(frame, dose, x, y));
        }

        var cells = Cells(map);
        Assert.Equal(200 * 64 * 64, cells.Sum(cell => cell.Value) / dose * 200, 1e-6 * 200 * 64 * 64);
        var judged = 0;
        foreach (var ((column, row), fluence) in cells)
        {
            // The way from one frame to the next counts for every place on it: what its border sweeps over in one step gets a part of that step.
            var (truth, open) = (0.0, 0.0);
            for (var i = 0; i < views.Count; i++)
            {
                var (inside, outside) = Sweep(views[Math.Max(0, i - 1)], views[i], column, row);
                truth += inside > 1 ? views[i].Given : 0;
                open += inside <= 1 && outside > -1 ? views[i].Given : 0;
            }

            Assert.InRange(fluence, truth - 1e-9, truth + open + 1e-9);
            judged += open < 0.02 * dose ? 1 : 0;
        }

        // Where the border did not linger, and that is most of the map, the place says to 2 % what its cell must hold.
        Assert.True(judged > 0.5 * cells.Count, $"{judged} of {cells.Count}");

        static (double Least, double Most) Sweep((double X, double Y, double Given) from, (double X, double Y, double Given) to, double cellX, double cellY)
        {
            var way = Enumerable.Range(0, 101).Select(i => Distance((from.X + (i * 0.01 * (to.X - from.X)), from.Y + (i * 0.01 * (to.Y - from.Y)), 0), cellX, cellY)).ToList();
            return (way.Min(), way.Max());
        }

        // Distance in nm from the border of the view to the cell, positive inside.
        static double Distance((double X, double Y, double Given) view, double cellX, double cellY)
        {
            var (u, v) = (cellX + (view.X * 0.5), cellY + (view.Y * 0.5));
            return Math.Min(Math.Min(u, 64 - u), Math.Min(v, 64 - v));
        }
    }

    [Fact]
    public void A_particle_carries_what_its_place_had_and_what_came_since()
    {
        var map = Create();
        for (var frame = 0; frame < 20; frame++)
        {
            // At frame 10 the stage brings in a strip of 40 px that was never lit, on the left.
            var drift = frame < 10 ? 0 : 40.0;
            map.Add(Tracks(frame, [(0, 64 + drift, 64), .. frame >= 10 ? [(1, 10.0, 64.0), (2, 100.0, 20.0)] : Array.Empty<(int, double, double)>()]), Row(frame, frame + 1, drift, 0));
        }

        var rows = map.Result().Tables.Single(table => table.Name == "particle_dose").Rows;
        Assert.Equal([0, 0, 19, 20, 1, 20], rows[0][..6]);

        // New on the left: only its own frame, of which half of the way's dose falls there; then nine more.
        Assert.Equal([1, 10, 19, 10], rows[1][..4]);
        Assert.InRange(rows[1][4], 0.2, 1);
        Assert.Equal(rows[1][4] + 9, rows[1][5], 1e-12);

        // Seen late, where the beam was from the beginning.
        Assert.Equal(11, rows[2][4], 1e-9);
        Assert.Equal(20, rows[2][5], 1e-9);
        Assert.Equal(10, rows[2][6], 1e-9);
    }

    [Fact]
    public void Frames_between_analysed_ones_count_through_the_account()
    {
        var map = Create();
        map.Add(Tracks(0), Row(0, 1, 0, 0));
        map.Add(Tracks(50), Row(50, 51, 0, 0));

        Assert.Equal(51, Figure(map, "max_fluence_e_A2"), 1e-9);
        Assert.Equal(51, Figure(map, "view_fluence_e_A2"), 1e-9);
    }

    [Fact]
    public void Another_magnification_keeps_the_middle_and_a_lower_dose_begins_another_area()
    {
        var setup = new AnalysisSetup { CalibrationOf = segment => segment == 1 ? new Calibration { PixelSizeNm = new Calibrated(0.25, "typed") } : Half, Height = Side, Width = Side };
        var map = new DoseMap(setup);
        map.Add(Tracks(0), Row(0, 10, 6, -4));
        map.Add(Tracks(1, segment: 1), Row(1, 15, 6, -4));

        // The middle half of the field got five more.
        var cells = Cells(map);
        Assert.Equal(15, cells[(29.5 - 3 + 3, 31.5 + 2 - 2)], 1e-9);
        Assert.Equal(10, cells.Where(cell => cell.Key.X < 10).Max(cell => cell.Value), 1e-9);
        Assert.Equal((64 * 64 * 10) + (32 * 32 * 5), cells.Sum(cell => cell.Value), 1e-6);

        map.Add(Tracks(2, segment: 2), Row(2, 2, 0, 0));
        var areas = map.Result().Tables.Single(table => table.Name == "dose_map").Rows.GroupBy(row => row[0]).ToDictionary(group => group.Key, group => group.Max(row => row[3]));
        Assert.Equal(15, areas[0], 1e-9);
        Assert.Equal(2, areas[1], 1e-9);
    }

    [Fact]
    public void Without_a_dose_there_is_no_map_and_the_reason_is_told()
    {
        var map = Create();
        map.Add(Tracks(0), Row(0, null, 0, 0));

        var result = map.Result();
        Assert.Empty(result.Tables);
        Assert.All(result.Figures, figure => Assert.Equal("the dose is not known", figure.Missing));
    }

    [Fact]
    public void Many_particles_do_not_grow_without_end_and_the_long_ones_are_kept()
    {
        var map = Create();
        for (var frame = 0; frame < 700; frame++)
        {
            var own = frame;
            map.Add(Tracks(frame, [(0, 5, 5), .. Enumerable.Range(0, 100).Select(i => (1 + (own * 100) + i, (double)i, 50.0))]), Row(frame, frame + 1, 0, 0));
        }

        var rows = map.Result().Tables.Single(table => table.Name == "particle_dose").Rows;
        Assert.InRange(rows.Count, 20_000, 50_100);
        Assert.Equal([0, 0, 699, 700, 1, 700], rows[0][..6]);
    }

    private static DoseMap Create() => new(AnalysisSetup.Of(Half, Side, Side));

    private static double Figure(DoseMap map, string name) => map.Result().Figures.Single(figure => figure.Name == name).Value!.Value;

    private static Dictionary<(double X, double Y), double> Cells(DoseMap map) =>
        map.Result().Tables.Single(table => table.Name == "dose_map").Rows.ToDictionary(row => (row[1], row[2]), row => row[3]);

    private static FrameRow Row(long frame, double? dose, double driftX, double driftY) => new()
    {
        Frame = frame,
        TimeS = frame * 0.1,
        DoseEPerA2 = dose,
        DriftXPx = driftX,
        DriftYPx = driftY,
        MeanCounts = 1,
        SaturatedFraction = 0,
        DroppedBefore = 0,
        Processed = true,
    };

    private static FrameTracks Tracks(long frame, (int Id, double X, double Y)[]? points = null, int segment = 0) => new()
    {
        Header = new FrameHeader { Number = frame, Segment = segment },
        Points =
        [
            .. (points ?? []).Select(point => new TrackPoint
            {
                Frame = frame,
                Particle = point.Id,
                Fit = new ShapeFit { Symmetry = 0, XPx = point.X, YPx = point.Y, XErrPx = 0.1, YErrPx = 0.1, AreaPx = 9, MajorPx = 3, MinorPx = 3 },
            }),
        ],
    };
}
