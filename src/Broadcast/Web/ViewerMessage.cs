using System.Text.Json;
using LiveLtem.Broadcast.Wire;
using LiveLtem.Core;

namespace LiveLtem.Broadcast.Web;

/// <summary>What a viewer told the server by its text messages.</summary>
internal abstract record ViewerMessage
{
    private const int SmallestSide = 16;
    private const int LargestSide = 65536;
    private const double FastestFps = 1000;

    /// <summary>How big and how often frames shall come, and which: as received or without their noise.</summary>
    public sealed record Want(double? FrameMaxFps, int? FrameMaxSide, Topic? Picture) : ViewerMessage;

    /// <summary>The frame of that number and all before it were drawn.</summary>
    public sealed record Ack(long Seq) : ViewerMessage;

    /// <summary>No more frames, or frames again.</summary>
    public sealed record Pause(bool On) : ViewerMessage;

    /// <summary>Reads one message.</summary>
    /// <exception cref="InputException">It is none of those.</exception>
    public static ViewerMessage Parse(ReadOnlySpan<byte> utf8)
    {
        try
        {
            var reader = new Utf8JsonReader(utf8);
            using var document = JsonDocument.ParseValue(ref reader);
            if (reader.Read())
            {
                throw new InputException("a message holds one JSON object and nothing behind it");
            }

            var fields = new JsonFields(document.RootElement, "the message");
            return fields.Text("type") switch
            {
                "want" => new Want(Fps(fields.Number("frame_max_fps")), Side(fields.Whole("frame_max_side")), PictureOf(fields.Text("picture"))),
                "ack" => new Ack(fields.Whole("seq") ?? throw new InputException("ack: seq is missing")),
                "pause" => new Pause(true),
                "resume" => new Pause(false),
                var other => throw new InputException($"unknown type {other ?? "(none)"}; known: want, ack, pause, resume"),
            };
        }
        catch (JsonException error)
        {
            throw new InputException("a message is a JSON object such as {\"type\":\"ack\",\"seq\":1}", error);
        }
    }

    private static double? Fps(double? value) => value is null or (> 0 and <= FastestFps)
        ? value
        : throw new InputException($"frame_max_fps: found {value}; above 0, up to {FastestFps}");

    private static Topic? PictureOf(string? value) => value switch
    {
        null => null,
        "raw" => Topic.Frame,
        "denoised" => Topic.Denoised,
        _ => throw new InputException($"picture: found {value}; raw or denoised"),
    };

    private static int? Side(long? value) => value is null or (>= SmallestSide and <= LargestSide)
        ? (int?)value
        : throw new InputException($"frame_max_side: found {value}; {SmallestSide} to {LargestSide} px");
}
