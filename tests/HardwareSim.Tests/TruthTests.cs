using LiveLtem.Core;
using LiveLtem.HardwareSim.Scenes;
using LiveLtem.HardwareSim.Shapes;
using LiveLtem.HardwareSim.Truth;

namespace LiveLtem.HardwareSim.Tests;

public class TruthTests
{
    [Theory]
    [InlineData(0, 0.0)]
    [InlineData(0.3, 0.0)]
    [InlineData(0, 3.0)]
    public void The_bound_of_a_faint_square_is_the_closed_form(double excess, double read)
    {
        const double Side = 40, Electrons = 50;
        var scene = SceneCatalog.Create("crystal", new SceneOptions { ExcessNoise = excess, ReadNoiseE = read });
        var settings = scene.Settings;
        // Faint, so that the noise is the same everywhere, as the closed form has it.
        var shape = new PrismShape(4, Side / 2, 5);
        var contrast = 1 - Math.Exp(-5 * settings.AttenuationPerNm);
        const double Blur = 1.08;
        var bound = new ReferenceBound(settings).Of(shape, 31, Electrons, Blur);
        // The pixel averages too: a box of one px has the variance 1/12.
        var edge = Math.Sqrt((Blur * Blur) + (1.0 / 12));
        var noise = (Electrons * (1 - (contrast / 2)) * (1 + (excess * excess))) + (read * read);
        var step = contrast * Electrons;
        var position = Math.Sqrt(Math.Sqrt(Math.PI) * edge * noise / (Side * step * step));
        // The closed form is the limit of a sharp square. To first order in blur over side each end of an edge loses s / sqrt(pi) of its
        // length, and where two edges meet in a corner their parts of the angle's derivative cancel: 3 sqrt(pi) s / a of its information.
        var ends = 2 * edge / (Math.Sqrt(Math.PI) * Side);
        var atCorners = position / Math.Sqrt(1 - ends);
        Assert.Equal(atCorners, bound.XPx, position * 0.015);
        Assert.Equal(atCorners, bound.YPx, position * 0.015);
        var angle = Math.Sqrt(6) * position / Side * 180 / Math.PI / Math.Sqrt(1 - (3 * ends) - (3 * Math.Sqrt(Math.PI) * edge / Side));
        Assert.Equal(angle, bound.AngleDeg!.Value, angle * 0.03);
    }

    [Fact]
    public void The_bound_of_a_rod_is_smaller_across_than_along_and_turns_with_it()
    {
        var settings = SceneCatalog.Create("free", new SceneOptions()).Settings;
        var bound = new ReferenceBound(settings);
        var rod = new RodShape(60, 20, 1.2);
        var lying = bound.Of(rod, 0, 20, 1.08);
        var standing = bound.Of(rod, 90, 20, 1.08);
        Assert.True(lying.YPx < 0.8 * lying.XPx, $"{lying}");
        Assert.Equal(lying.XPx, standing.YPx, lying.XPx * 1e-6);
        Assert.Equal(lying.YPx, standing.XPx, lying.YPx * 1e-6);
        Assert.Null(bound.Of(new RodShape(30, 30, 1.2), 0, 20, 1.08).AngleDeg);
    }

    [Fact]
    public void Four_times_the_electrons_halve_the_bound()
    {
        var settings = SceneCatalog.Create("crystal", new SceneOptions { ReadNoiseE = 0 }).Settings;
        var bound = new ReferenceBound(settings);
        var shape = new PrismShape(4, 18, 54, 3);
        Assert.Equal(2, bound.Of(shape, 10, 10, 1.08).XPx / bound.Of(shape, 10, 40, 1.08).XPx, 0.02);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(-1, 89)]
    [InlineData(450.5, 0.5)]
    [InlineData(89.99999, 0)]
    public void Angles_are_folded_into_one_period(double angle, double folded) =>
        Assert.Equal(folded, TruthBuilder.Fold(angle, 90), 9);

    [Fact]
    public void Flags_and_visibility_say_what_is_cut_touched_and_covered()
    {
        var settings = SceneCatalog.Create("free", new SceneOptions { SizePx = 256 }).Settings;
        var shape = new PrismShape(4, 20, 45);
        var rows = new TruthBuilder(settings).Rows(
            Frame(0, (0, 100, 100), (1, 141, 100), (2, 0, 200), (3, 200, 200), (4, 220, 200), (5, -40, 30)), 0, 1);
        Assert.Equal([0, 1, 2, 3, 4], rows.Select(r => r.Particle));
        Assert.Equal(DetectionFlags.Contact, rows[0].Flags);
        Assert.Equal(DetectionFlags.Border, rows[2].Flags);
        Assert.Equal(0.5, rows[2].Visible, 0.05);
        Assert.True(rows[3].Flags.HasFlag(DetectionFlags.Covered));
        Assert.Equal(0.5, rows[3].Visible, 0.06);
        Assert.Equal(1, rows[0].Visible);

        SceneFrame Frame(long number, params (int Body, double X, double Y)[] bodies) => new()
        {
            Number = number,
            TimeS = 0,
            DriftXPx = 0,
            DriftYPx = 0,
            Particles = [.. bodies.Select(b => new ParticleView { Body = b.Body, Shape = shape, Path = [new Pose(b.X, b.Y, 0)] })],
        };
    }

    [Fact]
    public void Who_was_away_for_longer_comes_back_as_somebody_else()
    {
        var settings = SceneCatalog.Create("free", new SceneOptions { SizePx = 256 }).Settings;
        var builder = new TruthBuilder(settings);
        int? Id(long frame, double x) => builder.Rows(
            new SceneFrame
            {
                Number = frame,
                TimeS = 0,
                DriftXPx = 0,
                DriftYPx = 0,
                Particles = [new ParticleView { Body = 3, Shape = new PrismShape(4, 10, 45), Path = [new Pose(x, 50, 0)] }],
            },
            frame, 1).SingleOrDefault()?.Particle;
        Assert.Equal(0, Id(0, 50));
        Assert.Null(Id(1, -50));
        Assert.Equal(0, Id(3, 50));
        Assert.Null(Id(4, -50));
        Assert.Equal(1, Id(9, 50));
    }

    [Fact]
    public void Displacements_in_a_crystal_have_the_rms_and_the_memory_of_their_process()
    {
        var scene = (CrystalScene)SceneCatalog.Create("crystal", new SceneOptions { DriftPxPerFrame = 0 });
        const int Frames = 600;
        var series = new List<double[]>();
        for (var k = 0; k < Frames; k++)
        {
            var frame = scene.NextFrame();
            series.Add([.. frame.Particles.SelectMany(p => new[] { p.Mean.XPx - frame.DriftXPx, p.Mean.YPx - frame.DriftYPx })]);
        }

        double variance = 0, lag = 0;
        var count = series[0].Length;
        for (var i = 0; i < count; i++)
        {
            var mean = series.Average(s => s[i]);
            for (var k = 0; k < Frames; k++)
            {
                variance += Math.Pow(series[k][i] - mean, 2) / (count * Frames);
                lag += k + 1 < Frames ? (series[k][i] - mean) * (series[k + 1][i] - mean) / (count * (Frames - 1)) : 0;
            }
        }

        // A picture is the mean of the poses at 1/4 and 3/4 of its frame.
        double Kept(double frames) => Math.Exp(-frames / scene.Plan.MemoryFrames);
        var axis = Math.Pow(scene.Plan.DisplacementRmsNm / scene.Settings.PixelSizeNm, 2) / 2;
        var blurred = axis * 0.5 * (1 + Kept(0.5));
        Assert.Equal(blurred, variance, blurred * 0.05);
        var neighbours = axis * 0.25 * ((2 * Kept(1)) + Kept(0.5) + Kept(1.5));
        Assert.Equal(neighbours / blurred, lag / variance, 0.02);
    }

    [Fact]
    public void Particles_move_with_the_drift_that_is_told()
    {
        var scene = SceneCatalog.Create("crystal", new SceneOptions { DriftPxPerFrame = 0.5 });
        var first = scene.NextFrame();
        var last = first;
        for (var k = 0; k < 40; k++)
        {
            last = scene.NextFrame();
        }

        Assert.True(Math.Sqrt((last.DriftXPx * last.DriftXPx) + (last.DriftYPx * last.DriftYPx)) > 3);
        Assert.Equal(last.DriftXPx, last.Particles.Average(p => p.Mean.XPx) - first.Particles.Average(p => p.Mean.XPx), 1.0);
        Assert.Equal(last.DriftYPx, last.Particles.Average(p => p.Mean.YPx) - first.Particles.Average(p => p.Mean.YPx), 1.0);
    }

    [Fact]
    public void Etching_particles_recede_at_the_stated_rates()
    {
        var scene = (EtchingScene)SceneCatalog.Create("etching", new SceneOptions());
        var first = scene.NextFrame();
        var last = first;
        for (var k = 0; k < 60; k++)
        {
            last = scene.NextFrame();
        }

        var seconds = last.TimeS - first.TimeS;
        foreach (var (before, after) in first.Particles.Zip(last.Particles))
        {
            var rate = ((IReadOnlyList<double>)scene.Facts["rate_factor_by_body"])[before.Body];
            if (before.Shape is PrismShape cube)
            {
                var facet = (cube.InradiusPx - ((PrismShape)after.Shape).InradiusPx) * scene.Settings.PixelSizeNm / seconds;
                var corner = (cube.CornerDistancePx - ((PrismShape)after.Shape).CornerDistancePx) * scene.Settings.PixelSizeNm / seconds;
                Assert.Equal(scene.FacetRateNmPerS * rate, facet, 0.01);
                Assert.Equal(scene.CornerRateNmPerS * rate, corner, 0.01);
            }
            else
            {
                Assert.Equal(2 * scene.SideRateNmPerS * rate, (before.Shape.MinorPx - after.Shape.MinorPx) * scene.Settings.PixelSizeNm / seconds, 0.02);
                Assert.Equal(2 * scene.EndRateNmPerS * rate, (before.Shape.MajorPx - after.Shape.MajorPx) * scene.Settings.PixelSizeNm / seconds, 0.02);
            }
        }
    }

    [Fact]
    public void Growing_clusters_start_single_and_only_merge()
    {
        var scene = SceneCatalog.Create("growth", new SceneOptions { SizePx = 256 });
        var clusters = new List<int>();
        for (var k = 0; k < 60; k++)
        {
            clusters.Add(scene.NextFrame().Particles.Select(p => p.Cluster).Distinct().Count());
        }

        Assert.Equal(scene.NextFrame().Particles.Count, clusters[0]);
        Assert.Equal(clusters.OrderDescending(), clusters);
        Assert.True(clusters[^1] < clusters[0]);
    }

    [Fact]
    public void The_edge_of_a_crystal_has_the_stiffness_that_the_scene_tells()
    {
        // The step from column to column of such a line has the variance kT p/stiffness (1 - 1/columns); every cube shakes by 0.8 nm besides.
        var scene = SceneCatalog.Create("interface", new SceneOptions { SizePx = 1024, Seed = 4 });
        var (p, stiffness, columns) = ((double)scene.Facts["a1_nm"], (double)scene.Facts["stiffness_kT_per_nm"], (int)scene.Facts["columns"]);
        double squares = 0, steps = 0;
        for (var k = 0; k < 2500; k++)
        {
            var frame = scene.NextFrame();
            var tops = frame.Particles.GroupBy(particle => Math.Round((particle.Path[0].XPx - frame.DriftXPx - 511.5) * 1.5 / p))
                .OrderBy(column => column.Key).Select(column => column.Min(particle => particle.Path[0].YPx) * 1.5).ToList();
            Assert.Equal(columns, tops.Count);
            for (var i = 1; i < tops.Count; i++)
            {
                squares += Math.Pow(tops[i] - tops[i - 1], 2);
                steps++;
            }
        }

        Assert.Equal(1, ((squares / steps) - (2 * 0.8 * 0.8)) * stiffness / p / (1 - (1.0 / columns)), 0.08);
    }

    [Fact]
    public void Free_bodies_of_one_level_never_overlap()
    {
        var scene = SceneCatalog.Create("free", new SceneOptions { SizePx = 256, Seed = 9 });
        for (var k = 0; k < 30; k++)
        {
            var frame = scene.NextFrame();
            var overlapping = new HashSet<int>();
            for (var i = 0; i < frame.Particles.Count; i++)
            {
                for (var j = 0; j < i; j++)
                {
                    var a = frame.Particles[i];
                    var b = frame.Particles[j];
                    var gap = Contacts.Gap(
                        new PlacedShape(a.Shape, a.Path[^1].XPx, a.Path[^1].YPx, a.Path[^1].AngleDeg),
                        new PlacedShape(b.Shape, b.Path[^1].XPx, b.Path[^1].YPx, b.Path[^1].AngleDeg),
                        2);
                    if (gap < 0)
                    {
                        overlapping.Add(i);
                        overlapping.Add(j);
                    }
                }
            }

            // Only those at the second level pass over others: a sixth of them, with whom they pass over.
            Assert.True(overlapping.Count < frame.Particles.Count / 2, $"{overlapping.Count} of {frame.Particles.Count} overlap");
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_shape_without_symmetry_has_its_frame_where_the_convention_wants_it(int kind)
    {
        var random = new HardwareSim.Randomness.SimRandom(5, 98);
        ParticleShape shape = kind == 0
            ? new ContourShape(20, 30, 0.18, ref random)
            : new BlobShape([(0, 0, 9), (12, 3, 6), (20, 12, 5), (22, 22, 5)], 9, 4);
        double area = 0, u1 = 0, v1 = 0, uu = 0, vv = 0, uv = 0, uuu = 0;
        const double Step = 0.25;
        for (var v = -40.0; v < 40; v += Step)
        {
            for (var u = -40.0; u < 40; u += Step)
            {
                if (shape.Distance(u, v) <= 0)
                {
                    area += Step * Step;
                    u1 += u;
                    v1 += v;
                    uu += u * u;
                    vv += v * v;
                    uv += u * v;
                    uuu += u * u * u;
                }
            }
        }

        var n = area / (Step * Step);
        Assert.Equal(shape.AreaPx, area, area * 0.005);
        Assert.Equal(0, u1 / n, 0.05);
        Assert.Equal(0, v1 / n, 0.05);
        Assert.Equal(0, uv / n, 0.01 * uu / n);
        Assert.True(uu > vv);
        Assert.True(uuu > 0);
        Assert.True(shape.MajorPx >= shape.MinorPx);
    }
}
