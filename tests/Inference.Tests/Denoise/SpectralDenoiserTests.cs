using System.Numerics.Tensors;
using System.Text.Json;
using LiveLtem.Core;
using LiveLtem.HardwareSim;
using LiveLtem.HardwareSim.Scoring;
using LiveLtem.Inference.Denoise;
using LiveLtem.Inference.Models;
using LiveLtem.Testing;

namespace LiveLtem.Inference.Tests.Denoise;

public sealed class SpectralDenoiserTests
{
    private const int Side = 160;

    [Theory]
    [InlineData(1, 0.75)]
    [InlineData(0.5, 0.6)]
    [InlineData(0.2, 0.35)]
    public void Detail_of_soft_matter_comes_out_and_is_on_average_there(double snr, double correlation)
    {
        using var movie = new SoftScene(snr, 90);
        var score = movie.Score(movie.Denoise());

        Assert.True(score.DetailCorrelation > correlation, $"correlation {score.DetailCorrelation:F3}");
        Assert.InRange(score.CalibrationSlope!.Value, 0.75, 1.3);
        Assert.True(score.DetailCorrelation > 2 * movie.Score(movie.Raw).DetailCorrelation);
    }

    [Fact]
    public void Later_frames_change_no_earlier_one()
    {
        using var movie = new SoftScene(0.5, 60);
        var whole = movie.Denoise();
        var other = movie.Denoise(frame => frame.Number >= 40);

        for (var i = 0; i < 40; i++)
        {
            Assert.Equal(whole[i], other[i]);
        }

        Assert.NotEqual(whole[45], other[45]);
    }

    [Fact]
    public void Later_frames_make_it_better_where_it_may_look_at_them()
    {
        using var movie = new SoftScene(0.5, 60);
        var causal = movie.Score(movie.Denoise());
        var offline = movie.Score(movie.Denoise(looksAhead: true));

        Assert.True(offline.DetailCorrelation > causal.DetailCorrelation + 0.03, $"{offline.DetailCorrelation:F3} over {causal.DetailCorrelation:F3}");
        Assert.InRange(offline.CalibrationSlope!.Value, 0.75, 1.3);
    }

    [Fact]
    public void The_shipped_network_beats_the_linear_filter_and_stays_calibrated()
    {
        using var movie = new SoftScene(0.5, 60);
        var linear = movie.Score(movie.Denoise());
        var learned = movie.Score(movie.Denoise(network: true));

        Assert.True(learned.DetailCorrelation > linear.DetailCorrelation + 0.01, $"{learned.DetailCorrelation:F3} over {linear.DetailCorrelation:F3}");
        Assert.InRange(learned.CalibrationSlope!.Value, 0.8, 1.25);
    }

    [Fact]
    public void The_shipped_network_finds_nothing_in_pure_noise()
    {
        using var movie = new SoftScene(0.5, 60, noiseOnly: true);
        Assert.All(movie.Denoise(network: true).Skip(8), picture => Assert.True(
            TensorPrimitives.StdDev<float>(picture) < 0.03 * TensorPrimitives.StdDev<float>(movie.Raw[0]),
            $"{TensorPrimitives.StdDev<float>(picture) / TensorPrimitives.StdDev<float>(movie.Raw[0])}"));
    }

    [Fact]
    public void Pure_noise_shows_next_to_nothing()
    {
        using var movie = new SoftScene(0.5, 90, noiseOnly: true);
        var shown = movie.Denoise();

        // A tenth of the noise would be a picture; what chance leaves is far below.
        Assert.All(shown.Skip(8), picture => Assert.True(
            TensorPrimitives.StdDev<float>(picture) < 0.03 * TensorPrimitives.StdDev<float>(movie.Raw[0]),
            $"{TensorPrimitives.StdDev<float>(picture) / TensorPrimitives.StdDev<float>(movie.Raw[0])}"));
    }

    [Fact]
    public void A_frame_without_beam_passes_as_it_is_and_is_not_remembered()
    {
        using var movie = new SoftScene(1, 60);
        var without = movie.Denoise();
        movie.Blank(50);
        var with = movie.Denoise();

        Assert.Equal(movie.Raw[50], with[50]);
        for (var i = 52; i < 60; i++)
        {
            Assert.InRange(TensorPrimitives.Distance<float>(without[i], with[i]) / TensorPrimitives.StdDev<float>(movie.Raw[i]) / Side, 0, 0.1);
        }
    }

    [Fact]
    public void A_particle_that_leaves_is_gone_within_sixty_frames()
    {
        const int gone = 80;
        const int delay = 60;
        using var pool = new FramePool();
        using var denoiser = new SpectralDenoiser(pool);
        var random = new LiveLtem.HardwareSim.Randomness.SimRandom(5, 6);
        var frames = Enumerable.Range(0, gone + delay + 1).Select(t =>
        {
            using var draft = pool.Rent(Side, Side, PixelType.Float32);
            var pixels = draft.Pixels<float>();
            for (var i = 0; i < pixels.Length; i++)
            {
                double x = (i % Side) - 80, y = (i / Side) - 80;
                var particle = t < gone ? 20 * Math.Exp(-0.5 * ((x * x) + (y * y)) / 36) : 0;
                pixels[i] = (float)(1000 - particle + (30 * random.NextNormal()));
            }

            return draft.Publish(new FrameHeader { Number = t });
        }).ToList();
        denoiser.Learn(frames[..32]);
        var shown = frames.ConvertAll(frame =>
        {
            using var denoised = denoiser.Denoise(frame);
            var mean = TensorPrimitives.Sum(denoised.Pixels<float>()) / (Side * Side);
            return mean - denoised.Pixels<float>()[(80 * Side) + 80];
        });
        frames.ForEach(frame => frame.Dispose());

        Assert.True(shown[gone - 1] > 10, $"only {shown[gone - 1]:F1} of 20 counts were shown while it was there");
        Assert.True(shown[gone + delay] < 0.15 * shown[gone - 1], $"{shown[gone + delay]:F1} of {shown[gone - 1]:F1} counts are still shown");
    }

    [Theory]
    [InlineData(97, 131)]
    [InlineData(33, 64)]
    public void Frames_of_any_size_keep_their_size_and_mean(int height, int width)
    {
        using var pool = new FramePool();
        using var denoiser = new SpectralDenoiser(pool);
        var random = new Random(5);
        var frames = Enumerable.Range(0, 20).Select(i =>
        {
            using var draft = pool.Rent(height, width, PixelType.UInt8);
            random.NextBytes(draft.Bytes);
            return draft.Publish(new FrameHeader { Number = i });
        }).ToList();
        denoiser.Learn(frames);
        foreach (var frame in frames)
        {
            using var denoised = denoiser.Denoise(frame);
            Assert.Equal((height, width, PixelType.Float32), (denoised.Height, denoised.Width, denoised.Type));
            Assert.InRange(TensorPrimitives.Sum(denoised.Pixels<float>()) / (height * width), 110, 145);
            frame.Dispose();
        }

        Assert.Equal(0, pool.Outstanding);
    }

    [Fact]
    public void A_single_frame_and_a_constant_one_are_no_reason_to_fail()
    {
        using var pool = new FramePool();
        using var denoiser = new SpectralDenoiser(pool);
        using var draft = pool.Rent(64, 64, PixelType.UInt16);
        draft.Pixels<ushort>().Fill(700);
        using var frame = draft.Publish(new FrameHeader { Number = 0 });
        denoiser.Learn([frame]);
        using var denoised = denoiser.Denoise(frame);

        Assert.All(denoised.Pixels<float>().ToArray(), value => Assert.Equal(700, value, 0.01));
    }

    [Fact]
    public void Another_network_takes_over_without_a_jump()
    {
        const int at = 45;
        using var folder = new TempFolder();
        using var movie = new SoftScene(0.5, 60);
        var stays = movie.Denoise(network: true);
        var same = movie.Denoise(network: true, before: (denoiser, frame) => Switch(denoiser, frame, DenoiseCard.General));
        var adapted = movie.Denoise(network: true, before: (denoiser, frame) => Switch(denoiser, frame, movie.Adapted(folder)));
        var fresh = movie.Denoise(network: true, from: at);

        // The same network with what was seen so far goes on to the last bit; one that knows the noise better differs by far less than a fresh start does.
        Assert.Equal(stays, same);
        Assert.Equal(stays[..at], adapted[..at]);
        Assert.NotEqual(stays[at], adapted[at]);
        Assert.True(
            TensorPrimitives.Distance<float>(stays[at], adapted[at]) < 0.4 * TensorPrimitives.Distance<float>(stays[at], fresh[0]),
            $"{TensorPrimitives.Distance<float>(stays[at], adapted[at])} against {TensorPrimitives.Distance<float>(stays[at], fresh[0])} of a fresh start");

        static void Switch(SpectralDenoiser denoiser, Frame frame, string card)
        {
            if (frame.Number == at)
            {
                Assert.Equal(0, denoiser.Version);
                using var prepared = PreparedDenoiser.Load(card, 1, frame.Height, frame.Width);
                var now = denoiser.Switch(prepared, frame.Number);
                Assert.Equal((1, (long?)at), (now.Version, now.FirstFrame));
                Assert.Equal(now, denoiser.InUse);
                Assert.Null(denoiser.Honesty);
                Assert.Contains("version 1", denoiser.Describe(), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void The_linear_filter_alone_cannot_go_on_with_a_network()
    {
        using var movie = new SoftScene(0.5, 33);
        Assert.Throws<InvalidOperationException>(() => movie.Denoise(before: (denoiser, frame) =>
        {
            using var prepared = PreparedDenoiser.Load(DenoiseCard.General, 1, frame.Height, frame.Width);
            denoiser.Switch(prepared, frame.Number);
        }));
    }

    [Fact]
    public void A_card_whose_noise_cannot_be_meant_is_refused()
    {
        using var folder = new TempFolder();
        using var movie = new SoftScene(0.5, 33);
        var card = movie.Adapted(folder);
        File.WriteAllText(card, File.ReadAllText(card).Replace("\"pattern\": ", "\"pattern\": -1", StringComparison.Ordinal));
        Assert.Contains("spectrum", Assert.Throws<InputException>(() => DenoiseCard.Read(card)).Message, StringComparison.Ordinal);
        File.WriteAllText(card, "{\"format\": 1,\n]");
        Assert.Equal(
            $"model card {card}: line 2, byte 1: is no JSON there: a quote, comma or bracket is missing or too many; restore the card that 'liveltem train' wrote",
            Assert.Throws<InputException>(() => DenoiseCard.Read(card)).Message);
        Assert.Contains("there are general", Assert.Throws<InputException>(() => DenoiseCard.Read(folder.File("gone.json"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Noise_learnt_at_one_level_serves_at_another()
    {
        using var movie = new SoftScene(0.5, 40);
        var spectrum = RecordingSpectrum.Of(movie.Spectrum(), 1000, 2);
        Assert.Equal(4 * movie.Spectrum().Noise[20], spectrum.Noise[20], 1e-4 * spectrum.Noise[20]);
        Assert.Equal(spectrum.Noise[20] / 4, spectrum.At(500).Noise[20], 1e-9 * spectrum.Noise[20]);
        Assert.Equal(spectrum.Power[20][1], spectrum.At(0).Power[20][1]);
    }

    /// <summary>A simulated movie with its clean frames.</summary>
    private sealed class SoftScene : IDisposable
    {
        private readonly FramePool _pool = new();
        private readonly List<Frame> _frames = [];
        private readonly List<float[]> _clean = [];

        public SoftScene(double snr, int count, bool noiseOnly = false)
        {
            var simulator = new Simulator("soft", new SceneOptions { SizePx = Side, Cnr = snr, Seed = 11, Type = PixelType.UInt16, Particles = 8 });
            var noise = new Random(3);
            for (var i = 0; i < count; i++)
            {
                using var draft = _pool.Rent(Side, Side, PixelType.UInt16);
                var clean = new float[Side * Side];
                simulator.Next(draft.Bytes, clean);
                if (noiseOnly)
                {
                    foreach (ref var pixel in draft.Pixels<ushort>())
                    {
                        pixel = (ushort)(1000 + noise.Next(200));
                    }
                }

                _clean.Add(clean);
                _frames.Add(draft.Publish(new FrameHeader { Number = i }));
            }
        }

        public IReadOnlyList<float[]> Raw => [.. _frames.Select(Floats)];

        public void Blank(int index)
        {
            using var draft = _pool.Rent(Side, Side, PixelType.UInt16);
            draft.Pixels<ushort>().Fill(3);
            _frames[index].Dispose();
            _frames[index] = draft.Publish(new FrameHeader { Number = index });
        }

        public MotionSpectrum Spectrum() => SpectrumEstimator.Of(_frames, new RecordingLevel(_frames));

        /// <summary>The shipped network with noise and motion of this movie.</summary>
        public string Adapted(TempFolder folder)
        {
            var (card, network) = DenoiseCard.Read(DenoiseCard.General);
            var adapted = card with { Name = "mine", File = "mine.onnx", Spectrum = RecordingSpectrum.Of(Spectrum(), new RecordingLevel(_frames).Usual, 1) };
            File.WriteAllBytes(folder.File("mine.onnx"), network);
            File.WriteAllBytes(folder.File("mine.json"), JsonSerializer.SerializeToUtf8Bytes(adapted, ModelCard.Json));
            return folder.File("mine.json");
        }

        public List<float[]> Denoise(
            Func<Frame, bool>? inverted = null, bool looksAhead = false, bool network = false, int from = 0, Action<SpectralDenoiser, Frame>? before = null)
        {
            using var denoiser = new SpectralDenoiser(_pool, network ? DenoiseModel.Load(DenoiseCard.General) : null, looksAhead: looksAhead);
            denoiser.Learn(_frames[..denoiser.LearningFrames]);
            var shown = new List<float[]>();
            for (var i = 0; i < (looksAhead ? denoiser.Delay : 0); i++)
            {
                denoiser.LookAhead(_frames[i]);
            }

            foreach (var frame in _frames.Skip(from))
            {
                before?.Invoke(denoiser, frame);
                if (looksAhead && frame.Number + denoiser.Delay < _frames.Count)
                {
                    denoiser.LookAhead(_frames[(int)frame.Number + denoiser.Delay]);
                }

                using var other = Inverted(frame, inverted?.Invoke(frame) ?? false);
                using var denoised = denoiser.Denoise(other);
                shown.Add(denoised.Pixels<float>().ToArray());
            }

            return shown;
        }

        public PictureScore Score(IReadOnlyList<float[]> shown)
        {
            var scorer = new PictureScorer(Side, Side);
            for (var i = 0; i < shown.Count; i++)
            {
                scorer.Add(_clean[i], shown[i]);
            }

            return scorer.Score();
        }

        public void Dispose()
        {
            _frames.ForEach(frame => frame.Dispose());
            Assert.Equal(0, _pool.Outstanding);
            _pool.Dispose();
        }

        private Frame Inverted(Frame frame, bool really)
        {
            if (!really)
            {
                return frame.Share();
            }

            using var draft = _pool.Rent(Side, Side, PixelType.UInt16);
            var from = frame.Pixels<ushort>();
            var to = draft.Pixels<ushort>();
            for (var i = 0; i < to.Length; i++)
            {
                to[i] = from[to.Length - 1 - i];
            }

            return draft.Publish(frame.Header);
        }

        private static float[] Floats(Frame frame)
        {
            var values = new float[frame.Height * frame.Width];
            frame.CopyTo(values);
            return values;
        }
    }
}
