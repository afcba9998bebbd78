using System.Buffers.Binary;
using System.Text;
using System.Threading.Channels;
using LiveLtem.Core;
using LiveLtem.Testing;
using Microsoft.Extensions.Time.Testing;

namespace LiveLtem.Acquisition.Tests;

public sealed class MrcTests : FrameSourceContract, IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    protected override Task<IFrameSource> OpenAsync() =>
        Task.FromResult(AcquisitionServices.CreateFrameSources().Open(new MrcFile { Sections = 5 }.Write(_folder.File("contract.mrc"))));

    [Theory]
    [InlineData(0, "int8", null, false)]
    [InlineData(0, "int8", null, true)]
    [InlineData(1, "int16", null, false)]
    [InlineData(1, "int16", null, true)]
    [InlineData(2, "float32", null, false)]
    [InlineData(2, "float32", null, true)]
    [InlineData(6, "uint16", null, false)]
    [InlineData(6, "uint16", null, true)]
    [InlineData(12, "float32", "float16", false)]
    [InlineData(12, "float32", "float16", true)]
    [InlineData(101, "uint8", "uint4", false)]
    public async Task Every_mode_is_read_in_both_byte_orders(int mode, string dtype, string? stored, bool bigEndian)
    {
        Func<int, double> value = mode switch { 0 => i => i - 30, 1 => i => (i * 500) - 15000, 101 => i => i % 16, 6 => i => i * 1000, _ => i => (i / 4.0) - 3 };
        var file = new MrcFile { Mode = mode, BigEndian = bigEndian, Value = value };

        var run = await SourceRun.OfAsync(file.Write(_folder.File("a.mrc")));

        Assert.Equal(dtype, run.Info.Type.NumpyName());
        Assert.Equal(stored, run.Info.StoredDtype);
        Assert.Equal(Enumerable.Range(0, 60).Select(value), run.Frames.SelectMany(f => f.Pixels));
        Assert.Equal(1, run.Info.Calibration.PixelSizeNm!.Value, 1e-9);
    }

    [Theory]
    [InlineData(0, "uint8")]
    [InlineData(1, "int8")]
    [InlineData(5, "int8")]
    public async Task Bytes_are_signed_as_the_IMOD_flag_says(int flags, string dtype)
    {
        var run = await SourceRun.OfAsync(new MrcFile { Mode = 0, ImodFlags = flags, Value = i => i + 190 }.Write(_folder.File("a.mrc")));

        Assert.Equal(dtype, run.Info.Type.NumpyName());
        Assert.Equal(dtype == "uint8" ? 190 : 190 - 256, run.Frames[0].Pixels[0]);
    }

    [Fact]
    public async Task Bytes_are_unsigned_where_the_header_shows_a_maximum_above_127()
    {
        var run = await SourceRun.OfAsync(new MrcFile { Mode = 0, Range = (0, 249), Value = i => i + 190 }.Write(_folder.File("a.mrc")));

        Assert.Equal(PixelType.UInt8, run.Info.Type);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_magic_is_not_demanded(bool bigEndian)
    {
        var run = await SourceRun.OfAsync(new MrcFile { Magic = false, BigEndian = bigEndian }.Write(_folder.File("no-magic.dat")));

        Assert.Equal("MRC", run.Info.Format);
        Assert.Equal(60 * 59 / 2, run.Sum);
    }

    [Theory]
    [InlineData(false, 0x11)]
    [InlineData(true, 0x44)]
    [InlineData(false, 0x00)]
    [InlineData(true, 0xFF)]
    public async Task A_wrong_machine_stamp_does_not_mislead(bool bigEndian, byte stamp)
    {
        var run = await SourceRun.OfAsync(new MrcFile { BigEndian = bigEndian, Stamp = stamp }.Write(_folder.File("a.mrc")));

        Assert.Equal(60 * 59 / 2, run.Sum);
    }

    [Fact]
    public async Task A_SerialEM_extended_header_is_passed_over()
    {
        var extended = new byte[1024];
        Array.Fill(extended, (byte)0x7F);

        var run = await SourceRun.OfAsync(new MrcFile { Extended = extended, ExtendedType = "SERI" }.Write(_folder.File("a.mrc")));

        Assert.Equal(60 * 59 / 2, run.Sum);
        Assert.Equal(1024, run.Info.Metadata["extended_header_bytes"]);
    }

    [Fact]
    public async Task The_FEI_records_give_calibration_and_a_time_for_each_frame()
    {
        var extended = new byte[768 * 3];
        for (var i = 0; i < 3; i++)
        {
            var record = extended.AsSpan(i * 768, 768);
            BinaryPrimitives.WriteInt32LittleEndian(record, 768);
            BinaryPrimitives.WriteUInt32LittleEndian(record[8..], 0b1100_0000_0110_0001);
            BinaryPrimitives.WriteDoubleLittleEndian(record[12..], 45000.25 + (i * 0.5 / 86400));
            BinaryPrimitives.WriteDoubleLittleEndian(record[84..], 200_000);
            BinaryPrimitives.WriteDoubleLittleEndian(record[92..], 3e21);
            BinaryPrimitives.WriteDoubleLittleEndian(record[156..], 0.25e-9);
            BinaryPrimitives.WriteDoubleLittleEndian(record[164..], 0.25e-9);
            BinaryPrimitives.WriteUInt32LittleEndian(record[297..], 1u << 16);
            BinaryPrimitives.WriteDoubleLittleEndian(record[419..], 0.4);
        }

        var run = await SourceRun.OfAsync(new MrcFile { Extended = extended, ExtendedType = "FEI1" }.Write(_folder.File("a.mrc")));

        Assert.Equal(0.25, run.Info.Calibration.PixelSizeNm!.Value, 1e-9);
        Assert.Equal(0.4, run.Info.Calibration.ExposureS!.Value);
        Assert.Equal(200, run.Info.Calibration.Kv!.Value);
        Assert.Equal(30, (double)run.Info.Metadata["dose_e_A2"], 1e-9);
        Assert.Equal(new DateTimeOffset(2023, 3, 15, 6, 0, 0, TimeSpan.Zero), run.Info.Date);
        Assert.Equal([0, 0.5, 1], run.Frames.Select(f => Math.Round(f.Header.SourceTimeS!.Value, 4)));
    }

    [Fact]
    public async Task A_negative_cell_gives_no_pixel_size()
    {
        var run = await SourceRun.OfAsync(new MrcFile { CellA = (-50, -40) }.Write(_folder.File("a.mrc")));

        Assert.Null(run.Info.Calibration.PixelSizeNm);
        Assert.Contains(run.Info.Warnings, w => w.Contains("negative", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Axes_of_different_pixel_size_give_both_and_no_common_one()
    {
        var run = await SourceRun.OfAsync(new MrcFile { CellA = (50, 80) }.Write(_folder.File("a.mrc")));

        Assert.Null(run.Info.Calibration.PixelSizeNm);
        Assert.Equal([2, 1], Assert.IsType<double[]>(run.Info.Metadata["pixel_size_nm_yx"]));
    }

    [Fact]
    public async Task A_file_cut_off_anywhere_gives_its_whole_frames_or_one_clear_error()
    {
        var bytes = new MrcFile { Extended = new byte[32] }.Bytes();
        var dataAt = 1024 + 32;
        foreach (var length in (int[])[1, 4, 211, 212, 1023, 1024, 1040, dataAt, dataAt + 1, dataAt + 39, dataAt + 40, dataAt + 41, dataAt + 79, dataAt + 80, bytes.Length - 1])
        {
            var path = _folder.File($"cut{length}.mrc");
            File.WriteAllBytes(path, bytes[..length]);
            var whole = Math.Max(0, length - dataAt) / 40;
            if (whole == 0)
            {
                Assert.ThrowsAny<InputException>(() => AcquisitionServices.CreateFrameSources().Open(path));
                continue;
            }

            var run = await SourceRun.OfAsync(path);
            Assert.Equal(whole, run.Frames.Count);
            Assert.Equal(whole, run.Info.Frames);
            Assert.Contains(run.Info.Warnings, w => w.Contains($"{whole} whole", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Frames_beyond_what_the_header_counts_are_read(int promised)
    {
        var file = new MrcFile();
        var header = new MrcFile { Sections = promised }.Header();
        File.WriteAllBytes(_folder.File("growing.mrc"), [.. header, .. file.Pixels()]);

        var run = await SourceRun.OfAsync(_folder.File("growing.mrc"));

        Assert.Equal(3, run.Frames.Count);
        Assert.NotEmpty(run.Info.Warnings);
    }

    [Fact]
    public async Task A_file_still_being_written_is_followed_until_it_stands_still()
    {
        var clock = new FakeTimeProvider();
        var file = new MrcFile { Sections = 3 };
        var (header, pixels) = (new MrcFile { Sections = 0 }.Header(), file.Pixels());
        var path = _folder.File("live.mrc");
        await using var writer = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read);
        await WriteAsync([.. header, .. pixels[..40]]);
        await using var source = AcquisitionServices.CreateFrameSources().Open(path, new SourceOptions { Follow = true, TimeProvider = clock });
        using var pool = new FramePool();
        var channel = Channel.CreateUnbounded<Frame>();
        var run = source.RunAsync(pool, channel.Writer, Token);

        Assert.Equal(0, await NextAsync());
        await WriteAsync(pixels[40..90]);
        Assert.Equal(1, await NextAsync());
        await WriteAsync(pixels[90..]);
        Assert.Equal(2, await NextAsync());
        while (!run.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await run;
        Assert.False(channel.Reader.TryRead(out _));
        Assert.Equal(0, pool.Outstanding);

        async Task WriteAsync(byte[] bytes)
        {
            await writer.WriteAsync(bytes, Token);
            await writer.FlushAsync(Token);
        }

        async Task<long> NextAsync()
        {
            Frame? frame;
            while (!channel.Reader.TryRead(out frame))
            {
                clock.Advance(TimeSpan.FromMilliseconds(1));
                await Task.Yield();
            }

            using (frame)
            {
                return frame.Number;
            }
        }
    }

    [Theory]
    [InlineData(12, 4, "MODE")]
    [InlineData(12, 99, "MODE")]
    [InlineData(0, 0, "NX")]
    [InlineData(4, -5, "NY")]
    [InlineData(8, -1, "NZ")]
    [InlineData(92, -1, "NSYMBT")]
    [InlineData(0, int.MaxValue, "NX")]
    public void An_impossible_header_is_refused_by_the_name_of_its_field(int offset, int value, string field)
    {
        var bytes = new MrcFile().Bytes();
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(offset), value);
        File.WriteAllBytes(_folder.File("bad.mrc"), bytes);

        var error = Assert.Throws<FrameFormatException>(() => AcquisitionServices.CreateFrameSources().Open(_folder.File("bad.mrc")));

        Assert.Equal(field, error.Field);
        Assert.StartsWith("bad.mrc: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_frame_larger_than_the_file_asks_for_no_memory()
    {
        var bytes = new MrcFile().Bytes();
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(0), 30_000);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), 30_000);
        File.WriteAllBytes(_folder.File("huge.mrc"), bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Throws<FrameFormatException>(() => AcquisitionServices.CreateFrameSources().Open(_folder.File("huge.mrc")));

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);
    }

    [Fact]
    public async Task Labels_are_shown_as_clean_text()
    {
        var run = await SourceRun.OfAsync(new MrcFile { Label = "gold rods\n in water" }.Write(_folder.File("a.mrc")));

        Assert.Equal(["gold rods in water"], Assert.IsType<string[]>(run.Info.Metadata["labels"]));
    }

    [Fact]
    public async Task A_recording_counted_by_Direct_Electron_has_no_counts_per_electron_from_its_gain()
    {
        new MrcFile { CellA = (-50, -40) }.Write(_folder.File("20250101_00001_movie.mrc"));
        var info = new StringBuilder()
            .AppendLine("Camera Name = DE-64").AppendLine("Image Size X (pixels) = 5").AppendLine("ADUs Per Electron = 51")
            .AppendLine("Image Processing - Mode = Counting").AppendLine("Frame Time (nanoseconds) = 1000000").AppendLine("Autosave Movie Sum Count = 4")
            .AppendLine("Specimen Pixel Size X (nanometers) = 0.5").AppendLine("Specimen Pixel Size Y (nanometers) = 0.5");
        await File.WriteAllTextAsync(_folder.File("20250101_00001_info.txt"), info.ToString(), Token);

        var run = await SourceRun.OfAsync(_folder.File("20250101_00001_movie.mrc"));

        Assert.Null(run.Info.Calibration.CountsPerElectron);
        Assert.Equal(0.004, run.Info.Calibration.FrameTimeS!.Value, 1e-12);
        Assert.Equal(0.5, run.Info.Calibration.PixelSizeNm!.Value);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;
}
