using System.Text.Json;
using LiveLtem.Core;

namespace LiveLtem.Acquisition.Tests;

public class InfoTextTests
{
    private static readonly SourceInfo Bare = new() { Name = "run7.mrc", Format = "MRC", Height = 4, Width = 5, Type = PixelType.Float32, StoredDtype = "float16", Frames = 3 };

    [Fact]
    public void The_JSON_has_exactly_the_agreed_keys_with_null_for_the_unknown()
    {
        using var json = JsonDocument.Parse(InfoText.Json(Bare));

        Assert.Equal(
            ["format", "frames", "height", "width", "dtype", "pixel_size_nm", "frame_time_s", "exposure_s", "counts_per_electron", "kv", "date", "metadata"],
            json.RootElement.EnumerateObject().Select(p => p.Name));
        Assert.Equal("float16", json.RootElement.GetProperty("dtype").GetString());
        Assert.Equal(3, json.RootElement.GetProperty("frames").GetInt64());
        foreach (var key in (string[])["pixel_size_nm", "frame_time_s", "exposure_s", "counts_per_electron", "kv", "date"])
        {
            Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty(key).ValueKind);
        }
    }

    [Fact]
    public void The_JSON_gives_values_origins_and_the_date_in_ISO_8601()
    {
        var info = Bare with
        {
            Calibration = new Calibration { PixelSizeNm = new Calibrated(0.5, "MRC header") },
            Date = new DateTimeOffset(2019, 11, 27, 16, 11, 26, 620, TimeSpan.FromHours(9)),
            Metadata = new Dictionary<string, object> { ["labels"] = new[] { "a", "b" }, ["pixel_size_nm_yx"] = new[] { 1.0, 2.0 } },
            Warnings = ["cut off"],
        };

        using var json = JsonDocument.Parse(InfoText.Json(info));
        var metadata = json.RootElement.GetProperty("metadata");

        Assert.Equal(0.5, json.RootElement.GetProperty("pixel_size_nm").GetDouble());
        Assert.Equal("2019-11-27T16:11:26.62+09:00", json.RootElement.GetProperty("date").GetString());
        Assert.Equal("MRC header", metadata.GetProperty("pixel_size_nm_origin").GetString());
        Assert.Equal(2, metadata.GetProperty("pixel_size_nm_yx")[1].GetDouble());
        Assert.Equal("cut off", metadata.GetProperty("warnings")[0].GetString());
    }

    [Fact]
    public void The_table_says_what_is_missing_and_which_option_gives_it()
    {
        var table = InfoText.Table(Bare);

        foreach (var option in (string[])["--pixel-size-nm", "--frame-time-s", "--exposure-s", "--counts-per-electron", "--dark-level", "--kv"])
        {
            Assert.Contains(option, table, StringComparison.Ordinal);
        }
    }
}
