using System.Buffers.Binary;
using System.IO.Hashing;
using LiveLtem.Core;

namespace LiveLtem.Session.Log;

/// <summary>What is special about one record of the index.</summary>
[Flags]
internal enum IndexFlags
{
    None = 0,

    /// <summary>The camera sent the frame before once more.</summary>
    Repeated = 1,

    /// <summary>Made by a repair from the pixels alone: the number is a guess and there is nothing to verify the pixels against.</summary>
    Recovered = 2,
}

/// <summary>One received frame in <c>frames.idx</c>.</summary>
/// <remarks>Little-endian, 96 bytes: number i64, position i64 (-1 not kept), source time f64 s (NaN not known), received i64 unix ns, xxHash64 of
/// the pixels u64, mean, smallest, largest count f64, saturated fraction f64, frames lost before i64, segment i32, flags i32, xxHash64 of the 88 bytes before u64.</remarks>
internal readonly record struct IndexRecord
{
    public const int Bytes = 96;

    /// <summary>The position of a frame whose pixels were not kept.</summary>
    public const long NotKept = -1;

    private const int Checked = Bytes - sizeof(ulong);

    public required long Number { get; init; }

    /// <summary>Place in the stack, from 0, or <see cref="NotKept"/>.</summary>
    public required long Position { get; init; }

    public double? SourceTimeS { get; init; }

    public long ReceivedUnixNs { get; init; }

    public required ulong Hash { get; init; }

    public double MeanCounts { get; init; }

    public double MinCounts { get; init; }

    public double MaxCounts { get; init; }

    public double SaturatedFraction { get; init; }

    public long DroppedBefore { get; init; }

    public int Segment { get; init; }

    public IndexFlags Flags { get; init; }

    public bool IsKept => Position >= 0;

    public static IndexRecord Of(GaugeReading gauge, long position, long receivedUnixNs) => new()
    {
        Number = gauge.Header.Number,
        Position = position,
        SourceTimeS = gauge.Header.SourceTimeS,
        ReceivedUnixNs = receivedUnixNs,
        Hash = gauge.Hash,
        MeanCounts = gauge.MeanCounts,
        MinCounts = gauge.MinCounts,
        MaxCounts = gauge.MaxCounts,
        SaturatedFraction = gauge.SaturatedFraction,
        DroppedBefore = gauge.DroppedBefore,
        Segment = gauge.Header.Segment,
        Flags = gauge.Repeated ? IndexFlags.Repeated : IndexFlags.None,
    };

    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteInt64LittleEndian(destination, Number);
        BinaryPrimitives.WriteInt64LittleEndian(destination[8..], Position);
        BinaryPrimitives.WriteDoubleLittleEndian(destination[16..], SourceTimeS ?? double.NaN);
        BinaryPrimitives.WriteInt64LittleEndian(destination[24..], ReceivedUnixNs);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[32..], Hash);
        BinaryPrimitives.WriteDoubleLittleEndian(destination[40..], MeanCounts);
        BinaryPrimitives.WriteDoubleLittleEndian(destination[48..], MinCounts);
        BinaryPrimitives.WriteDoubleLittleEndian(destination[56..], MaxCounts);
        BinaryPrimitives.WriteDoubleLittleEndian(destination[64..], SaturatedFraction);
        BinaryPrimitives.WriteInt64LittleEndian(destination[72..], DroppedBefore);
        BinaryPrimitives.WriteInt32LittleEndian(destination[80..], Segment);
        BinaryPrimitives.WriteInt32LittleEndian(destination[84..], (int)Flags);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[Checked..], XxHash64.HashToUInt64(destination[..Checked]));
    }

    /// <summary>Reads a record; false where it is torn or was changed since it was written.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out IndexRecord record)
    {
        record = default;
        if (source.Length < Bytes || BinaryPrimitives.ReadUInt64LittleEndian(source[Checked..]) != XxHash64.HashToUInt64(source[..Checked]))
        {
            return false;
        }

        var time = BinaryPrimitives.ReadDoubleLittleEndian(source[16..]);
        record = new IndexRecord
        {
            Number = BinaryPrimitives.ReadInt64LittleEndian(source),
            Position = BinaryPrimitives.ReadInt64LittleEndian(source[8..]),
            SourceTimeS = double.IsNaN(time) ? null : time,
            ReceivedUnixNs = BinaryPrimitives.ReadInt64LittleEndian(source[24..]),
            Hash = BinaryPrimitives.ReadUInt64LittleEndian(source[32..]),
            MeanCounts = BinaryPrimitives.ReadDoubleLittleEndian(source[40..]),
            MinCounts = BinaryPrimitives.ReadDoubleLittleEndian(source[48..]),
            MaxCounts = BinaryPrimitives.ReadDoubleLittleEndian(source[56..]),
            SaturatedFraction = BinaryPrimitives.ReadDoubleLittleEndian(source[64..]),
            DroppedBefore = BinaryPrimitives.ReadInt64LittleEndian(source[72..]),
            Segment = BinaryPrimitives.ReadInt32LittleEndian(source[80..]),
            Flags = (IndexFlags)BinaryPrimitives.ReadInt32LittleEndian(source[84..]),
        };
        return true;
    }
}
