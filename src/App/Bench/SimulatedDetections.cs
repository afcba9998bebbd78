using System.Collections.Immutable;
using LiveLtem.Core;

namespace LiveLtem.App.Bench;

/// <summary>What a detector would find of very many cubes, without any picture: a crystal that vibrates, drifts and turns, or cubes that diffuse.</summary>
/// <remarks>One in 25 is missed in a frame, one in 100 is nobody's; positions err by 0.1 px. The same seed gives the same movie. Memory does
/// not grow with the frames.</remarks>
internal sealed class SimulatedDetections
{
    /// <summary>Distance of neighbours, px.</summary>
    public const double SpacingPx = 50;

    private const double SidePx = 32;
    private const double ErrPx = 0.1;
    private const double Missed = 0.04;
    private const double Strangers = 0.01;
    private const double VibrationPx = 0.03 * SpacingPx;
    private const double VibrationDeg = 3;
    private const double StepPx = 0.04 * SpacingPx;
    private const double StepDeg = 2;
    private const double MemoryFrames = 4;
    private const double TurnDegPerFrame = 0.002;
    private readonly Random _random;
    private readonly bool _crystal;
    private readonly (double X, double Y)[] _sites;
    private readonly (double X, double Y, double Turn)[] _state;
    private double _driftX;
    private double _driftY;
    private long _number;

    /// <summary>Lays the particles.</summary>
    /// <param name="particles">How many.</param>
    /// <param name="crystal">True: about the sites of a square lattice; false: free.</param>
    /// <param name="seed">Everything random follows from it.</param>
    public SimulatedDetections(int particles, bool crystal, int seed)
    {
        (_random, _crystal) = (new Random(seed), crystal);
        var side = (int)Math.Ceiling(Math.Sqrt(particles));
        SidePixels = (int)((side + 3) * SpacingPx);
        _sites = [.. Enumerable.Range(0, particles).Select(i => (((i % side) + 2.0) * SpacingPx, ((i / side) + 2.0) * SpacingPx))];
        var spread = crystal ? VibrationPx : 0.3 * SpacingPx;
        _state = [.. _sites.Select(_ => (Gauss(spread), Gauss(spread), Gauss(VibrationDeg)))];
    }

    /// <summary>Side of the square field, px.</summary>
    public int SidePixels { get; }

    /// <summary>What is found in the next frame.</summary>
    public FrameDetections Next()
    {
        var found = ImmutableArray.CreateBuilder<Detection>(_sites.Length + 8);
        var (sin, cos) = Math.SinCos(_crystal ? TurnDegPerFrame * _number * Math.PI / 180 : 0);
        var middle = SidePixels / 2.0;
        for (var i = 0; i < _sites.Length; i++)
        {
            if (_random.NextDouble() >= Missed)
            {
                double x = _sites[i].X + _state[i].X - middle, y = _sites[i].Y + _state[i].Y - middle;
                found.Add(Cube(middle + _driftX + (cos * x) - (sin * y), middle + _driftY + (sin * x) + (cos * y), _state[i].Turn));
            }

            Step(ref _state[i]);
        }

        for (var k = _random.NextDouble(); k < Strangers * _sites.Length; k++)
        {
            found.Add(Cube(SidePixels * _random.NextDouble(), SidePixels * _random.NextDouble(), 90 * _random.NextDouble()));
        }

        // A stage that wanders about where it was.
        (_driftX, _driftY) = ((0.98 * _driftX) + Gauss(0.4), (0.98 * _driftY) + Gauss(0.4));
        return new FrameDetections { Header = new FrameHeader { Number = _number++ }, Particles = found.DrainToImmutable(), Height = SidePixels, Width = SidePixels };
    }

    private void Step(ref (double X, double Y, double Turn) state)
    {
        if (!_crystal)
        {
            state = (state.X + Gauss(StepPx), state.Y + Gauss(StepPx), state.Turn + Gauss(StepDeg));
            return;
        }

        var keep = Math.Exp(-1 / MemoryFrames);
        var kick = Math.Sqrt(1 - (keep * keep));
        state = ((keep * state.X) + Gauss(kick * VibrationPx), (keep * state.Y) + Gauss(kick * VibrationPx), (keep * state.Turn) + Gauss(kick * VibrationDeg));
    }

    private Detection Cube(double x, double y, double angleDeg)
    {
        var angle = angleDeg + Gauss(0.3);
        return new Detection
        {
            Score = 0.95,
            Fits =
            [
                new ShapeFit
                {
                    Symmetry = 4,
                    XPx = x + Gauss(ErrPx),
                    YPx = y + Gauss(ErrPx),
                    XErrPx = ErrPx,
                    YErrPx = ErrPx,
                    AngleDeg = angle - (90 * Math.Floor(angle / 90)),
                    AngleErrDeg = 0.3,
                    AreaPx = SidePx * SidePx,
                    MajorPx = SidePx,
                    MinorPx = SidePx,
                },
            ],
        };
    }

    private double Gauss(double sigma) => sigma * Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
}
