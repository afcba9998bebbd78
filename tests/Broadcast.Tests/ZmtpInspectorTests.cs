using System.Buffers;
using CsCheck;
using LiveLtem.Broadcast.ZeroMq;
using LiveLtem.Core;

namespace LiveLtem.Broadcast.Tests;

public sealed class ZmtpInspectorTests
{
    private static readonly byte[] Introduction =
        [0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 1, .. "NULL"u8, .. new byte[48], 4, 25, 5, .. "READY"u8, 11, .. "Socket-Type"u8, 0, 0, 0, 3, .. "SUB"u8];

    [Fact]
    public void A_subscriber_passes_unchanged_however_its_bytes_are_cut()
    {
        byte[] whole = [.. Introduction, 0, 5, 1, .. "dose"u8, 0, 1, 1, 0, 3, 0, .. "do"u8, 4, 7, 4, .. "PING"u8, 0, 9, 2, 0, 0, 0, 0, 0, 0, 0, 3, 1, .. "fr"u8];
        Gen.Int[1, whole.Length].Array[1, 20].Sample(cuts =>
        {
            var inspector = new ZmtpInspector("test");
            var passed = new ArrayBufferWriter<byte>();
            var at = 0;
            for (var i = 0; at < whole.Length; i++)
            {
                var count = Math.Min(cuts[i % cuts.Length], whole.Length - at);
                inspector.Take(whole.AsSpan(at, count), passed);
                at += count;
            }

            Assert.True(inspector.IsReady);
            Assert.Equal(whole, passed.WrittenSpan.ToArray());
        });
    }

    [Fact]
    public void A_subscription_to_nothing_of_ours_is_not_passed_on()
    {
        var inspector = new ZmtpInspector("test");
        var passed = new ArrayBufferWriter<byte>();
        inspector.Take([.. Introduction, 0, 5, 1, .. "dosi"u8, 0, 7, 1, .. "frames"u8], passed);
        Assert.Equal(Introduction, passed.WrittenSpan.ToArray());
    }

    public static TheoryData<string, byte[]> Wrong => new()
    {
        { "an HTTP request", "GET / HTTP/1.1\r\n"u8.ToArray() },
        { "an old peer", [0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 1] },
        { "another mechanism", [.. Introduction[..12], .. "PLAIN"u8] },
        { "a publisher", [.. Introduction[..^3], .. "PUB"u8] },
        { "a subscription before READY", [.. Introduction[..64], 0, 1, 1] },
        { "a command without a name", [.. Introduction, 4, 0] },
        { "a name longer than its command", [.. Introduction, 4, 2, 200, 1] },
        { "an unknown command", [.. Introduction, 4, 6, 5, .. "ERROR"u8] },
        { "a second READY", [.. Introduction, .. Introduction[64..]] },
        { "a message of parts", [.. Introduction, 1, 1, 1] },
        { "an unknown flag", [.. Introduction, 8, 1, 1] },
        { "a message that is no subscription", [.. Introduction, 0, 1, 2] },
        { "an empty message", [.. Introduction, 0, 0] },
        { "a message without end", [.. Introduction, 2, 0x7f, 255, 255, 255, 255, 255, 255, 255] },
        { "metadata that end too early", [.. Introduction[..64], 4, 17, 5, .. "READY"u8, 11, .. "Socket-Type"u8[..10]] },
        { "a value longer than its command", [.. Introduction[..64], 4, 22, 5, .. "READY"u8, 11, .. "Socket-Type"u8, 255, 255, 255, 255] },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Anything_else_is_hung_up_on_with_the_reason(string what, byte[] bytes)
    {
        var error = Assert.Throws<FrameFormatException>(() => new ZmtpInspector("test").Take(bytes, new ArrayBufferWriter<byte>()));
        Assert.StartsWith("test: ", error.Message, StringComparison.Ordinal);
        Assert.NotEmpty(what);
    }

    [Fact]
    public void Damaged_bytes_pass_whole_or_end_in_a_named_fault()
    {
        Gen.Select(Gen.Byte.Array[0, 200], Gen.Int[0, Introduction.Length]).Sample((tail, kept) =>
        {
            var inspector = new ZmtpInspector("test");
            try
            {
                inspector.Take([.. Introduction[..kept], .. tail], new ArrayBufferWriter<byte>());
            }
            catch (FrameFormatException)
            {
                // hung up
            }
        });
    }
}
