using System.Text;
using LiveLtem.Acquisition.Decoding;
using LiveLtem.Core;

namespace LiveLtem.Acquisition.Files.Mrc;

/// <summary>The records that Thermo Fisher (FEI) programs put before the pixels: one for each frame, of <c>FEI1</c> or <c>FEI2</c> kind.</summary>
/// <remarks>Layout from the EPU manual and mrcfile's <c>dtypes.py</c>, checked against a Velox file: packed, always little-endian, a bit mask says which fields are set.
/// Record size in the first int32 (768 for FEI1, 888 for FEI2).</remarks>
internal sealed class FeiExtendedHeader
{
    private const int SmallestRecord = 587;
    private const int Mask1 = 8;
    private const int Mask2 = 297;
    private const int Mask3 = 490;

    /// <summary>Days of OLE automation time start here.</summary>
    private static readonly DateTimeOffset Epoch = new(1899, 12, 30, 0, 0, 0, TimeSpan.Zero);

    private readonly FrameFile _file;
    private readonly int _recordBytes;
    private readonly long _records;
    private readonly double? _firstDays;

    private FeiExtendedHeader(FrameFile file, byte[] first, int recordBytes, long records)
    {
        _file = file;
        _recordBytes = recordBytes;
        _records = records;
        _firstDays = Field(first, Mask1, 0, 12);
        PixelXNm = Positive(Field(first, Mask1, 14, 156)) * 1e9;
        PixelYNm = Positive(Field(first, Mask1, 15, 164)) * 1e9;
        Kv = Positive(Field(first, Mask1, 5, 84)) / 1000;
        ExposureS = Positive(Field(first, Mask2, 16, 419));
        ScanFrameTimeS = Positive(Field(first, Mask3, 16, 579));
        Add("dose_e_A2", Positive(Field(first, Mask1, 6, 92)) * 1e-20);
        Add("magnification", Positive(Double(first, 289)));
        AddText("microscope", first, 20);
        AddText("application", first, 52);
        AddText("application_version", first, 68);
        AddText("camera", first, 435);
        AddText("stem_detector", first, 519);
    }

    /// <summary>Pixel sizes on the specimen, nm.</summary>
    public double? PixelXNm { get; }

    public double? PixelYNm { get; }

    public double? Kv { get; }

    /// <summary>Integration time of one camera frame, s.</summary>
    public double? ExposureS { get; }

    /// <summary>Time of one scan (STEM), s.</summary>
    public double? ScanFrameTimeS { get; }

    /// <summary>When the first frame was taken, by the microscope's clock without a zone.</summary>
    public DateTimeOffset? Date => _firstDays is > 10_000 and < 100_000 ? Epoch.AddMilliseconds(Math.Round(_firstDays.Value * 86_400_000)) : null;

    public Dictionary<string, object> Metadata { get; } = [];

    /// <summary>Reads the first record; null where there is none of a size that can be.</summary>
    public static FeiExtendedHeader? TryRead(FrameFile file, MrcHeader header)
    {
        if (header.ExtendedType is not ("FEI1" or "FEI2") || header.ExtendedBytes < SmallestRecord || header.DataOffset > file.Length)
        {
            return null;
        }

        var size = ByteOrder.Int32(file.ReadBlock(MrcHeader.Bytes, 4, "FEI record size"), 0, bigEndian: false);
        return size < SmallestRecord || size > header.ExtendedBytes
            ? null
            : new FeiExtendedHeader(file, file.ReadBlock(MrcHeader.Bytes, size, "FEI record"), size, header.ExtendedBytes / size);
    }

    /// <summary>Seconds from the first frame by the time stamps of the records; null where they are not set or stand still.</summary>
    public double? TimeS(long frame)
    {
        if (frame == 0 && _firstDays is not null)
        {
            return 0;
        }

        if (frame >= _records || _firstDays is not { } first)
        {
            return null;
        }

        Span<byte> record = stackalloc byte[20];
        _file.ReadExactly(MrcHeader.Bytes + (frame * _recordBytes), record, "FEI time stamp");
        var seconds = (ByteOrder.Double(record, 12, bigEndian: false) - first) * 86_400;
        return (ByteOrder.UInt32(record, Mask1, bigEndian: false) & 1) != 0 && seconds is > 0 and < 1e7 ? seconds : null;
    }

    private static double? Field(byte[] record, int maskOffset, int bit, int offset) =>
        (ByteOrder.UInt32(record, maskOffset, bigEndian: false) >> bit & 1) != 0 ? Double(record, offset) : null;

    private static double? Double(byte[] record, int offset)
    {
        var value = ByteOrder.Double(record, offset, bigEndian: false);
        return double.IsFinite(value) ? value : null;
    }

    private static double? Positive(double? value) => value is > 0 ? value : null;

    private void Add(string key, double? value)
    {
        if (value is { } known)
        {
            Metadata[key] = known;
        }
    }

    private void AddText(string key, byte[] record, int offset)
    {
        var text = Encoding.ASCII.GetString(record, offset, 16).Split('\0')[0].Trim();
        if (text.Length > 0 && text.All(c => c is >= ' ' and <= '~'))
        {
            Metadata[key] = text;
        }
    }
}
