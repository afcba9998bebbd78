using LiveLtem.Core;
using LiveLtem.Testing;

namespace LiveLtem.Acquisition.Tests;

/// <summary>Real files against what independent readers say of them (MANIFEST.tsv beside the samples).</summary>
public class SampleTests
{
    [Theory]
    [InlineData("formats/mrc/HAADFscan.mrc", 1, 16, 16, "uint16", 3923, 9399, 1552947)]
    [InlineData("formats/mrc/20241021_00405_movie.mrc", 32, 4, 8, "uint16", 0, 31, 15872)]
    [InlineData("formats/mrc/20241021_00405_0_Virt_0_sum.mrc", 1, 4, 8, "float32", 0, 31, 496)]
    [InlineData("formats/mrc/EMD-3197.map", 20, 20, 20, "float32", -4.13374567, 5.57673693, 6268.89626915)]
    [InlineData("formats/tiff/test_loading_image_saved_with_DM.tif", 1, 68, 68, "int32", 2866, 3774, 15422830)]
    [InlineData("formats/tiff/test_loading_image_saved_with_imageJ.tif", 1, 68, 68, "float32", 2866, 3774, 15422830)]
    [InlineData("formats/tiff/test_loading_image_saved_with_imageJ_stack.tif", 2, 68, 68, "float32", 2866, 3774, 30845660)]
    [InlineData("formats/tiff/optical_Zeiss_AxioVision_BW.tif", 1, 10, 13, "uint8", 10, 27, 2574)]
    [InlineData("formats/tiff/JEOL-SightX-TEM-mag-dummy.tif.gz", 1, 556, 556, "uint16", 513, 513, 158586768)]
    [InlineData("formats/tiff/ome_multi-channel_small.ome.tif", 3, 167, 439, "int8", -1, 96, 10445323)]
    [InlineData("images/png_seq", 5, 424, 640, "uint8", double.NaN, double.NaN, double.NaN)]
    [InlineData("images/lptem_real_nanorods", 24, 1024, 1024, "uint8", double.NaN, double.NaN, double.NaN)]
    [InlineData("images/lptem_synthetic_samem/images", 4, 1024, 1024, "uint8", double.NaN, double.NaN, double.NaN)]
    public async Task A_sample_has_the_shape_and_the_pixels_that_others_read(
        string file, int frames, int height, int width, string dtype, double min, double max, double sum)
    {
        var run = await SourceRun.OfAsync(Samples.Path(file));

        Assert.Equal(frames, run.Info.Frames);
        Assert.Equal(Enumerable.Range(0, frames).Select(n => (long)n), run.Frames.Select(f => f.Header.Number));
        Assert.All(run.Frames, f => Assert.Equal((height, width, dtype), (f.Height, f.Width, f.Type.NumpyName())));
        Assert.Equal((height, width, dtype), (run.Info.Height, run.Info.Width, run.Info.StoredDtype ?? run.Info.Type.NumpyName()));
        if (!double.IsNaN(sum))
        {
            Assert.Equal(min, run.Min, 1e-6);
            Assert.Equal(max, run.Max, 1e-6);
            Assert.Equal(sum, run.Sum, 1e-6 * Math.Abs(sum));
        }
    }

    [Theory]
    [InlineData("formats/mrc/HAADFscan.mrc", 5.679131)]
    [InlineData("formats/mrc/20241021_00405_movie.mrc", null)]
    [InlineData("formats/mrc/20241021_00405_0_Virt_0_sum.mrc", null)]
    [InlineData("formats/mrc/EMD-3197.map", 1.14)]
    [InlineData("formats/tiff/test_loading_image_saved_with_DM.tif", 168.6747)]
    [InlineData("formats/tiff/test_loading_image_saved_with_imageJ.tif", 168.6747)]
    [InlineData("formats/tiff/test_loading_image_saved_with_imageJ_stack.tif", 168.6747)]
    [InlineData("formats/tiff/optical_Zeiss_AxioVision_BW.tif", null)]
    [InlineData("formats/tiff/JEOL-SightX-TEM-mag-dummy.tif.gz", 1.820789)]
    [InlineData("formats/tiff/ome_multi-channel_small.ome.tif", null)]
    [InlineData("images/png_seq", null)]
    public async Task A_sample_has_its_pixel_size_or_none(string file, double? pixelSizeNm)
    {
        await using var source = AcquisitionServices.CreateFrameSources().Open(Samples.Path(file));

        var known = source.Info.Calibration.PixelSizeNm;
        Assert.Equal(pixelSizeNm is null, known is null);
        if (pixelSizeNm is { } expected)
        {
            Assert.Equal(expected, known!.Value, 1e-6 * expected);
            Assert.NotEmpty(known.Origin);
        }
    }

    [Fact]
    public async Task A_DigitalMicrograph_TIFF_keeps_exposure_voltage_and_date_in_its_tag_tree()
    {
        await using var source = AcquisitionServices.CreateFrameSources().Open(Samples.Path("formats/tiff/test_loading_image_saved_with_DM.tif"));

        Assert.Equal(0.5, source.Info.Calibration.ExposureS!.Value);
        Assert.Equal(200, source.Info.Calibration.Kv!.Value);
        Assert.Equal(new DateTimeOffset(2015, 7, 20, 18, 48, 25, TimeSpan.Zero), source.Info.Date);
    }

    [Fact]
    public async Task A_Direct_Electron_movie_is_calibrated_by_the_text_file_beside_it()
    {
        await using var source = AcquisitionServices.CreateFrameSources().Open(Samples.Path("formats/mrc/20241021_00405_movie.mrc"));

        var info = source.Info;
        Assert.Equal(1428500e-9, info.Calibration.FrameTimeS!.Value, 1e-12);
        Assert.Equal(1427500e-9, info.Calibration.ExposureS!.Value, 1e-12);
        Assert.Equal(51, info.Calibration.CountsPerElectron!.Value);
        Assert.Equal(300, info.Calibration.Kv!.Value);
        Assert.Equal([0.2, 0.1], Assert.IsType<double[]>(info.Metadata["pixel_size_nm_yx"]));
        Assert.Equal(212.755735, info.Metadata["exposure_rate_e_px_s"]);
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1729539410), info.Date);
        Assert.Contains("\"date\": \"2024-10-21T19:36:50Z\"", InfoText.Json(info), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("formats/tiff/optical_Zeiss_AxioVision_BW.tif", "2016-06-13T16:08:49+00:00")]
    [InlineData("formats/tiff/JEOL-SightX-TEM-mag-dummy.tif.gz", "2019-11-27T16:11:26.6205405+09:00")]
    [InlineData("formats/mrc/HAADFscan.mrc", "2022-12-05T12:13:07+00:00")]
    public async Task A_sample_has_its_date(string file, string date)
    {
        await using var source = AcquisitionServices.CreateFrameSources().Open(Samples.Path(file));

        Assert.Equal(DateTimeOffset.Parse(date), source.Info.Date);
        Assert.Equal(DateTimeOffset.Parse(date).Offset, source.Info.Date!.Value.Offset);
    }

    [Fact]
    public async Task Each_frame_of_the_Direct_Electron_movie_is_its_own_number()
    {
        var run = await SourceRun.OfAsync(Samples.Path("formats/mrc/20241021_00405_movie.mrc"));

        Assert.All(run.Frames, f => Assert.All(f.Pixels, p => Assert.Equal(f.Header.Number, p)));
    }
}
