using LiveLtem.Core;
using LiveLtem.Testing;
using LiveLtem.Tracker.Linking;
using Xunit;

namespace LiveLtem.Tracker.Tests.Analysis;

/// <summary>Crystals of Ornstein-Uhlenbeck oscillators, whose amplitudes and cells are known, and the published trajectories.</summary>
public sealed class LatticeTests
{
    private const double SpacingPx = 50;

    [Theory]
    [InlineData(90, 1.02)]
    [InlineData(78, 1.03)]
    [InlineData(60, 1)]
    [InlineData(92, 1.02)]
    public void Cell_of_a_drifting_and_turning_crystal_is_found(double angleDeg, double ratio)
    {
        var result = Played.Run("lattice", Crystal(new CrystalOf { AngleDeg = angleDeg, Ratio = ratio, Seed = 3, TurnDegPerFrame = 0.05 }));

        var expected = new[] { ("a1_nm", SpacingPx * Played.PixelNm), ("a2_nm", ratio * SpacingPx * Played.PixelNm), ("angle_deg", angleDeg) };
        foreach (var (name, value) in expected)
        {
            var figure = result.Figure(name);
            Assert.InRange(figure.Value!.Value, value - (4 * figure.Err!.Value) - 0.005, value + (4 * figure.Err!.Value) + 0.005);
            Assert.InRange(figure.Err!.Value, 0, 0.003 * value);
        }
    }

    [Fact]
    public void Vibration_is_corrected_for_the_mean_of_correlated_frames_and_for_noise()
    {
        var movie = new CrystalOf { Frames = 100, Rows = 12, NoisePx = 0.8, Seed = 5, TurnDegPerFrame = 0.02 };
        var result = Played.Run("lattice", Crystal(movie));

        var displacement = result.Figure("displacement_rms_nm");
        Assert.InRange(displacement.Value!.Value, 0.97 * movie.RmsNm, 1.03 * movie.RmsNm);
        Assert.Equal(Math.Sqrt(2) * 0.8 * Played.PixelNm, displacement.NoiseFloor!.Value, 3);
        Assert.InRange(result.Figure("rotation_rms_deg").Value!.Value, 0.97 * CrystalOf.TurnRmsDeg, 1.03 * CrystalOf.TurnRmsDeg);

        // Independent neighbours: <|u_i - u_j|^2> = 2 s^2, so gamma = s^2/a^2.
        var gamma = Math.Pow(movie.RmsNm / (SpacingPx * Played.PixelNm), 2);
        Assert.InRange(result.Figure("lindemann_gamma").Value!.Value, 0.94 * gamma, 1.06 * gamma);
    }

    [Fact]
    public void Noise_that_nobody_stated_is_found_from_the_memory_of_the_vibration()
    {
        var movie = new CrystalOf { Frames = 200, Rows = 12, NoisePx = 1, StatesNoise = false, Seed = 8 };
        var result = Played.Run("lattice", Crystal(movie));

        Assert.InRange(result.Figure("displacement_rms_nm").Value!.Value, 0.95 * movie.RmsNm, 1.05 * movie.RmsNm);
    }

    [Fact]
    public void Two_thirds_of_repeats_lie_within_one_sigma()
    {
        var inside = new WithinOneSigma();
        const int Repeats = 200;
        for (var seed = 0; seed < Repeats; seed++)
        {
            var movie = new CrystalOf { Frames = 60, Rows = 8, NoisePx = 0.5, Seed = 100 + seed };
            var result = Played.Run("lattice", Crystal(movie));
            var truth = new Dictionary<string, double>
            {
                ["displacement_rms_nm"] = movie.RmsNm,
                ["rotation_rms_deg"] = CrystalOf.TurnRmsDeg,
                ["a1_nm"] = SpacingPx * Played.PixelNm,
                ["a2_nm"] = movie.Ratio * SpacingPx * Played.PixelNm,
                ["angle_deg"] = movie.AngleDeg,

                // As many bonds along either vector; neighbours that know nothing of each other.
                ["lindemann_gamma"] = Math.Pow(movie.RmsNm / ((1 + movie.Ratio) / 2 * SpacingPx * Played.PixelNm), 2),
            };
            foreach (var (name, value) in truth)
            {
                inside.Add(result.Figure(name), value);
            }
        }

        inside.Demand(Repeats);
    }

    [Fact]
    public void A_hop_to_another_site_ends_a_residence_and_does_not_widen_the_vibration()
    {
        var movie = new CrystalOf { Frames = 200, Rows = 8, Seed = 9 };
        // Particle 27 goes to a site outside the crystal in the middle of the movie.
        var frames = Crystal(movie).Select((frame, t) => (IReadOnlyList<Spot>)[.. frame.Select(spot => spot.Particle == 27 && t >= 100 ? spot with { X = spot.X + 300, Y = spot.Y } : spot)]);
        var result = Played.Run("lattice", frames);

        Assert.InRange(result.Figure("displacement_rms_nm").Value!.Value, 0.95 * movie.RmsNm, 1.05 * movie.RmsNm);
    }

    [Fact]
    public void Square_and_hexagonal_order_are_told_apart()
    {
        var square = Played.Run("lattice", Crystal(new CrystalOf { AngleDeg = 90, Ratio = 1, Seed = 1 }));
        var hexagonal = Played.Run("lattice", Crystal(new CrystalOf { AngleDeg = 60, Ratio = 1, Seed = 1 }));

        Assert.InRange(square.Figure("psi4").Value!.Value, 0.9, 1);
        Assert.InRange(square.Figure("psi6").Value!.Value, 0, 0.2);
        Assert.InRange(hexagonal.Figure("psi6").Value!.Value, 0.85, 1);
        Assert.InRange(hexagonal.Figure("psi4").Value!.Value, 0, 0.2);
    }

    [Fact]
    public void Without_a_pixel_size_lengths_are_unknown_and_say_why()
    {
        var result = Played.Run("lattice", Crystal(new CrystalOf { Seed = 2 }), Calibration.Unknown);

        Assert.Contains("--pixel-size-nm", result.Figure("a1_nm").Missing, StringComparison.Ordinal);
        Assert.Contains("--pixel-size-nm", result.Figure("displacement_rms_nm").Missing, StringComparison.Ordinal);
        Assert.NotNull(result.Figure("lindemann_gamma").Value);
        Assert.NotNull(result.Figure("angle_deg").Value);
    }

    [Fact]
    public void Particles_at_random_are_no_lattice()
    {
        var random = new Random(4);
        var spots = Enumerable.Range(0, 60).Select(i => new Spot(i, 500 * random.NextDouble(), 500 * random.NextDouble()) { Err = 0.1 }).ToList();
        var result = Played.Run("lattice", Enumerable.Range(0, 30).Select(_ => (IReadOnlyList<Spot>)[.. spots.Select(s => s with { X = s.X + random.Gauss(0.5), Y = s.Y + random.Gauss(0.5) })]));

        Assert.NotNull(result.Figure("a1_nm").Missing);
        Assert.NotNull(result.Figure("displacement_rms_nm").Missing);
    }

    [Theory]
    [InlineData("22mm", 76.3, 78.2, 77.2, 2.37, 0.02)]
    [InlineData("110mm", 69.4, 71.9, 93.0, 2.02, 0.15)]
    public void The_published_crystals_have_the_published_cells_and_vibrations(string salt, double a1, double a2, double angle, double rms, double within)
    {
        var result = Played.Run("lattice", Published($"tracks/r_lptem_cube_{salt}.csv"), new Calibration { PixelSizeNm = new Calibrated(1, "nm") });

        foreach (var (name, value) in new[] { ("a1_nm", a1), ("a2_nm", a2), ("angle_deg", angle), ("displacement_rms_nm", rms) })
        {
            Assert.InRange(result.Figure(name).Value!.Value, (1 - within) * value, (1 + within) * value);
        }
    }

    private static List<IReadOnlyList<Spot>> Published(string name)
    {
        var rows = File.ReadLines(Samples.Path(name)).Skip(1).Select(line => line.Split(',').Select(cell => double.Parse(cell, System.Globalization.CultureInfo.InvariantCulture)).ToArray());
        return
        [
            .. rows.GroupBy(row => row[0]).OrderBy(frame => frame.Key)
                .Select(frame => (IReadOnlyList<Spot>)[.. frame.Select(row => new Spot((int)row[3], row[1], row[2]) { Err = double.NaN })]),
        ];
    }

    [Fact]
    public void Independent_oscillators_have_the_same_modes_at_every_wave_vector_and_a_harmonic_potential()
    {
        // Brownian from frame to frame, so that frames are independent: eigenvalues u^2 of one axis, PMF r^2/(2 u^2).
        const double Axis = 2;
        var random = new Random(5);
        var frames = Enumerable.Range(0, 400).Select(_ => (IReadOnlyList<Spot>)[.. Enumerable.Range(0, 144).Select(i => new Spot(
            i, 300 + (150 * (i % 12)) + random.Gauss(Axis / Played.PixelNm), 300 + (150 * (i / 12)) + random.Gauss(Axis / Played.PixelNm))
        { RotationDeg = random.Gauss(3), AngleErrDeg = 0.1, Symmetry = 4 })]);

        var result = Played.Run("lattice", frames, size: 2200);
        var modes = result.Tables.Single(table => table.Name == "modes").Rows;
        Assert.Equal(24, modes.Count);
        // Two eigenvalues part by chance: their mean is u^2. A wave longer than the crystal is partly taken for its motion.
        Assert.All(modes.Where((_, i) => i % 8 != 0), row => Assert.InRange((row[3] + row[4]) / 2 / (Axis * Axis), 0.85, 1.15));
        Assert.Equal(1, modes.Where((_, i) => i % 8 != 0).Average(row => (row[3] + row[4]) / 2) / (Axis * Axis), 0.03);
        Assert.Equal(Math.PI / 75, Math.Sqrt(Math.Pow(modes[7][1], 2) + Math.Pow(modes[7][2], 2)), 3);
        Assert.InRange(modes[0][7], 0.03, 0.08);

        var pmf = result.Tables.Single(table => table.Name == "pmf").Rows;
        Assert.True(pmf.Count >= 4);
        // Mean over each ring; three numbers of a frame are spent on the motion of the crystal.
        var width = pmf[1][0] - pmf[0][0];
        var twice = 2 * Axis * Axis * (1 - (3.0 / 288));
        var offset = pmf.Average(row => row[1] - Ring(row[0]));
        Assert.All(pmf, row => Assert.Equal(Ring(row[0]), row[1] - offset, (4 * row[2]) + 0.02));
        double Ring(double r) => -Math.Log((Math.Exp(-Math.Pow(r - (width / 2), 2) / twice) - Math.Exp(-Math.Pow(r + (width / 2), 2) / twice)) / (2 * r * width));

        // <cos 4 theta> of a Gauss of 3 degrees.
        var expected = Math.Exp(-Math.Pow(4 * 3 * Math.PI / 180, 2) / 2);
        Assert.Equal(expected, result.Figure("body_order").Value!.Value, 0.003);
        Assert.Equal(expected, result.Figure("body_alignment").Value!.Value, 0.003);
        Assert.Equal(0.886 / 12, result.Figure("body_order").NoiseFloor!.Value, 3);
    }

    [Fact]
    public void A_wave_is_soft_at_its_own_wave_vector()
    {
        // Half a zone along x: every second pair of columns to and fro, along x.
        var random = new Random(6);
        var frames = Enumerable.Range(0, 300).Select(_ =>
        {
            var (c, s) = (random.Gauss(3), random.Gauss(3));
            return (IReadOnlyList<Spot>)[.. Enumerable.Range(0, 144).Select(i =>
            {
                var phase = Math.PI / 2 * (i % 12);
                return new Spot(i, 300 + (150 * (i % 12)) + (c * Math.Cos(phase)) + (s * Math.Sin(phase)) + random.Gauss(0.5), 300 + (151 * (i / 12)) + random.Gauss(0.5));
            })];
        });

        var modes = Played.Run("lattice", frames, size: 2200).Tables.Single(table => table.Name == "modes").Rows;
        var softest = modes.MaxBy(row => row[3])!;
        Assert.Equal(Math.PI / 150, Math.Sqrt(Math.Pow(softest[1], 2) + Math.Pow(softest[2], 2)), 3);
        Assert.True(softest[3] > 20 * softest[4]);
    }

    private static IEnumerable<IReadOnlyList<Spot>> Crystal(CrystalOf crystal)
    {
        var random = new Random(crystal.Seed);
        var (sin, cos) = Math.SinCos((crystal.AngleDeg + 20) * Math.PI / 180);
        var (sin1, cos1) = Math.SinCos(20 * Math.PI / 180);
        var sites = new List<Point2>();
        for (var i = 0; i < crystal.Rows; i++)
        {
            for (var j = 0; j < crystal.Rows; j++)
            {
                sites.Add(new Point2(SpacingPx * ((i * cos1) + (crystal.Ratio * j * cos)), SpacingPx * ((i * sin1) + (crystal.Ratio * j * sin))));
            }
        }

        var axis = crystal.RmsNm / Played.PixelNm / Math.Sqrt(2);
        var state = sites.Select(_ => (X: random.Gauss(axis), Y: random.Gauss(axis), Turn: random.Gauss(CrystalOf.TurnRmsDeg))).ToArray();
        var keep = Math.Exp(-1 / CrystalOf.MemoryFrames);
        var kick = Math.Sqrt(1 - (keep * keep));
        double driftX = 0, driftY = 0;
        for (var t = 0; t < crystal.Frames; t++)
        {
            var (turnSin, turnCos) = Math.SinCos(crystal.TurnDegPerFrame * t * Math.PI / 180);
            (driftX, driftY) = (driftX + 0.3 + random.Gauss(0.5), driftY - 0.2 + random.Gauss(0.5));
            var spots = new List<Spot>();
            for (var i = 0; i < sites.Count; i++)
            {
                var (x, y) = (sites[i].X + state[i].X, sites[i].Y + state[i].Y);
                spots.Add(new Spot(
                    i,
                    400 + driftX + (turnCos * x) - (turnSin * y) + random.Gauss(crystal.NoisePx),
                    400 + driftY + (turnSin * x) + (turnCos * y) + random.Gauss(crystal.NoisePx))
                {
                    Err = crystal.StatesNoise ? crystal.NoisePx : double.NaN,
                    Symmetry = 4,
                    RotationDeg = state[i].Turn + (crystal.TurnDegPerFrame * t) + random.Gauss(0.5),
                    AngleErrDeg = 0.5,
                });
                state[i] = ((state[i].X * keep) + random.Gauss(axis * kick), (state[i].Y * keep) + random.Gauss(axis * kick), (state[i].Turn * keep) + random.Gauss(CrystalOf.TurnRmsDeg * kick));
            }

            yield return spots;
        }
    }

    private sealed record CrystalOf
    {
        public const double MemoryFrames = 4;
        public const double TurnRmsDeg = 3;

        public int Frames { get; init; } = 80;

        public int Rows { get; init; } = 8;

        public double AngleDeg { get; init; } = 80;

        public double Ratio { get; init; } = 1.02;

        public double RmsNm { get; init; } = 1;

        public double NoisePx { get; init; } = 0.3;

        public bool StatesNoise { get; init; } = true;

        public double TurnDegPerFrame { get; init; }

        public required int Seed { get; init; }
    }
}
