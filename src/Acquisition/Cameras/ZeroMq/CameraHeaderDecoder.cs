using System.Text;
using System.Text.Json;
using LiveLtem.Core;

namespace LiveLtem.Acquisition.Cameras.ZeroMq;

/// <summary>Reads headers of the protocol in README.md, version 1. Whatever the bytes are, it gives a header or says what is wrong.</summary>
/// <remarks>Allocates nothing for a sound header. Fields that it does not know are passed over, so that a sender may say more.</remarks>
internal static class CameraHeaderDecoder
{
    /// <summary>The version of the protocol.</summary>
    public const int Version = 1;

    /// <summary>Most bytes of a header.</summary>
    public const int LongestHeader = 64 << 10;

    /// <summary>Most bytes of the pixels of one frame.</summary>
    public const long LargestFrame = 512L << 20;

    /// <summary>Most rows or columns.</summary>
    public const int LongestSide = 65_536;

    // Above it a JSON reader that counts in doubles (JavaScript, many others) tells neighbours no longer apart.
    private const long LargestNumber = 1L << 53;
    private const int LongestShown = 40;
    private static readonly (byte[] Name, PixelType Type)[] Types =
        [.. Enum.GetValues<PixelType>().Select(type => (Encoding.ASCII.GetBytes(type.NumpyName()), type))];

    private static readonly string TypeNames = string.Join(", ", Enum.GetValues<PixelType>().Select(type => type.NumpyName()));

    private static readonly (byte[] Name, Field Field)[] Fields =
    [
        ("v"u8.ToArray(), Field.Version),
        ("frame"u8.ToArray(), Field.Frame),
        ("dtype"u8.ToArray(), Field.Dtype),
        ("shape"u8.ToArray(), Field.Shape),
        ("time_s"u8.ToArray(), Field.TimeS),
        ("pixel_size_nm"u8.ToArray(), Field.PixelSizeNm),
        ("frame_time_s"u8.ToArray(), Field.FrameTimeS),
        ("exposure_s"u8.ToArray(), Field.ExposureS),
        ("counts_per_electron"u8.ToArray(), Field.CountsPerElectron),
        ("dark_level"u8.ToArray(), Field.DarkLevel),
        ("transmission"u8.ToArray(), Field.Transmission),
        ("kv"u8.ToArray(), Field.Kv),
        ("end"u8.ToArray(), Field.End),
        ("frames"u8.ToArray(), Field.Frames),
    ];

    [Flags]
    private enum Field
    {
        None = 0,
        Version = 1 << 0,
        Frame = 1 << 1,
        Dtype = 1 << 2,
        Shape = 1 << 3,
        TimeS = 1 << 4,
        PixelSizeNm = 1 << 5,
        FrameTimeS = 1 << 6,
        ExposureS = 1 << 7,
        CountsPerElectron = 1 << 8,
        DarkLevel = 1 << 9,
        Transmission = 1 << 10,
        Kv = 1 << 11,
        End = 1 << 12,
        Frames = 1 << 13,
    }

    /// <summary>Reads a header.</summary>
    /// <param name="bytes">JSON, UTF-8.</param>
    /// <param name="header">What it says; where it is faulty, what could be read of it.</param>
    /// <param name="fault">The first thing wrong.</param>
    /// <returns>True for a sound header.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out CameraHeader header, out HeaderFault fault)
    {
        header = new CameraHeader { Number = CameraHeader.NoNumber };
        if (bytes.Length is 0 or > LongestHeader)
        {
            fault = new HeaderFault("header", $"found {bytes.Length} bytes; allowed: a JSON object of up to {LongestHeader}");
            return false;
        }

        try
        {
            HeaderFault? found = null;
            var reader = new Utf8JsonReader(bytes);
            var seen = ReadFields(ref reader, ref header, ref found);
            found ??= Missing(seen, header.IsEnd);
            fault = found ?? default;
            return found is null;
        }
        catch (JsonException error)
        {
            fault = new HeaderFault("header", $"found what is no JSON (at byte {error.BytePositionInLine}); allowed: a JSON object like {{\"v\":1,\"frame\":0,\"dtype\":\"uint16\",\"shape\":[512,512]}}");
            return false;
        }
    }

    /// <summary>The sender's own name of the camera; null where the header has none.</summary>
    public static string? Name(ReadOnlySpan<byte> bytes)
    {
        var reader = new Utf8JsonReader(bytes);
        string? name = null;
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var wanted = reader.ValueTextEquals("name"u8);
            reader.Read();
            if (wanted && reader.TokenType == JsonTokenType.String)
            {
                name = Shown(ref reader);
            }

            reader.Skip();
        }

        return string.IsNullOrEmpty(name) ? null : name;
    }

    private static Field ReadFields(ref Utf8JsonReader reader, ref CameraHeader header, ref HeaderFault? fault)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            fault = new HeaderFault("header", "found no object; allowed: a JSON object");
            return Field.None;
        }

        var seen = Field.None;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = FieldOf(ref reader);
            reader.Read();

            // A null says as much as a field that is not there.
            if (field == Field.None || reader.TokenType == JsonTokenType.Null)
            {
                reader.Skip();
                continue;
            }

            seen |= field;
            var wrong = field switch
            {
                Field.Version => ReadVersion(ref reader),
                Field.Frame => ReadFrame(ref reader, ref header),
                Field.Dtype => ReadType(ref reader, ref header),
                Field.Shape => ReadShape(ref reader, ref header),
                Field.End => ReadEnd(ref reader, ref header),
                Field.Frames => ReadFrames(ref reader, ref header),
                _ => null,
            };
            fault ??= wrong;
            if (field is >= Field.TimeS and <= Field.Kv)
            {
                ReadFact(ref reader, field, ref header);
            }
        }

        reader.Read(); // nothing may follow the object: the reader throws where something does
        if (fault is null && !header.IsEnd && (seen & (Field.Dtype | Field.Shape)) == (Field.Dtype | Field.Shape) && header.PixelBytes > LargestFrame)
        {
            fault = new HeaderFault("shape", $"found {header.Shape}, {header.PixelBytes} bytes; allowed: up to {LargestFrame} bytes a frame");
        }

        return seen;
    }

    private static Field FieldOf(ref Utf8JsonReader reader)
    {
        foreach (var (name, field) in Fields)
        {
            if (reader.ValueTextEquals(name))
            {
                return field;
            }
        }

        return Field.None;
    }

    private static string NameOf(Field field) => Encoding.ASCII.GetString(Array.Find(Fields, entry => entry.Field == field).Name);

    private static HeaderFault? Missing(Field seen, bool isEnd)
    {
        var needed = isEnd ? Field.Version : Field.Version | Field.Frame | Field.Dtype | Field.Shape;
        foreach (var (_, field) in Fields)
        {
            if ((needed & ~seen & field) != 0)
            {
                return new HeaderFault(NameOf(field), $"is missing; a header has {(isEnd ? "v" : "v, frame, dtype and shape")}");
            }
        }

        return null;
    }

    private static HeaderFault? ReadVersion(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var version) && version == Version
            ? null
            : Wrong(ref reader, "v", $"{Version}");

    private static HeaderFault? ReadFrame(ref Utf8JsonReader reader, ref CameraHeader header)
    {
        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var number) || number is < 0 or > LargestNumber)
        {
            return Wrong(ref reader, "frame", "a whole number from 0");
        }

        header = header with { Number = number };
        return null;
    }

    private static HeaderFault? ReadFrames(ref Utf8JsonReader reader, ref CameraHeader header)
    {
        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var frames) || frames < 0)
        {
            return Wrong(ref reader, "frames", "a whole number from 0");
        }

        header = header with { Frames = frames };
        return null;
    }

    private static HeaderFault? ReadEnd(ref Utf8JsonReader reader, ref CameraHeader header)
    {
        if (reader.TokenType is not (JsonTokenType.True or JsonTokenType.False))
        {
            return Wrong(ref reader, "end", "true or false");
        }

        header = header with { IsEnd = reader.GetBoolean() };
        return null;
    }

    private static HeaderFault? ReadType(ref Utf8JsonReader reader, ref CameraHeader header)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            foreach (var (name, type) in Types)
            {
                if (reader.ValueTextEquals(name))
                {
                    header = header with { Type = type };
                    return null;
                }
            }
        }

        return Wrong(ref reader, "dtype", TypeNames);
    }

    private static HeaderFault? ReadShape(ref Utf8JsonReader reader, ref CameraHeader header)
    {
        const string Allowed = "[height, width], each 1 to 65536";
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return Wrong(ref reader, "shape", Allowed);
        }

        Span<int> sides = stackalloc int[2];
        var count = 0;
        HeaderFault? fault = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out var side) || side is < 1 or > LongestSide)
            {
                fault ??= Wrong(ref reader, "shape", Allowed);
                reader.Skip();
            }
            else if (count < sides.Length)
            {
                sides[count] = side;
            }

            count++;
        }

        if (fault is null && count != sides.Length)
        {
            fault = new HeaderFault("shape", $"found {count} numbers; allowed: {Allowed}");
        }

        if (fault is null)
        {
            header = header with { Height = sides[0], Width = sides[1] };
        }

        return fault;
    }

    // A number that cannot be meant must not cost the frame: it counts as not said.
    private static void ReadFact(ref Utf8JsonReader reader, Field field, ref CameraHeader header)
    {
        var (least, most, unit) = field switch
        {
            Field.TimeS => (-1e12, 1e12, "s"),
            Field.PixelSizeNm => (1e-4, 1e6, "nm"),
            Field.FrameTimeS or Field.ExposureS => (1e-9, 1e9, "s"),
            Field.CountsPerElectron => (1e-9, 1e9, "counts"),
            Field.DarkLevel => (-1e10, 1e10, "counts"),
            Field.Transmission => (1e-9, 1, "(a fraction)"),
            _ => (1e-3, 1e5, "kV"),
        };
        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetDouble(out var value) || !(value >= least && value <= most))
        {
            var wrong = Wrong(ref reader, NameOf(field), FormattableString.Invariant($"{least} to {most} {unit}, or none"));
            header = header with { Ignored = header.Ignored ?? wrong };
            return;
        }

        var facts = header.Facts;
        header = field switch
        {
            Field.TimeS => header with { TimeS = value },
            Field.PixelSizeNm => header with { Facts = facts with { PixelSizeNm = value } },
            Field.FrameTimeS => header with { Facts = facts with { FrameTimeS = value } },
            Field.ExposureS => header with { Facts = facts with { ExposureS = value } },
            Field.CountsPerElectron => header with { Facts = facts with { CountsPerElectron = value } },
            Field.DarkLevel => header with { Facts = facts with { DarkLevel = value } },
            Field.Transmission => header with { Facts = facts with { Transmission = value } },
            _ => header with { Facts = facts with { Kv = value } },
        };
    }

    /// <summary>The fault of a value, which is skipped where it is an object or a list.</summary>
    private static HeaderFault Wrong(ref Utf8JsonReader reader, string field, string allowed)
    {
        var found = reader.TokenType switch
        {
            JsonTokenType.StartObject => "an object",
            JsonTokenType.StartArray => "a list",
            JsonTokenType.String => $"\"{Shown(ref reader)}\"",
            _ => Shown(ref reader),
        };
        reader.Skip();
        return new HeaderFault(field, $"found {found}; allowed: {allowed}");
    }

    // It goes to a terminal: short, and nothing that moves the cursor.
    private static string Shown(ref Utf8JsonReader reader)
    {
        var text = Encoding.UTF8.GetString(reader.ValueSpan[..Math.Min(reader.ValueSpan.Length, LongestShown)]);
        return string.Concat(text.Select(letter => char.IsControl(letter) ? '?' : letter));
    }
}
