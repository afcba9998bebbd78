using System.IO.Compression;
using ICSharpCode.SharpZipLib.BZip2;
using LiveLtem.Core;
using LiveLtem.Testing;

namespace LiveLtem.Acquisition.Tests;

public sealed class UnpackTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_packed_recording_is_read_and_leaves_nothing_behind(bool gzip)
    {
        var path = Write("run.mrc.packed", gzip, new MrcFile().Bytes());
        var temporary = Directory.CreateDirectory(_folder.File("tmp")).FullName;

        var run = await SourceRun.OfAsync(path, new SourceOptions { TemporaryFolder = temporary });

        Assert.Equal(60 * 59 / 2, run.Sum);
        Assert.Equal("run.mrc.packed", run.Info.Name);
        Assert.Empty(Directory.GetFiles(temporary));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_packed_file_that_unpacks_to_too_much_is_refused(bool gzip)
    {
        var path = Write("bomb", gzip, new byte[3 << 20]);
        var temporary = Directory.CreateDirectory(_folder.File("tmp")).FullName;

        var error = Assert.Throws<FrameFormatException>(() =>
            AcquisitionServices.CreateFrameSources().Open(path, new SourceOptions { TemporaryFolder = temporary, MaxUnpackedBytes = 1 << 20 }));

        Assert.Contains("unpacks to over 1 MiB", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(temporary));
    }

    [Fact]
    public void A_bomb_is_stopped_by_its_ratio_whatever_the_limit()
    {
        // bzip2 packs zeros tens of thousands to one.
        var path = _folder.File("bomb.bz2");
        using (var file = File.Create(path))
        using (var packed = new BZip2OutputStream(file))
        {
            var block = new byte[1 << 20];
            for (var i = 0; i < 80; i++)
            {
                packed.Write(block);
            }
        }

        Assert.True(new FileInfo(path).Length < 100_000);
        Assert.Throws<FrameFormatException>(() => AcquisitionServices.CreateFrameSources().Open(path));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_packed_file_cut_off_is_one_clear_error_or_its_whole_frames(bool gzip)
    {
        var bytes = await File.ReadAllBytesAsync(Write("run", gzip, new MrcFile { Value = i => i * 37 % 251 }.Bytes()), TestContext.Current.CancellationToken);
        for (var length = 1; length < bytes.Length; length += 7)
        {
            await File.WriteAllBytesAsync(_folder.File("run"), bytes[..length], TestContext.Current.CancellationToken);
            try
            {
                Assert.NotEmpty((await SourceRun.OfAsync(_folder.File("run"))).Frames);
            }
            catch (FrameFormatException error)
            {
                Assert.StartsWith("run: ", error.Message, StringComparison.Ordinal);
            }
        }
    }

    private string Write(string name, bool gzip, byte[] bytes)
    {
        using var file = File.Create(_folder.File(name));
        using Stream packed = gzip ? new GZipStream(file, CompressionLevel.Optimal) : new BZip2OutputStream(file);
        packed.Write(bytes);
        return _folder.File(name);
    }
}
