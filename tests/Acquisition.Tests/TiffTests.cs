using System.IO.Compression;
using BitMiracle.LibTiff.Classic;
using LiveLtem.Core;
using LiveLtem.Testing;

namespace LiveLtem.Acquisition.Tests;

public sealed class TiffTests : FrameSourceContract, IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    protected override Task<IFrameSource> OpenAsync()
    {
        var file = new TiffFile();
        for (var page = 0; page < 4; page++)
        {
            file.AddGrey(6, 7, 16, 1, Enumerable.Range(0, 42).Select(i => (double)(i + page)));
        }

        return Task.FromResult(Open(file));
    }

    [Theory]
    [InlineData(8, 1, "uint8", null)]
    [InlineData(16, 1, "uint16", null)]
    [InlineData(32, 1, "uint32", null)]
    [InlineData(8, 2, "int8", null)]
    [InlineData(16, 2, "int16", null)]
    [InlineData(32, 2, "int32", null)]
    [InlineData(16, 3, "float32", "float16")]
    [InlineData(32, 3, "float32", null)]
    [InlineData(64, 3, "float32", "float64")]
    public async Task Every_sample_is_read_in_both_byte_orders_classic_and_big(int bits, int format, string dtype, string? stored)
    {
        var values = Enumerable.Range(0, 35).Select(i => format == 1 ? i * 7.0 : (i * 6.0) - 100).ToArray();
        foreach (var (bigEndian, big) in ((bool, bool)[])[(false, false), (true, false), (false, true), (true, true)])
        {
            var file = new TiffFile(bigEndian, big);
            file.AddGrey(5, 7, bits, format, values);
            file.AddGrey(5, 7, bits, format, values.Reverse());

            var run = await RunAsync(file);

            Assert.Equal(dtype, run.Info.Type.NumpyName());
            Assert.Equal(stored, run.Info.StoredDtype);
            Assert.Equal(values, run.Frames[0].Pixels);
            Assert.Equal(values.Reverse(), run.Frames[1].Pixels);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Tiles_that_overhang_the_edge_are_put_together(bool bigEndian)
    {
        var (height, width, tile) = (37, 50, 16);
        var image = Enumerable.Range(0, height * width).Select(i => (double)i).ToArray();
        var file = new TiffFile(bigEndian);
        var offsets = new List<long>();
        for (var top = 0; top < height; top += tile)
        {
            for (var left = 0; left < width; left += tile)
            {
                var pixels = Enumerable.Range(0, tile * tile)
                    .Select(i => (Y: top + (i / tile), X: left + (i % tile)))
                    .Select(p => p.Y < height && p.X < width ? image[(p.Y * width) + p.X] : 65535);
                offsets.Add(file.Append(file.Samples(pixels, 16, 1)));
            }
        }

        file.AddPage([.. TiffFile.Basic(height, width, 16, 1), (322, 3, new[] { (long)tile }), (323, 3, new[] { (long)tile }), (324, 4, offsets.ToArray()), (325, 4, offsets.Select(_ => tile * tile * 2L).ToArray())]);

        var run = await RunAsync(file);

        Assert.Equal(image, run.Frames.Single().Pixels);
    }

    [Theory]
    [InlineData(Compression.LZW, 16, false)]
    [InlineData(Compression.LZW, 32, true)]
    [InlineData(Compression.LZW, 8, false)]
    [InlineData(Compression.ADOBE_DEFLATE, 16, false)]
    [InlineData(Compression.DEFLATE, 32, true)]
    [InlineData(Compression.PACKBITS, 8, false)]
    [InlineData(Compression.PACKBITS, 16, true)]
    public async Task Packed_strips_are_read(Compression compression, int bits, bool bigEndian)
    {
        var path = _folder.File("packed.tif");
        var image = Enumerable.Range(0, 23 * 31).Select(i => (double)(i * i % 251)).ToArray();
        WriteWithLibTiff(path, image, 23, 31, bits, compression, bigEndian ? "wb" : "wl", rowsPerStrip: 5, predictor: bits < 32 && compression != Compression.PACKBITS);

        var run = await SourceRun.OfAsync(path);

        Assert.Equal(image, run.Frames.Single().Pixels);
    }

    [Theory]
    [InlineData(16, 1, false)]
    [InlineData(16, 1, true)]
    [InlineData(32, 2, true)]
    [InlineData(8, 1, true)]
    public async Task Differences_of_neighbours_are_undone_in_both_byte_orders(int bits, int format, bool bigEndian)
    {
        var image = Enumerable.Range(0, 6 * 9).Select(i => (double)(i * 97 % 250)).ToArray();
        var file = new TiffFile(bigEndian);
        var differences = image.Select((v, i) => i % 9 == 0 ? v : v - image[i - 1]);
        AddDeflated(file, file.Samples(differences, bits, format), 6, 9, bits, format, predictor: 2);

        var run = await RunAsync(file);

        Assert.Equal(image, run.Frames.Single().Pixels);
    }

    [Theory]
    [InlineData(32)]
    [InlineData(64)]
    [InlineData(16)]
    public async Task The_floating_point_predictor_is_undone(int bits)
    {
        var image = Enumerable.Range(0, 4 * 5).Select(i => (i * 1.5) - 7).ToArray();
        var bigEndian = new TiffFile(bigEndian: true);
        var rows = image.Chunk(5).SelectMany(row =>
        {
            var bytes = bigEndian.Samples(row, bits, 3);
            var sorted = Enumerable.Range(0, bits / 8).SelectMany(b => Enumerable.Range(0, 5).Select(x => bytes[(x * bits / 8) + b])).ToArray();
            return sorted.Select((b, i) => i == 0 ? b : (byte)(b - sorted[i - 1]));
        });
        var file = new TiffFile();
        AddDeflated(file, [.. rows], 4, 5, bits, 3, predictor: 3);

        var run = await RunAsync(file);

        Assert.Equal(image, run.Frames.Single().Pixels);
    }

    [Theory]
    [InlineData(Compression.CCITTRLE)]
    [InlineData(Compression.CCITTFAX4)]
    [InlineData(Compression.NONE)]
    public async Task One_bit_masks_come_out_as_zero_and_one(Compression compression)
    {
        var path = _folder.File("mask.tif");
        var (height, width) = (17, 43);
        using (var tiff = Tiff.Open(path, "w"))
        {
            SetUp(tiff, height, width, 1, compression, 17);
            tiff.SetField(TiffTag.PHOTOMETRIC, Photometric.MINISBLACK);
            for (var row = 0; row < height; row++)
            {
                var packed = new byte[(width + 7) / 8];
                for (var x = 0; x < width; x++)
                {
                    packed[x / 8] |= (byte)(((x + row) % 3 == 0 ? 1 : 0) << (7 - (x % 8)));
                }

                tiff.WriteScanline(packed, row);
            }
        }

        var run = await SourceRun.OfAsync(path);

        Assert.Equal("bool", run.Info.StoredDtype);
        Assert.Equal(Enumerable.Range(0, height * width).Select(i => ((i % width) + (i / width)) % 3 == 0 ? 1.0 : 0), run.Frames.Single().Pixels);
    }

    [Fact]
    public async Task Reversed_bits_are_turned_round()
    {
        var file = new TiffFile();
        var at = file.Append([0b1000_0000, 0b0000_0001, 0b0000_1010]);
        file.AddPage([.. TiffFile.Basic(1, 3, 8, 1), (266, 3, new[] { 2L }), (273, 4, new[] { at }), (279, 4, new[] { 3L })]);

        var run = await RunAsync(file);

        Assert.Equal([1, 128, 80], run.Frames.Single().Pixels);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task JPEG_strips_are_read_in_grey_and_in_colour(bool colour)
    {
        var path = _folder.File("jpeg.tif");
        var (height, width, samples) = (32, 48, colour ? 3 : 1);
        using (var tiff = Tiff.Open(path, "w"))
        {
            SetUp(tiff, height, width, 8, Compression.JPEG, 16);
            tiff.SetField(BitMiracle.LibTiff.Classic.TiffTag.SAMPLESPERPIXEL, samples);
            tiff.SetField(BitMiracle.LibTiff.Classic.TiffTag.PHOTOMETRIC, colour ? Photometric.RGB : Photometric.MINISBLACK);
            tiff.SetField(BitMiracle.LibTiff.Classic.TiffTag.PLANARCONFIG, PlanarConfig.CONTIG);
            for (var row = 0; row < height; row++)
            {
                Assert.True(tiff.WriteScanline([.. Enumerable.Range(0, width * samples).Select(i => (byte)(100 + row))], row));
            }
        }

        var run = await SourceRun.OfAsync(path);

        var frame = run.Frames.Single();
        for (var i = 0; i < frame.Pixels.Length; i++)
        {
            Assert.Equal(100 + (i / width), frame.Pixels[i], 4.0);
        }
    }

    [Fact]
    public async Task Twelve_bit_packed_samples_are_unpacked()
    {
        var values = Enumerable.Range(0, 12).Select(i => i * 341).ToArray();
        var file = new TiffFile();
        var packed = values.Chunk(2).SelectMany(p => new[] { (byte)(p[0] >> 4), (byte)((p[0] << 4) | (p[1] >> 8)), (byte)p[1] }).ToArray();
        var at = file.Append(packed);
        file.AddPage([.. TiffFile.Basic(2, 6, 12, 1), (273, 4, new[] { at }), (279, 4, new[] { (long)packed.Length })]);

        var run = await RunAsync(file);

        Assert.Equal("uint12", run.Info.StoredDtype);
        Assert.Equal(values.Select(v => (double)v), run.Frames.Single().Pixels);
    }

    [Fact]
    public async Task Where_zero_is_white_the_image_is_inverted()
    {
        var file = new TiffFile();
        var at = file.Append([0, 10, 255]);
        file.AddPage([.. TiffFile.Basic(1, 3, 8, 1, photometric: 0), (273, 4, new[] { at }), (279, 4, new[] { 3L })]);

        var run = await RunAsync(file);

        Assert.Equal([255, 245, 0], run.Frames.Single().Pixels);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Colour_becomes_luma_and_coded_grey_stays_exact(bool planar)
    {
        byte[] red = [200, 7, 255, 0], green = [100, 7, 255, 0], blue = [50, 7, 255, 0];
        var file = new TiffFile();
        var data = planar ? [.. red, .. green, .. blue] : Enumerable.Range(0, 4).SelectMany(i => new[] { red[i], green[i], blue[i] }).ToArray();
        var at = file.Append(data);
        var basic = TiffFile.Basic(2, 2, 8, 1, photometric: 2).Where(t => t.Tag is not (258 or 277 or 339));
        var offsets = planar ? new[] { at, at + 4, at + 8 } : [at];
        file.AddPage([.. basic, (258, 3, new[] { 8L, 8, 8 }), (277, 3, new[] { 3L }), (284, 3, new[] { planar ? 2L : 1 }), (278, 4, new[] { 2L }), (273, 4, offsets), (279, 4, offsets.Select(_ => planar ? 4L : 12).ToArray())]);

        var run = await RunAsync(file);

        Assert.Equal([Math.Round((0.299 * 200) + (0.587 * 100) + (0.114 * 50)), 7, 255, 0], run.Frames.Single().Pixels);
        Assert.Contains("luma", (string)run.Info.Metadata["colour"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_ImageJ_stack_behind_one_directory_gives_all_its_frames(bool bigEndian)
    {
        var values = Enumerable.Range(0, 6 * 20).Select(i => (double)i).ToArray();
        var file = new TiffFile(bigEndian);
        var at = file.Append(file.Samples(values, 16, 1));
        file.AddPage([.. TiffFile.Basic(4, 5, 16, 1), (270, 2, "ImageJ=1.53t\nimages=6\nframes=6\nunit=\\u00B5m\nfinterval=0.25\nfps=20.0\n"), (273, 4, new[] { at }), (278, 3, new[] { 4L }), (279, 4, new[] { 40L }), (282, 5, new[] { 5000L, 1 }), (283, 5, new[] { 5000L, 1 })]);

        var run = await RunAsync(file);

        Assert.Equal(6, run.Info.Frames);
        Assert.Equal(values, run.Frames.SelectMany(f => f.Pixels));
        Assert.Equal(0.2, run.Info.Calibration.PixelSizeNm!.Value, 1e-12);
        Assert.Equal(0.25, run.Info.Calibration.FrameTimeS!.Value);
    }

    [Fact]
    public async Task An_ImageJ_stack_that_is_cut_off_gives_its_whole_frames()
    {
        var file = new TiffFile();
        var directoryFirst = new TiffFile();
        file.AddPage([.. TiffFile.Basic(4, 5, 16, 1), (270, 2, "ImageJ=1.53t\nimages=6\n"), (273, 4, new[] { 400L }), (278, 3, new[] { 4L }), (279, 4, new[] { 40L })]);
        var bytes = file.Bytes;
        Assert.True(bytes.Length <= 400 && directoryFirst.Bytes.Length > 0);
        Array.Resize(ref bytes, 400 + (40 * 3) + 11);
        await File.WriteAllBytesAsync(_folder.File("cut.tif"), bytes, Token);

        var run = await SourceRun.OfAsync(_folder.File("cut.tif"));

        Assert.Equal(3, run.Frames.Count);
        Assert.Contains(run.Info.Warnings, w => w.Contains("6 frames are promised", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("\\u00B5m", 2.0, 500)]
    [InlineData("µm", 2.0, 500)]
    [InlineData("micron", 2.0, 500)]
    [InlineData("um", 2.0, 500)]
    [InlineData("nm", 2.0, 0.5)]
    [InlineData("Å", 2.0, 0.05)]
    [InlineData("cm", 2e7, 0.5)]
    [InlineData("inch", 2e7, 1.27)]
    [InlineData("pixel", 2.0, double.NaN)]
    [InlineData("sec", 2.0, double.NaN)]
    public async Task ImageJ_units_are_understood(string unit, double pixelsPerUnit, double pixelSizeNm)
    {
        var file = new TiffFile();
        var resolution = new[] { (long)pixelsPerUnit, 1 };
        file.AddGrey(2, 2, 8, 1, [1, 2, 3, 4], (270, 2, $"ImageJ=1.53t\nunit={unit}\n"), (282, 5, resolution), (283, 5, resolution), (296, 3, new[] { 1L }));

        await using var source = Open(file);

        Assert.Equal(double.IsNaN(pixelSizeNm) ? null : pixelSizeNm, source.Info.Calibration.PixelSizeNm?.Value);
    }

    [Fact]
    public async Task Dots_per_inch_are_no_pixel_size_but_a_microscope_s_resolution_is()
    {
        var print = new TiffFile();
        print.AddGrey(2, 2, 8, 1, [1, 2, 3, 4], (282, 5, new[] { 300L, 1 }), (283, 5, new[] { 300L, 1 }), (296, 3, new[] { 2L }));
        var microscope = new TiffFile();
        microscope.AddGrey(2, 2, 8, 1, [1, 2, 3, 4], (282, 5, new[] { 50_000_000L, 1 }), (283, 5, new[] { 50_000_000L, 1 }), (296, 3, new[] { 3L }));

        await using var printed = Open(print);
        await using var measured = Open(microscope);

        Assert.Null(printed.Info.Calibration.PixelSizeNm);
        Assert.Equal(0.2, measured.Info.Calibration.PixelSizeNm!.Value, 1e-12);
    }

    [Fact]
    public async Task OME_XML_gives_sizes_times_axes_and_date()
    {
        const string Ome = """
            <?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0" Name="rods">
            <AcquisitionDate>2024-02-03T04:05:06</AcquisitionDate>
            <Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint16" SizeX="7" SizeY="5" SizeC="1" SizeZ="1" SizeT="2" PhysicalSizeX="0.25" PhysicalSizeXUnit="nm" PhysicalSizeY="2.5" PhysicalSizeYUnit="Å" TimeIncrement="40" TimeIncrementUnit="ms">
            <Channel ID="Channel:0:0" SamplesPerPixel="1"/><TiffData/><Plane TheT="0" TheZ="0" TheC="0" ExposureTime="0.03"/></Pixels></Image></OME>
            """;
        var file = new TiffFile(bigEndian: true);
        file.AddGrey(5, 7, 16, 1, Enumerable.Range(0, 35).Select(i => (double)i), (270, 2, Ome));
        file.AddGrey(5, 7, 16, 1, Enumerable.Range(0, 35).Select(i => (double)i));

        var run = await RunAsync(file);

        Assert.Equal("OME-TIFF", run.Info.Format);
        Assert.Equal(0.25, run.Info.Calibration.PixelSizeNm!.Value, 1e-12);
        Assert.Equal(0.04, run.Info.Calibration.FrameTimeS!.Value, 1e-12);
        Assert.Equal(0.03, run.Info.Calibration.ExposureS!.Value, 1e-12);
        Assert.Equal("TYX", run.Info.Metadata["axes"]);
        Assert.Equal(new DateTimeOffset(2024, 2, 3, 4, 5, 6, TimeSpan.Zero), run.Info.Date);
    }

    [Fact]
    public async Task Thumbnails_are_left_out()
    {
        var file = new TiffFile();
        file.AddGrey(4, 5, 8, 1, Enumerable.Repeat(9.0, 20));
        file.AddGrey(2, 2, 8, 1, Enumerable.Repeat(1.0, 4), (254, 4, new[] { 1L }));

        var run = await RunAsync(file);

        Assert.Equal(180, run.Sum);
        Assert.Contains(run.Info.Warnings, w => w.Contains("reduced", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_page_of_another_size_is_one_clear_error_after_the_good_ones()
    {
        var file = new TiffFile();
        file.AddGrey(4, 5, 8, 1, Enumerable.Repeat(9.0, 20));
        file.AddGrey(2, 2, 8, 1, Enumerable.Repeat(1.0, 4));

        var error = await Assert.ThrowsAsync<FrameFormatException>(() => RunAsync(file));

        Assert.Contains("page 1 is 2 x 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chain_of_pages_that_runs_in_a_circle_ends()
    {
        var file = new TiffFile();
        file.AddGrey(4, 5, 8, 1, Enumerable.Repeat(9.0, 20));
        var bytes = file.Bytes;
        bytes.AsSpan(4, 4).CopyTo(bytes.AsSpan(bytes.Length - 4));
        await File.WriteAllBytesAsync(_folder.File("circle.tif"), bytes, Token);

        var run = await SourceRun.OfAsync(_folder.File("circle.tif"));

        Assert.Single(run.Frames);
        Assert.Contains(run.Info.Warnings, w => w.Contains("circle", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_cut_off_anywhere_gives_whole_frames_or_one_clear_error()
    {
        var file = new TiffFile();
        for (var page = 0; page < 3; page++)
        {
            file.AddGrey(4, 5, 16, 1, Enumerable.Range(0, 20).Select(i => (double)i));
        }

        var bytes = file.Bytes;
        for (var length = 1; length < bytes.Length; length++)
        {
            var path = _folder.File("cut.tif");
            await File.WriteAllBytesAsync(path, bytes[..length], Token);
            try
            {
                var run = await SourceRun.OfAsync(path);
                Assert.NotEmpty(run.Info.Warnings);
                Assert.All(run.Frames, f => Assert.Equal(190, f.Sum));
            }
            catch (FrameFormatException error)
            {
                Assert.StartsWith("cut.tif: ", error.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void A_small_file_that_claims_a_huge_page_asks_for_no_memory()
    {
        foreach (var compression in (int[])[1, 5, 8, 32773])
        {
            var file = new TiffFile();
            var at = file.Append(new byte[100]);
            file.AddPage([.. TiffFile.Basic(40_000, 40_000, 8, 1, compression), (273, 4, new[] { at }), (278, 4, new[] { 40_000L }), (279, 4, new[] { 100L })]);
            var before = GC.GetAllocatedBytesForCurrentThread();

            Assert.Throws<FrameFormatException>(() => Open(file));

            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);
        }
    }

    [Fact]
    public void Offsets_that_are_no_integers_are_refused()
    {
        var file = new TiffFile();
        file.AddPage([.. TiffFile.Basic(2, 2, 8, 1), (273, 12, new[] { 8.0 }), (279, 4, new[] { 4L })]);

        Assert.Equal("StripOffsets", Assert.Throws<FrameFormatException>(() => Open(file)).Field);
    }

    [Fact]
    public async Task Damaged_deflate_is_one_clear_error_that_names_the_strip()
    {
        using var packed = new MemoryStream();
        await using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            await zlib.WriteAsync(Enumerable.Range(0, 400).Select(i => (byte)(i * i)).ToArray(), Token);
        }

        var bytes = packed.ToArray();
        bytes[^1] ^= 0xFF;
        var file = new TiffFile();
        var at = file.Append(bytes);
        file.AddPage([.. TiffFile.Basic(20, 20, 8, 1, 8), (273, 4, new[] { at }), (278, 4, new[] { 20L }), (279, 4, new[] { (long)bytes.Length })]);

        var error = await Assert.ThrowsAsync<FrameFormatException>(() => RunAsync(file));

        Assert.Contains("strip 0", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Theory]
    [InlineData(259, 34925, "Compression")]
    [InlineData(262, 8, "PhotometricInterpretation")]
    [InlineData(339, 6, "SampleFormat")]
    [InlineData(258, 24, "BitsPerSample")]
    public void What_is_not_read_is_refused_by_name(int tag, long value, string field)
    {
        var file = new TiffFile();
        var at = file.Append(new byte[400]);
        file.AddPage([.. TiffFile.Basic(4, 5, 8, 1).Where(t => t.Tag != tag), (tag, 3, new[] { value }), (273, 4, new[] { at }), (279, 4, new[] { 400L })]);

        Assert.Equal(field, Assert.Throws<FrameFormatException>(() => Open(file)).Field);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IFrameSource Open(TiffFile file) => AcquisitionServices.CreateFrameSources().Open(file.Write(_folder.File("a.tif")));

    private Task<SourceRun> RunAsync(TiffFile file) => SourceRun.OfAsync(file.Write(_folder.File("a.tif")));

    private static void AddDeflated(TiffFile file, byte[] samples, int height, int width, int bits, int format, int predictor)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            zlib.Write(samples);
        }

        var at = file.Append(packed.ToArray());
        file.AddPage([.. TiffFile.Basic(height, width, bits, format, 8), (273, 4, new[] { at }), (278, 4, new[] { (long)height }), (279, 4, new[] { packed.Length }), (317, 3, new[] { (long)predictor })]);
    }

    private static void SetUp(Tiff tiff, int height, int width, int bits, Compression compression, int rowsPerStrip)
    {
        tiff.SetField(BitMiracle.LibTiff.Classic.TiffTag.IMAGEWIDTH, width);
        tiff.SetField(BitMiracle.LibTiff.Classic.TiffTag.IMAGELENGTH, height);
        tiff.SetField(BitMiracle.LibTiff.Classic.TiffTag.BITSPERSAMPLE, bits);
        tiff.SetField(BitMiracle.LibTiff.Classic.TiffTag.SAMPLESPERPIXEL, 1);
        tiff.SetField(BitMiracle.LibTiff.Classic.TiffTag.ROWSPERSTRIP, rowsPerStrip);
        tiff.SetField(BitMiracle.LibTiff.Classic.TiffTag.COMPRESSION, compression);
        tiff.SetField(BitMiracle.LibTiff.Classic.TiffTag.PHOTOMETRIC, Photometric.MINISBLACK);
    }

    private static void WriteWithLibTiff(string path, double[] image, int height, int width, int bits, Compression compression, string mode, int rowsPerStrip, bool predictor)
    {
        using var tiff = Tiff.Open(path, mode);
        SetUp(tiff, height, width, bits, compression, rowsPerStrip);
        if (predictor)
        {
            tiff.SetField(BitMiracle.LibTiff.Classic.TiffTag.PREDICTOR, Predictor.HORIZONTAL);
        }

        for (var row = 0; row < height; row++)
        {
            var line = new byte[width * bits / 8];
            for (var x = 0; x < width; x++)
            {
                var value = (uint)image[(row * width) + x];
                BitConverter.GetBytes(value)[..(bits / 8)].CopyTo(line, x * bits / 8);
            }

            Assert.True(tiff.WriteScanline(line, row));
        }
    }
}
