using System.Numerics.Tensors;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Inference.Denoise.Honesty;

namespace LiveLtem.Inference.Denoise;

/// <summary>Denoises frames as they come: the best linear estimate from this frame and all earlier ones, by what the recording tells of noise and motion, and,
/// where there is a network, what that adds to it.</summary>
/// <remarks>No delay, unless it is asked to look ahead: the estimate of a frame is made from it and what came before. Frames without beam pass as they are and are not remembered. Not thread-safe.</remarks>
public sealed class SpectralDenoiser : IFrameDenoiser
{
    /// <summary>Frames that it wants to see first.</summary>
    public const int FirstFrames = 32;

    // As far as the strongest classical filters look; what lies further off tells hardly any more of molecules that move.
    private const int FramesAhead = 15;

    private readonly FramePool _pool;
    private readonly MotionSpectrum? _known;
    private readonly Queue<Seen> _ahead = new();
    private DenoiseModel? _model;
    private RecordingLevel? _level;
    private FilterBank? _bank;
    private float[] _correction = [];
    private float[] _raw = [];
    private HonestyMeter? _honesty;
    private HonestyFigures? _figures;
    private UnsupportedMask? _unsupported;
    private DenoiserInUse _inUse;
    private long? _last;

    /// <summary>Creates a denoiser that has seen nothing yet.</summary>
    /// <param name="pool">Where denoised frames come from.</param>
    /// <param name="model">The network, the denoiser's from now on; null for the linear filter alone.</param>
    /// <param name="spectrum">What was learnt from the whole recording; null to learn it from the first frames.</param>
    /// <param name="looksAhead">Whether later frames count too, which cannot be live.</param>
    public SpectralDenoiser(FramePool pool, DenoiseModel? model = null, MotionSpectrum? spectrum = null, bool looksAhead = false)
    {
        Delay = looksAhead ? FramesAhead : 0;
        _pool = pool;
        _model = model;
        _known = spectrum;
        _inUse = new DenoiserInUse { Version = 0, Name = model?.Card.Name ?? DenoiserInUse.Linear, Sha256 = model?.Card.Sha256 };
    }

    /// <summary>What serves the newest frames. Thread-safe.</summary>
    public DenoiserInUse InUse => Volatile.Read(ref _inUse);

    /// <inheritdoc/>
    public int Version => InUse.Version;

    /// <inheritdoc/>
    public int LearningFrames => FirstFrames;

    /// <inheritdoc/>
    public void Learn(IReadOnlyList<Frame> first)
    {
        _level = new RecordingLevel(first);
        var (height, width) = (first[0].Height, first[0].Width);
        _bank = new FilterBank(height, width, _known ?? SpectrumEstimator.Of(first, _level), _model is null ? 1 : FilterBank.Channels, Delay > 0);
        _correction = new float[height * width];
        _raw = new float[height * width];
        _honesty = new HonestyMeter(height, width);
    }

    /// <inheritdoc/>
    public int Delay { get; }

    /// <inheritdoc/>
    public void LookAhead(Frame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        if (_bank is not { } bank || _level is not { } level)
        {
            throw new InvalidOperationException("Learn comes before LookAhead");
        }

        if (level.TakeOff(frame, _correction).Usual)
        {
            _ahead.Enqueue(new Seen(frame.Number, bank.Transform(_correction)));
        }
    }

    /// <inheritdoc/>
    public Frame Denoise(Frame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        if (_bank is not { } bank || _level is not { } level)
        {
            throw new InvalidOperationException("Learn comes before Denoise");
        }

        using var draft = _pool.Rent(frame.Height, frame.Width, PixelType.Float32);
        var picture = draft.Pixels<float>();
        var (mean, scale, usual) = level.TakeOff(frame, picture);
        if (usual)
        {
            var step = _last is { } last ? frame.Number - last : 1;
            if (Delay > 0)
            {
                bank.LookAhead(TakeAhead(frame.Number), step, [.. _ahead.Select(seen => (seen.Number - frame.Number, seen.Coefficients))]);
            }
            else
            {
                bank.Next(picture, step);
            }

            _last = frame.Number;
            picture.CopyTo(_raw);
            bank.Estimate(picture);
            if (_model is { } model)
            {
                model.Run(frame.Height, frame.Width, bank.Channel, _correction);
                TensorPrimitives.MultiplyAdd<float>(_correction, (float)bank.Unit, picture, picture);
            }

            // A blank reference for what later frames are held against would be none: only frames of the recording's beam are judged.
            if (_honesty!.Add(_raw, picture))
            {
                Volatile.Write(ref _unsupported, UnsupportedMask.Of(frame.Number, frame.Height, frame.Width, _honesty.Mask, Version));
            }

            Volatile.Write(ref _figures, _honesty.Figures());
        }

        TensorPrimitives.Multiply(picture, scale, picture);
        TensorPrimitives.Add(picture, mean, picture);
        return draft.Publish(frame.Header);
    }

    /// <summary>How far what it gives can be trusted; null before enough frames went by. Thread-safe.</summary>
    public HonestyFigures? Honesty => Volatile.Read(ref _figures);

    /// <summary>Where the newest frame that was looked at shows more than the raw frames carry; null before one was. Thread-safe.</summary>
    public UnsupportedMask? Unsupported => Volatile.Read(ref _unsupported);

    /// <summary>Goes on with another network from the next frame on. All that was learnt of the frames so far stays, so that the picture neither jumps nor starts afresh.</summary>
    /// <param name="prepared">The denoiser's from now on.</param>
    /// <param name="firstFrame">Number of that frame.</param>
    /// <returns>What serves from there.</returns>
    /// <exception cref="InvalidOperationException">It runs without a network, or has learnt nothing yet.</exception>
    public DenoiserInUse Switch(PreparedDenoiser prepared, long firstFrame)
    {
        ArgumentNullException.ThrowIfNull(prepared);
        if (_model is not { } old || _bank is not { } bank || _level is not { } level)
        {
            throw new InvalidOperationException("only a denoiser that serves with a network can go on with another one");
        }

        var next = prepared.Denoiser with { FirstFrame = firstFrame };
        _model = prepared.Take();
        old.Dispose();
        if (_model.Card.Spectrum is { } spectrum)
        {
            bank.Adopt(spectrum.At(level.Usual));
        }

        // What was measured before says nothing of what is shown from here on.
        _honesty!.Restart();
        Volatile.Write(ref _figures, null);
        Volatile.Write(ref _inUse, next);
        return next;
    }

    /// <inheritdoc/>
    public string Describe() => _bank is { } bank
        ? FormattableString.Invariant($"{(_model is { } model ? $"network {model.Card.Name} ({model.Card.Sha256[..8]}, version {Version}) on " : "")}the best linear filter in space and time, noise {bank.NoiseRms:G3} counts a pixel, {(Delay > 0 ? $"{Delay} later frames looked at" : "delay 0 frames")}")
        : "nothing learnt yet";

    // Frames come to be denoised in the order in which they were shown.
    private float[] TakeAhead(long number)
    {
        while (_ahead.TryDequeue(out var seen))
        {
            if (seen.Number == number)
            {
                return seen.Coefficients;
            }
        }

        throw new InvalidOperationException($"frame {number} was not shown by LookAhead");
    }

    private sealed record Seen(long Number, float[] Coefficients);

    /// <inheritdoc/>
    public void Dispose()
    {
        _bank?.Dispose();
        _honesty?.Dispose();
        _model?.Dispose();
    }
}
