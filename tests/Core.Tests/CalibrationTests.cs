namespace LiveLtem.Core.Tests;

public sealed class CalibrationTests
{
    [Fact]
    public void What_is_typed_beats_the_file_and_the_rest_of_the_file_stays()
    {
        var file = new Calibration
        {
            PixelSizeNm = new Calibrated(0.5, "MRC header"),
            FrameTimeS = new Calibrated(0.1, "MRC header"),
            Kv = new Calibrated(300, "MRC header"),
        };
        var typed = new Calibration { PixelSizeNm = new Calibrated(0.2, "--pixel-size-nm"), DarkLevel = new Calibrated(12, "--dark-level") };

        var both = file.OverriddenBy(typed);

        Assert.Equal(new Calibrated(0.2, "--pixel-size-nm"), both.PixelSizeNm);
        Assert.Equal(file.FrameTimeS, both.FrameTimeS);
        Assert.Equal(file.Kv, both.Kv);
        Assert.Equal(12, both.DarkLevel!.Value);
        Assert.Null(both.CountsPerElectron);
    }

    [Fact]
    public void Every_value_can_be_overridden()
    {
        var value = new Calibrated(3, "typed");
        var all = new Calibration
        {
            PixelSizeNm = value,
            FrameTimeS = value,
            ExposureS = value,
            CountsPerElectron = value,
            DarkLevel = value,
            Transmission = value,
            DosePerFrameEPerA2 = value,
            Kv = value,
        };
        Assert.Equal(all, Calibration.Unknown.OverriddenBy(all));
        Assert.Equal(all, all.OverriddenBy(Calibration.Unknown));
    }

    [Fact]
    public void Pixel_area_is_in_square_angstrom_and_unknown_without_a_pixel_size()
    {
        Assert.Equal(25, new Calibration { PixelSizeNm = new Calibrated(0.5, "typed") }.PixelAreaA2!.Value, 1e-12);
        Assert.Null(Calibration.Unknown.PixelAreaA2);
    }
}
