using LiveLtem.Core;
using LiveLtem.Core.Live;

namespace LiveLtem.Viewer.Tests;

/// <summary>Dark squares on a bright ground whose counts, places and outlines are known exactly.</summary>
/// <param name="Side">Of the frame, px.</param>
/// <param name="Square">Side of a square, px; odd, so that it lies evenly about a pixel centre.</param>
/// <param name="Type">Pixel type.</param>
internal sealed record Scene(int Side = 256, int Square = 41, PixelType Type = PixelType.UInt8)
{
    public const int Ground = 100;
    public const int Dark = 30;

    /// <summary>Centres, px.</summary>
    public IReadOnlyList<(int X, int Y)> Centres { get; init; } = [(Side * 3 / 10, Side / 4), (Side * 7 / 10, Side * 3 / 5)];

    /// <summary>Added to every count, so that frames can be told apart.</summary>
    public int Offset { get; init; }

    /// <summary>Version of the denoiser that its frames come from, or null.</summary>
    public int? DenoiserVersion { get; init; }

    public Frame Frame(FramePool pool, long number)
    {
        using var draft = pool.Rent(Side, Side, Type);
        for (var y = 0; y < Side; y++)
        {
            for (var x = 0; x < Side; x++)
            {
                Put(draft, (y * Side) + x, Offset + (Inside(x, y) ? Dark : Ground));
            }
        }

        return draft.Publish(new FrameHeader { Number = number, ReceivedTimestamp = TimeProvider.System.GetTimestamp(), DenoiserVersion = DenoiserVersion });
    }

    public FrameReport Report(long number)
    {
        var header = new FrameHeader { Number = number, ReceivedTimestamp = TimeProvider.System.GetTimestamp() };
        return new FrameReport
        {
            Header = header,
            Height = Side,
            Width = Side,
            Row = Row(number),
            Tracks = new FrameTracks { Header = header, Points = [.. Centres.Select((centre, particle) => Point(number, particle, centre))] },
        };
    }

    public FrameRow Row(long number) => new()
    {
        Frame = number,
        TimeS = number * 0.05,
        MeanCounts = Ground,
        Particles = Centres.Count,
        SaturatedFraction = 0,
        DroppedBefore = 0,
        Processed = true,
        LatencyMs = 5,
    };

    private TrackPoint Point(long number, int particle, (int X, int Y) centre) => new()
    {
        Frame = number,
        Particle = particle,
        Score = 1,
        RotationDeg = number,
        Fit = new ShapeFit
        {
            Symmetry = 4,
            XPx = centre.X,
            YPx = centre.Y,
            XErrPx = 0.05,
            YErrPx = 0.05,
            AngleDeg = 0,
            AngleErrDeg = 0.5,
            AreaPx = Square * Square,
            MajorPx = Square,
            MinorPx = Square,
        },
    };

    private bool Inside(int x, int y) => Centres.Any(centre => Math.Abs(x - centre.X) <= Square / 2 && Math.Abs(y - centre.Y) <= Square / 2);

    private void Put(FrameDraft draft, int at, int count)
    {
        switch (Type)
        {
            case PixelType.UInt8: draft.Pixels<byte>()[at] = (byte)count; break;
            case PixelType.Int8: draft.Pixels<sbyte>()[at] = (sbyte)(count - 90); break;
            case PixelType.UInt16: draft.Pixels<ushort>()[at] = (ushort)(count * 300); break;
            case PixelType.Int16: draft.Pixels<short>()[at] = (short)((count - 90) * 300); break;
            case PixelType.UInt32: draft.Pixels<uint>()[at] = (uint)count * 1_000_000; break;
            case PixelType.Int32: draft.Pixels<int>()[at] = (count - 90) * 1_000_000; break;
            default: draft.Pixels<float>()[at] = count / 8f; break;
        }
    }

    /// <summary>What a count is written as in the frame's own type.</summary>
    public double Written(int count) => Type switch
    {
        PixelType.UInt8 => count,
        PixelType.Int8 => count - 90,
        PixelType.UInt16 => count * 300,
        PixelType.Int16 => (count - 90) * 300,
        PixelType.UInt32 => count * 1_000_000.0,
        PixelType.Int32 => (count - 90) * 1_000_000.0,
        _ => count / 8.0,
    };
}
