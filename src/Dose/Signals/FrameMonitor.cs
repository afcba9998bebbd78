using LiveLtem.Core;

namespace LiveLtem.Dose.Signals;

/// <summary>What is measured on the picture of every received frame, for the rules.</summary>
internal sealed record FrameSignals
{
    /// <summary>Number and times.</summary>
    public required FrameHeader Header { get; init; }

    /// <summary>The beam against the usual one: 1 as usual; null before that is known, or where the counts say nothing of it.</summary>
    public double? BeamLevel { get; init; }

    /// <summary>The same from saturated counts: the beam is at least so strong.</summary>
    public double? BeamAtLeast { get; init; }

    /// <summary>Whether nothing but the dark level is left.</summary>
    public bool Blanked { get; init; }

    /// <summary>Fraction of pixels that can read no higher.</summary>
    public required double SaturatedFraction { get; init; }

    /// <summary>Whether the picture is one that came before, exactly.</summary>
    public long? RepeatOf { get; init; }

    /// <summary>Jump of the picture that is certain with this frame, or null.</summary>
    public Jump? Jump { get; init; }

    /// <summary>The focus; null where it was not looked at.</summary>
    public FocusReading? Focus { get; init; }

    /// <summary>A bright region that was not there before, or null.</summary>
    public BrightRegion? Bright { get; init; }

    /// <summary>Whether the picture was looked at: not blank, saturated or sent again.</summary>
    public bool Looked { get; init; }
}

/// <summary>Measures every received frame for the rules: beam, saturation, repeats, jumps, focus, bright regions.</summary>
/// <remarks>Works on the frame made small. One after the other, in the order of arrival, from one thread.</remarks>
internal sealed class FrameMonitor(Calibration calibration, MonitorSettings settings)
{
    private const int HashesKept = 32;
    private const double SaturatedAbove = 0.002;

    // A peak of pixels at the largest value of a frame: a camera of 12 bits in numbers of 16.
    private const double PiledAbove = 0.004;
    private const int SettleFrames = 3;
    private readonly Queue<(ulong Hash, long Number)> _hashes = new();
    private BeamMeter _beam = new(calibration.DarkLevel?.Value, settings.BlankBelow);
    private SmallPicture? _picture;
    private BlockMaps? _maps;
    private JumpMeter? _jumps;
    private FocusMeter? _focus;
    private BubbleMeter? _bubbles;
    private double? _usualPile;
    private double _usualMean;
    private int _unsettled;
    private bool _refocus;

    /// <summary>Why pictures are not looked at, or null.</summary>
    public string? TooSmall { get; private set; }

    /// <summary>Whether the focus can be followed; null before that is known.</summary>
    public bool? FocusCanBeTold => _focus?.CanTell;

    /// <summary>The conditions changed: what is usual is learnt anew.</summary>
    /// <param name="darkLevel">Counts without a beam, or null.</param>
    public void Begin(double? darkLevel)
    {
        _beam = new BeamMeter(darkLevel, settings.BlankBelow);
        _jumps?.Reset();
        _focus?.Reset();
        _bubbles?.Reset();
        _usualPile = null;
        _usualMean = 0;
    }

    /// <summary>The beam's level is the usual one from now on.</summary>
    public void AcceptBeam(double level) => _beam.Accept(level);

    /// <summary>The focus is the usual one from now on; it is learnt with the next frames.</summary>
    public void AcceptFocus() => _refocus = true;

    /// <summary>Measures one frame, which stays the caller's.</summary>
    public FrameSignals Read(Frame frame, GaugeReading gauge)
    {
        ArgumentNullException.ThrowIfNull(frame);
        var repeat = Repeat(gauge);
        var saturated = Saturation(frame, gauge);
        var signals = new FrameSignals { Header = frame.Header, SaturatedFraction = saturated, RepeatOf = repeat };
        if (!Prepare(frame) || !double.IsFinite(gauge.MeanCounts))
        {
            return signals;
        }

        if (repeat is not null)
        {
            return signals;
        }

        _picture!.Take(frame);
        _maps!.Take(settings.BrightParticles);
        var trusted = saturated <= SaturatedAbove;
        var beam = _beam.Read(_maps.Means, _picture, trusted);
        if (beam.Blanked)
        {
            _unsettled = SettleFrames;
            return signals with { BeamLevel = beam.Level, Blanked = true };
        }

        if (!trusted)
        {
            _unsettled = SettleFrames;
            return signals with { BeamAtLeast = beam.Level };
        }

        return Look(signals with { BeamLevel = beam.Level, Looked = true }, beam.Level ?? 1);
    }

    /// <summary>What can be said of a frame without its picture.</summary>
    public FrameSignals Pass(GaugeReading gauge) => new() { Header = gauge.Header, SaturatedFraction = gauge.SaturatedFraction, RepeatOf = Repeat(gauge) };

    private FrameSignals Look(FrameSignals signals, double level)
    {
        var calm = _unsettled == 0 && Math.Abs(level - 1) < 0.1;
        _unsettled = Math.Max(0, _unsettled - 1);
        var jump = _jumps!.Take(_picture!, _beam.Dark, signals.Header.Number, settings.LeastJumpPx);
        if (jump is not null)
        {
            _bubbles!.Reset(jumped: true);
        }

        FocusReading? focus = null;
        if (_jumps.HasPrevious)
        {
            if (_refocus)
            {
                _focus!.Accept();
                _refocus = false;
            }

            focus = _focus!.Read(_jumps.Previous, _jumps.Newest, _jumps.Step, calm);
        }

        if (_usualMean == 0)
        {
            _usualMean = Math.Max(1e-9, _picture!.Mean - _beam.Dark);
        }

        var bright = _bubbles!.Read(level, _usualMean, _beam.Dark, settings.BrightParticles, settings.LeastBubbleExcess);
        return signals with { Jump = jump, Focus = focus, Bright = bright };
    }

    private bool Prepare(Frame frame)
    {
        if (_picture is not null)
        {
            return true;
        }

        if (TooSmall is not null)
        {
            return false;
        }

        _picture = SmallPicture.For(frame.Height, frame.Width);
        if (_picture is null)
        {
            TooSmall = $"frames of {frame.Width} x {frame.Height} px are too small to be looked at: {SmallPicture.SmallestSide} px a side are needed";
            return false;
        }

        _maps = new BlockMaps(_picture);
        _jumps = new JumpMeter(_picture.Square, _picture.Bin);
        _focus = new FocusMeter(_picture.Square, _picture.Bin);
        _bubbles = new BubbleMeter(_maps);
        return true;
    }

    // The frame before, or an earlier one: a buffer that is read out twice.
    private long? Repeat(GaugeReading gauge)
    {
        if (gauge.MaxCounts <= gauge.MinCounts || !double.IsFinite(gauge.MaxCounts))
        {
            return null;
        }

        long? found = null;
        foreach (var (hash, number) in _hashes)
        {
            if (hash == gauge.Hash)
            {
                found = number;
            }
        }

        if (found is null)
        {
            _hashes.Enqueue((gauge.Hash, gauge.Header.Number));
            if (_hashes.Count > HashesKept)
            {
                _hashes.Dequeue();
            }
        }

        return found;
    }

    private double Saturation(Frame frame, GaugeReading gauge)
    {
        if (gauge.MaxCounts <= gauge.MinCounts || !double.IsFinite(gauge.MaxCounts))
        {
            return gauge.MaxCounts > 0 ? gauge.SaturatedFraction : 0;
        }

        var pile = AtMost(frame, gauge.MaxCounts) / (double)gauge.Pixels;
        var usual = _usualPile ?? pile;
        _usualPile = usual + ((pile - usual) * (pile < usual ? 0.2 : 0.02));

        // Few levels pile up by themselves: where each of them holds many pixels, a full top level says nothing.
        var levels = gauge.MaxCounts - gauge.MinCounts;
        var piled = frame.Type is not PixelType.Float32 && levels > 64 && pile > PiledAbove && pile > 8 * usual;
        return Math.Max(gauge.SaturatedFraction, piled ? pile : 0);
    }

    private static int AtMost(Frame frame, double most) => frame.Type switch
    {
        PixelType.UInt8 => frame.Pixels<byte>().Count((byte)most),
        PixelType.Int8 => frame.Pixels<sbyte>().Count((sbyte)most),
        PixelType.UInt16 => frame.Pixels<ushort>().Count((ushort)most),
        PixelType.Int16 => frame.Pixels<short>().Count((short)most),
        PixelType.UInt32 => frame.Pixels<uint>().Count((uint)most),
        PixelType.Int32 => frame.Pixels<int>().Count((int)most),
        _ => frame.Pixels<float>().Count((float)most),
    };
}

/// <summary>What the monitor needs to know of the rules.</summary>
internal sealed record MonitorSettings
{
    /// <summary>Part of the usual beam below which it is blanked.</summary>
    public required double BlankBelow { get; init; }

    /// <summary>Shortest jump, px.</summary>
    public required double LeastJumpPx { get; init; }

    /// <summary>Smallest excess of a bright region, as a part of the liquid.</summary>
    public required double LeastBubbleExcess { get; init; }

    /// <summary>Whether particles are brighter than the liquid.</summary>
    public bool BrightParticles { get; init; }
}
