using System.Diagnostics;
using LiveLtem.Core.Masks;

namespace LiveLtem.Session.Tests.Masks;

/// <summary>The label stack in the hands of tifffile, which napari and most Python scripts read it with.</summary>
public sealed class TifffileTests : IDisposable
{
    private const string Python = "/usr/bin/python3";

    private const string Script =
        """
        import sys, tifffile
        with tifffile.TiffFile(sys.argv[1]) as f:
            a = f.asarray()
            print(f.is_bigtiff, f.is_ome, f.series[0].axes, a.shape, a.dtype, int(a.sum()), int(a[2, 1, 3]))
        """;

    private readonly TempFolder _folder = new();

    [Theory]
    [InlineData(3, "False True TYX (3, 4, 5) uint16 60020 60000")]
    [InlineData(null, "True True TYX (3, 4, 5) uint16 60020 60000")]
    public async Task Python_reads_time_rows_and_columns(int? expectedPages, string expected)
    {
        Assert.SkipUnless(File.Exists(Python) && (await RunAsync("-c", "import tifffile")).ExitCode == 0, "python3-tifffile is not installed");
        var path = _folder.File("masks.tif");
        using (var stack = new LabelStackWriter(File.Create(path), 4, 5, expectedPages, 1, 0.5, 0.1))
        {
            stack.Append([]);
            var ones = new ushort[20];
            Array.Fill(ones, (ushort)1);
            stack.Append(ones);
            var last = new ushort[20];
            last[8] = 60000;
            stack.Append(last);
        }

        var (exitCode, output) = await RunAsync("-c", Script, path);
        Assert.Equal((0, expected), (exitCode, output.Trim()));
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Python, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output.Length > 0 ? output : await error);
    }
}
