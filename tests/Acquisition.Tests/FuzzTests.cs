using CsCheck;
using LiveLtem.Core;
using LiveLtem.Testing;
using OpenCvSharp;

namespace LiveLtem.Acquisition.Tests;

/// <summary>Any bytes give frames or one sentence, in bounded memory and time.</summary>
public sealed class FuzzTests : IDisposable
{
    private const long MostFrames = 200;
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("mrc", 400)]
    [InlineData("mrc-fei", 200)]
    [InlineData("tiff", 400)]
    [InlineData("tiff-big", 300)]
    [InlineData("tiff-lzw", 300)]
    [InlineData("tiff-jpeg", 150)]
    [InlineData("tiff-fax", 150)]
    [InlineData("imagej", 200)]
    [InlineData("png", 200)]
    [InlineData("jpeg", 200)]
    [InlineData("bmp", 200)]
    [InlineData("gz", 150)]
    public void Mutated_files_give_frames_or_a_sentence(string kind, int runs)
    {
        var seed = Seed(kind);
        var mutation = Gen.Select(Gen.Int[0, seed.Length - 1], Gen.Byte, Gen.Int[0, 5]);
        mutation.Array[1, 6].Sample(
            changes =>
            {
                var bytes = (byte[])seed.Clone();
                foreach (var (at, value, how) in changes)
                {
                    Mutate(ref bytes, Math.Min(at, bytes.Length - 1), value, how);
                }

                ReadAll(bytes);
            },
            iter: runs,
            threads: 1,
            seed: "0N0XIzNsQ0O2");
    }

    [Fact]
    public void Any_header_bytes_give_frames_or_a_sentence() =>
        Gen.Byte.Array[0, 3000].Sample(
            bytes =>
            {
                ReadAll(bytes);
                ReadAll([.. "II*\0"u8, .. bytes]);
                ReadAll([.. "MM\0+"u8, .. bytes]);
            },
            iter: 300,
            threads: 1);

    private static void Mutate(ref byte[] bytes, int at, byte value, int how)
    {
        switch (how)
        {
            case 0:
                bytes = bytes[..Math.Max(1, at)];
                break;
            case 1:
                bytes[at] = 0xFF;
                break;
            case 2:
                // The heads of files are where sizes and offsets are.
                bytes[at % Math.Min(bytes.Length, 256)] = value;
                break;
            case 3:
                bytes.AsSpan(at, Math.Min(4, bytes.Length - at)).Fill(value);
                break;
            default:
                bytes[at] = value;
                break;
        }
    }

    private void ReadAll(byte[] bytes)
    {
        var path = _folder.File("fuzz");
        File.WriteAllBytes(path, bytes);
        using var pool = new FramePool(2);
        try
        {
            using var reader = AcquisitionServices.CreateFrameSources().OpenReader(path, SourceOptions.Default);
            var frameBytes = (long)reader.Info.Height * reader.Info.Width * reader.Info.Type.BytesPerPixel();
            Assert.True(frameBytes <= 1L << 30, $"{reader.Info.Height} x {reader.Info.Width} from {bytes.Length} bytes");
            for (var i = 0L; i < MostFrames && frameBytes < 1 << 26 && reader.TryRead(i, pool, out _) is { } draft; i++)
            {
                draft.Dispose();
            }
        }
        catch (InputException error)
        {
            Assert.DoesNotContain('\n', error.Message);
        }

        Assert.Equal(0, pool.Outstanding);
    }

    private byte[] Seed(string kind)
    {
        var path = _folder.File("seed");
        switch (kind)
        {
            case "mrc":
                return new MrcFile().Bytes();
            case "mrc-fei":
                return new MrcFile { Extended = [0, 3, .. new byte[766]], ExtendedType = "FEI1" }.Bytes();
            case "tiff" or "tiff-big" or "imagej":
                var file = new TiffFile(big: kind == "tiff-big");
                for (var i = 0; i < 3; i++)
                {
                    file.AddGrey(6, 7, 16, 1, Enumerable.Range(0, 42).Select(v => (double)v), (270, 2, kind == "imagej" ? "ImageJ=1.53\nimages=9\nunit=nm\nfinterval=0.1\n" : "<OME><Pixels/></OME>"), (282, 5, new[] { 3L, 1 }), (283, 5, new[] { 3L, 1 }));
                }

                return file.Bytes;
            case "tiff-lzw" or "tiff-jpeg" or "tiff-fax":
                WriteTiff(path, kind);
                return File.ReadAllBytes(path);
            case "gz":
                using (var packed = File.Create(path))
                using (var gzip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Optimal))
                {
                    gzip.Write(new MrcFile { Value = i => i * 91 % 256 }.Bytes());
                }

                return File.ReadAllBytes(path);
            default:
                using (var image = new Mat(20, 24, MatType.CV_8UC3))
                {
                    Cv2.Randu(image, Scalar.All(0), Scalar.All(255));
                    Cv2.ImWrite(path + "." + kind, image);
                }

                return File.ReadAllBytes(path + "." + kind);
        }
    }

    private static void WriteTiff(string path, string kind)
    {
        using var tiff = BitMiracle.LibTiff.Classic.Tiff.Open(path, "w");
        var (bits, compression) = kind switch
        {
            "tiff-lzw" => (16, BitMiracle.LibTiff.Classic.Compression.LZW),
            "tiff-jpeg" => (8, BitMiracle.LibTiff.Classic.Compression.JPEG),
            _ => (1, BitMiracle.LibTiff.Classic.Compression.CCITTFAX4),
        };
        tiff.SetField(BitMiracle.LibTiff.Classic.TiffTag.IMAGEWIDTH, 32);
        tiff.SetField(BitMiracle.LibTiff.Classic.TiffTag.IMAGELENGTH, 16);
        tiff.SetField(BitMiracle.LibTiff.Classic.TiffTag.BITSPERSAMPLE, bits);
        tiff.SetField(BitMiracle.LibTiff.Classic.TiffTag.SAMPLESPERPIXEL, 1);
        tiff.SetField(BitMiracle.LibTiff.Classic.TiffTag.ROWSPERSTRIP, 8);
        tiff.SetField(BitMiracle.LibTiff.Classic.TiffTag.COMPRESSION, compression);
        tiff.SetField(BitMiracle.LibTiff.Classic.TiffTag.PHOTOMETRIC, BitMiracle.LibTiff.Classic.Photometric.MINISBLACK);
        for (var row = 0; row < 16; row++)
        {
            tiff.WriteScanline(Enumerable.Range(0, 32 * bits / 8).Select(i => (byte)(i * row)).ToArray(), row);
        }
    }
}
