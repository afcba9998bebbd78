using LiveLtem.Core;
using LiveLtem.Core.Analysis;
using LiveLtem.Tracker.Analysis.States;
using Xunit;

namespace LiveLtem.Tracker.Tests.States;

public sealed class StateTests
{
    private static readonly double[][] Apart = [[80, 15], [180, 90], [270, 220]];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void As_many_states_are_found_as_there_are(int count)
    {
        var made = Make(new Random(count), count, molecules: 8, frames: 300, leave: 0.02, noise: 20, own: 8);
        Assert.Equal(count, StateFit.Choose(made.Sequences).Count);
    }

    [Fact]
    public void One_broad_state_of_molecules_that_differ_stays_one_state()
    {
        var random = new Random(4);
        var sequences = Enumerable.Range(0, 12).Select(i =>
        {
            double size = 100 + (25 * Normal(random)), length = 60 + (20 * Normal(random));
            return Enumerable.Range(0, 200).Select(f => Observe(random, f, [size, length], 15)).ToArray();
        }).ToList();
        Assert.Equal(1, StateFit.Choose(sequences).Count);
    }

    [Fact]
    public void Rates_are_recovered_within_their_errors_and_states_with_few_faults()
    {
        double squares = 0;
        var rates = 0;
        for (var trial = 0; trial < 6; trial++)
        {
            var made = Make(new Random(100 + trial), 3, molecules: 10, frames: 300, leave: 0.02, noise: 25, own: 8);
            var account = Track(made.Sequences, out var right);
            Assert.True(right(made.Truth) > 0.93, $"{right(made.Truth):F3} right");
            for (var i = 0; i < 3; i++)
            {
                var stay = Enumerable.Range(0, 3).Sum(j => account.Moves(i, j));
                for (var j = 0; j < 3; j++)
                {
                    if (i != j)
                    {
                        var err = account.MovesErr(i, j) / stay;
                        squares += Math.Pow(((account.Moves(i, j) / stay) - 0.01) / err, 2);
                        rates++;
                    }
                }
            }
        }

        Assert.InRange(squares / rates, 0.4, 1.8);
    }

    [Fact]
    public void Every_frame_comes_out_once_in_order_and_keeps_its_tracks()
    {
        var made = Make(new Random(7), 2, molecules: 4, frames: 150, leave: 0.02, noise: 20, own: 5);
        var tracker = new StateTracker(new Played(made.Sequences));
        var released = Play(tracker, 150);
        Assert.Equal(Enumerable.Range(0, 150).Select(f => (long)f), released.Select(t => t.Header.Number));
        Assert.All(released, t => Assert.Equal([0, 1, 2, 3], t.Points.Select(p => p.Particle)));
    }

    [Fact]
    public void Occupancies_rates_and_dwell_times_come_with_their_errors_and_in_seconds()
    {
        var made = Make(new Random(9), 2, molecules: 20, frames: 400, leave: 0.02, noise: 15, own: 5);
        var analysis = new StatesAnalysis(AnalysisSetup.Of(new Calibration { FrameTimeS = new Calibrated(0.1, "typed") }, null, null));
        foreach (var tracks in Play(new StateTracker(new Played(made.Sequences)), 400))
        {
            analysis.Add(tracks, new FrameRow { Frame = tracks.Header.Number, MeanCounts = 0, SaturatedFraction = 0, DroppedBefore = 0, Processed = true });
        }

        var figures = analysis.Result().Figures.ToDictionary(f => f.Name);
        Assert.Equal(2, figures["count"].Value);
        Assert.Equal(1, figures["occupancy"].Values!.Sum(v => v.Value), 6);
        Assert.All(figures["occupancy"].Values!, v => Assert.InRange((v.Value - 0.5) / v.Err!.Value, -3, 3));
        Assert.All(figures["rate_per_s"].Values!, v => Assert.InRange((v.Value - 0.2) / v.Err!.Value, -3, 3));
        var table = Assert.Single(analysis.Result().Tables);
        Assert.All(table.Rows, row => Assert.Equal(table.Columns.Count, row.Length));
        Assert.Equal([(0, double.NaN), (0, 1), (1, double.NaN), (1, 0)], table.Rows.Select(row => (row[0], row[1])));
    }

    [Fact]
    public void Tracks_without_states_say_why_there_are_none()
    {
        var result = new StatesAnalysis(AnalysisSetup.Of(new Calibration(), null, null)).Result();
        Assert.All(result.Figures, f => Assert.NotNull(f.Missing));
        Assert.Empty(result.Tables);
    }

    private static List<FrameTracks> Play(StateTracker tracker, int frames)
    {
        var released = new List<FrameTracks>();
        for (var f = 0; f < frames; f++)
        {
            tracker.Track(new FrameDetections { Header = new FrameHeader { Number = f }, Particles = [], Height = 1, Width = 1 });
            released.AddRange(tracker.TakeFinished());
        }

        tracker.Complete();
        released.AddRange(tracker.TakeFinished());
        return released;
    }

    private static StateAccount Track(List<StateObservation[]> sequences, out Func<int[][], double> right)
    {
        var tracker = new StateTracker(new Played(sequences));
        var released = Play(tracker, sequences[0].Length);
        var account = new StateAccount();
        released.ForEach(account.Add);
        right = truth => released.SelectMany(t => t.Points).Average(p => p.State == truth[p.Particle][p.Frame] ? 1.0 : 0);
        return account;
    }

    private static (List<StateObservation[]> Sequences, int[][] Truth) Make(Random random, int count, int molecules, int frames, double leave, double noise, double own)
    {
        var truth = new int[molecules][];
        var sequences = new List<StateObservation[]>();
        for (var m = 0; m < molecules; m++)
        {
            var offsets = Enumerable.Range(0, count).Select(_ => new[] { own * Normal(random), own * Normal(random) }).ToArray();
            truth[m] = new int[frames];
            var sequence = new StateObservation[frames];
            var state = random.Next(count);
            for (var f = 0; f < frames; f++)
            {
                if (f > 0 && count > 1 && random.NextDouble() < leave)
                {
                    state = (state + 1 + random.Next(count - 1)) % count;
                }

                truth[m][f] = state;
                sequence[f] = Observe(random, f, [Apart[state][0] + offsets[state][0], Apart[state][1] + offsets[state][1]], noise);
            }

            sequences.Add(sequence);
        }

        return (sequences, truth);
    }

    private static StateObservation Observe(Random random, int frame, double[] mean, double noise) =>
        new(frame, [.. mean.Select(m => m + (noise * Normal(random)))], [.. mean.Select(_ => noise * noise)]);

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    // A tracker that plays tracks known beforehand.
    private sealed class Played(List<StateObservation[]> sequences) : IParticleTracker
    {
        private readonly Queue<FrameTracks> _finished = new();

        public FrameTracks Track(FrameDetections detections)
        {
            var f = detections.Header.Number;
            var tracks = new FrameTracks { Header = detections.Header, Points = [.. sequences.Select((s, i) => Point(i, f, s[f]))] };
            _finished.Enqueue(tracks);
            return tracks;
        }

        public IReadOnlyList<FrameTracks> TakeFinished()
        {
            var all = _finished.ToList();
            _finished.Clear();
            return all;
        }

        public void Complete()
        {
        }

        private static TrackPoint Point(int particle, long frame, StateObservation o) => new()
        {
            Frame = frame,
            Particle = particle,
            Fit = new ShapeFit { Symmetry = 1, XPx = 0, YPx = 0, XErrPx = 1, YErrPx = 1, AreaPx = 1, MajorPx = 1, MinorPx = 1 },
            Features = new ShapeFeatures
            {
                IntegratedContrastPx2 = 10,
                IntegratedContrastErrPx2 = 1,
                GyrationPx2 = o.Values[0],
                GyrationErrPx2 = Math.Sqrt(o.Variances[0]),
                ElongationPx2 = o.Values[1],
                ElongationErrPx2 = Math.Sqrt(o.Variances[1]),
                AreaPx2 = 1,
                AreaErrPx2 = 1,
                EndToEndPx = 1,
                EndToEndErrPx = 1,
                OutlineGyrationPx2 = o.Values[0],
            },
        };
    }
}
