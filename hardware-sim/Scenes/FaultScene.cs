using LiveLtem.Core;
using LiveLtem.HardwareSim.Randomness;

namespace LiveLtem.HardwareSim.Scenes;

/// <summary>A crystal whose recording goes wrong: one kind of fault, or all of them one after another, in every hundred frames.</summary>
/// <remarks>Lost frames are missing and leave a gap in the numbers; their dose was there all the same. A repeated frame is the picture before,
/// sent again. The beam is blanked, stepped up or so strong that the camera saturates; the stage jumps; gas grows; focus drifts off and back.</remarks>
public sealed class FaultScene : CrystalScene
{
    private const long Period = 100;
    private readonly List<(string Kind, long First, long Last)> _schedule = [];
    private readonly double _jumpX;
    private readonly double _jumpY;
    private readonly double _bubbleX;
    private readonly double _bubbleY;
    private double _jumpedX;
    private double _jumpedY;
    private SceneFrame? _shown;

    /// <summary>Plans the faults.</summary>
    /// <param name="settings">The crystal's.</param>
    /// <param name="kind">One of <see cref="Kinds"/>, or null for all of them.</param>
    public FaultScene(SceneSettings settings, string? kind)
        : base(settings)
    {
        var random = new SimRandom(settings.Options.Seed, Streams.Faults);
        var (sin, cos) = Math.SinCos(random.Uniform(0, 2 * Math.PI));
        var jump = 0.05 * settings.SizePx * random.Uniform(0.8, 1.2);
        (_jumpX, _jumpY) = (jump * cos, jump * sin);
        _bubbleX = settings.SizePx * random.Uniform(0.3, 0.7);
        _bubbleY = settings.SizePx * random.Uniform(0.3, 0.7);
        var late = random.NextInt(5);
        foreach (var (name, first, last) in kind is null ? AllInTurn : Alone)
        {
            if (kind is null || name == kind)
            {
                _schedule.Add((name, first + late, last + late));
            }
        }
    }

    /// <summary>The kinds of fault.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [.. AllInTurn.Select(f => f.Kind)];

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, object> Facts => new Dictionary<string, object>(base.Facts)
    {
        ["fault_period_frames"] = Period,
        ["faults"] = _schedule.ConvertAll(f => FormattableString.Invariant($"{f.Kind} {f.First}-{f.Last}")),
        ["jump_px"] = new[] { _jumpX, _jumpY },
    };

    private static (string Kind, long First, long Last)[] AllInTurn =>
    [
        ("dropped", 15, 17), ("repeated", 24, 25), ("blank", 32, 35), ("drift-jump", 43, 43), ("dose-step", 50, 57), ("saturated", 64, 65),
        ("bubble", 70, 79), ("defocus", 85, 93),
    ];

    private static (string Kind, long First, long Last)[] Alone =>
    [
        ("dropped", 40, 42), ("dropped", 70, 70), ("repeated", 40, 41), ("repeated", 70, 70), ("blank", 40, 46), ("drift-jump", 50, 50),
        ("dose-step", 50, 99), ("saturated", 40, 44), ("bubble", 40, 69), ("defocus", 40, 64),
    ];

    /// <inheritdoc/>
    public override SceneFrame NextFrame()
    {
        var frame = Jumped(base.NextFrame());
        var fault = FaultOf(frame.Number);
        while (fault?.Kind == "dropped")
        {
            frame = Jumped(base.NextFrame());
            fault = FaultOf(frame.Number);
        }

        if (fault is { } now)
        {
            frame = Spoilt(frame, now.Kind, (double)((frame.Number % Period) - now.First + 1) / (now.Last - now.First + 1));
        }

        return _shown = frame;
    }

    private SceneFrame Spoilt(SceneFrame frame, string kind, double part) => kind switch
    {
        "repeated" when _shown is { } shown => shown with { Number = frame.Number, TimeS = frame.TimeS, RepeatOf = shown.RepeatOf ?? shown.Number, Fault = kind },
        "blank" => frame with { DoseFactor = 0, Fault = kind },
        "dose-step" => frame with { DoseFactor = 3, Fault = kind },
        "saturated" => frame with { DoseFactor = Saturating(), Fault = kind },
        "bubble" => frame with { Bubble = new Bubble(_bubbleX + frame.DriftXPx, _bubbleY + frame.DriftYPx, Settings.SizePx * 0.3 * Math.Sqrt(part), 110), Fault = kind },
        // Off and back again.
        "defocus" => frame with { DefocusPx = 5 * Math.Sin(Math.PI * part), Fault = kind },
        _ => frame with { Fault = kind },
    };

    // The stage stays where a jump took it.
    private SceneFrame Jumped(SceneFrame frame)
    {
        if (FaultOf(frame.Number)?.Kind == "drift-jump")
        {
            _jumpedX += _jumpX;
            _jumpedY += _jumpY;
        }

        if (_jumpedX == 0 && _jumpedY == 0)
        {
            return frame;
        }

        return frame with
        {
            DriftXPx = frame.DriftXPx + _jumpedX,
            DriftYPx = frame.DriftYPx + _jumpedY,
            Particles =
            [
                .. frame.Particles.Select(p => p with { Path = [.. p.Path.Select(q => q with { XPx = q.XPx + _jumpedX, YPx = q.YPx + _jumpedY })] }),
            ],
        };
    }

    private double Saturating()
    {
        var ceiling = Settings.Options.Type.Ceiling() ?? ushort.MaxValue;
        return 1.5 * ceiling / (Settings.ElectronsPerPixel * Settings.Detector.CountsPerElectron);
    }

    private (string Kind, long First, long Last)? FaultOf(long number)
    {
        var phase = number % Period;
        foreach (var fault in _schedule)
        {
            if (phase >= fault.First && phase <= fault.Last)
            {
                return fault;
            }
        }

        return null;
    }
}
