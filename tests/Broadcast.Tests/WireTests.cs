using CsCheck;
using LiveLtem.Broadcast.Wire;
using LiveLtem.Core;
using LiveLtem.Core.Live;

namespace LiveLtem.Broadcast.Tests;

public sealed class WireTests
{
    private static readonly MessageStamp Stamp = new("session", 5, 7, 1_700_000_000_123_456_700);

    private static readonly Gen<double?> GenUnknown = Gen.Frequency((1, Gen.Const((double?)null)), (4, Gen.Double.Select(value => (double?)value)));

    private static readonly Gen<FrameRow> GenRow = Gen.Select(Gen.Long, GenUnknown, GenUnknown, Gen.Double, Gen.Int, Gen.Bool)
        .Select((frame, time, dose, mean, particles, processed) => new FrameRow
        {
            Frame = frame,
            TimeS = time,
            DoseEPerA2 = dose,
            MeanCounts = mean,
            Particles = processed ? particles : null,
            SaturatedFraction = 0,
            DroppedBefore = 2,
            Processed = processed,
        });

    [Fact]
    public void A_row_is_read_as_it_was_written_and_what_is_not_finite_is_unknown()
    {
        GenRow.Sample(row =>
        {
            using var bytes = Envelope.Encode("dose"u8, Stamp, row, ReportLayout.WriteRow);
            var (topic, header) = WireReader.ReadWhole(bytes.Whole, out var payload);
            var map = Assert.IsType<IReadOnlyDictionary<string, object?>>(payload, exactMatch: false);
            Assert.Equal("dose", topic);
            Assert.Equal(("session", 5L, 7L, Stamp.TimeUnixNs), (header.Session, header.Seq!.Value, header.Frame!.Value, header.TimeUnixNs));
            Assert.Equal(row.Frame, map["frame"]);
            Assert.Equal(Finite(row.TimeS), map["time_s"]);
            Assert.Equal(Finite(row.DoseEPerA2), map["dose_e_A2"]);
            Assert.Equal(Finite(row.MeanCounts), map["mean_counts"]);
            Assert.Equal((long?)row.Particles, map["particles"]);
            Assert.Equal(row.Processed, map["processed"]);
            Assert.Null(map["snr"]);
        });
    }

    [Fact]
    public void Every_layout_writes_as_many_entries_as_it_promises()
    {
        foreach (var bytes in Everything())
        {
            using (bytes)
            {
                Assert.NotNull(WireReader.ReadMap(bytes.Payload.ToArray()));
                Assert.Equal(1, WireReader.ReadHeader(bytes.Header.ToArray()).Version);
            }
        }
    }

    [Fact]
    public void Points_keep_their_places_and_their_unknowns()
    {
        Gen.Int[0, 300].Sample(count =>
        {
            var report = Samples.Report(3, count);
            using var bytes = Envelope.Encode("tracks"u8, Stamp, report, ReportLayout.WriteTracks);
            var map = WireReader.ReadMap(bytes.Payload.ToArray());
            Assert.Equal(ReportLayout.TrackColumns, map.Count);
            foreach (var (name, column) in map)
            {
                Assert.True(((object?[])column!).Length == count, name);
            }

            var angles = (object?[])map["angle_deg"]!;
            var xs = (object?[])map["x"]!;
            for (var i = 0; i < count; i++)
            {
                Assert.Equal(report.Tracks.Points[i].Fit.AngleDeg, angles[i]);
                Assert.Equal(report.Tracks.Points[i].Fit.XPx, xs[i]);
            }
        });
    }

    [Fact]
    public void Damaged_bytes_are_read_or_refused_by_name()
    {
        var originals = Everything().Select(bytes =>
        {
            using (bytes)
            {
                return bytes.Whole.ToArray();
            }
        }).ToArray();
        Gen.Select(Gen.Int[0, originals.Length - 1], Gen.Select(Gen.Int[0, 100_000], Gen.Byte).Array[0, 8], Gen.Int[0, 100_000]).Sample((which, damage, cut) =>
        {
            var bytes = originals[which].ToArray();
            foreach (var (at, value) in damage)
            {
                bytes[at % bytes.Length] = value;
            }

            Try(bytes.AsMemory(0, damage.Length % 2 == 0 ? bytes.Length : cut % (bytes.Length + 1)));
        });
        Gen.Byte.Array[0, 300].Sample(bytes => Try(bytes));
        Try(new byte[] { 0x93, 0xa1, 0x61, 0x80, 0xc6, 0xff, 0xff, 0xff, 0xff });
        Try(new byte[] { 0xdd, 0x7f, 0xff, 0xff, 0xff });
        Try(new byte[] { 0xdf, 0x7f, 0xff, 0xff, 0xff });
        Try(Enumerable.Repeat((byte)0x91, 100_000).ToArray());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(64)]
    public void Binning_is_the_mean_over_squares_also_at_the_borders(int bin)
    {
        using var pool = new FramePool();
        Gen.Select(Gen.Int[1, 40], Gen.Int[1, 40], Gen.Enum<PixelType>(), Gen.Int).Sample((height, width, type, seed) =>
        {
            using var frame = Random(pool, height, width, type, seed);
            var pixels = new float[height * width];
            frame.CopyTo(pixels);
            var (rows, columns) = FrameBinning.SizeOf(height, width, bin);
            using var binnedDraft = pool.Rent(rows, columns, type);
            FrameBinning.Apply(frame, bin, binnedDraft.Bytes);
            using var binned = binnedDraft.Publish(new FrameHeader { Number = 0 });
            var found = new float[rows * columns];
            binned.CopyTo(found);
            for (var i = 0; i < found.Length; i++)
            {
                var square = from y in Enumerable.Range(i / columns * bin, bin)
                             from x in Enumerable.Range(i % columns * bin, bin)
                             where y < height && x < width
                             select (double)pixels[(y * width) + x];
                var mean = square.Average();

                // Both sides of the comparison went through float, which rounds 32-bit counts to 128.
                Assert.Equal(mean, found[i], type.BytesPerPixel() == 4 ? type == PixelType.Float32 ? 1e-3 : 300 : 0.51);
            }
        }, iter: 50);
    }

    private static Frame Random(FramePool pool, int height, int width, PixelType type, int seed)
    {
        var draft = pool.Rent(height, width, type);
        var random = new Random(seed);
        if (type == PixelType.Float32)
        {
            foreach (ref var pixel in draft.Pixels<float>())
            {
                pixel = (random.NextSingle() - 0.5f) * 1000;
            }
        }
        else
        {
            random.NextBytes(draft.Bytes);
        }

        return draft.Publish(new FrameHeader { Number = 0 });
    }

    private static IEnumerable<WireBytes> Everything()
    {
        yield return Envelope.Encode("status"u8, Stamp, Samples.Status(), StatusLayout.WriteStatus);
        yield return Envelope.Encode("overlay"u8, Stamp, Samples.Report(1, 20), ReportLayout.WriteOverlay);
        yield return Envelope.Encode("tracks"u8, Stamp, Samples.Report(1, 20), ReportLayout.WriteTracks);
        yield return Envelope.Encode("dose"u8, Stamp, Samples.Row(1), ReportLayout.WriteRow);
        yield return Envelope.Encode("alert"u8, Stamp, Samples.Alert(), EventLayout.WriteAlert);
        foreach (var happening in Samples.Events().Add(Samples.Adapted()))
        {
            yield return Envelope.Encode("event"u8, Stamp with { Seq = null, Frame = null }, happening, EventLayout.WriteEvent);
        }
    }

    private static void Try(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            WireReader.ReadWhole(bytes, out _);
            WireReader.ReadHeader(bytes);
        }
        catch (FrameFormatException)
        {
            // named: which is all that may happen
        }
    }

    private static double? Finite(double? value) => value is { } known && double.IsFinite(known) ? known : null;
}
