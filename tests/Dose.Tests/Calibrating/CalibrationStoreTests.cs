using LiveLtem.Core;
using LiveLtem.Dose.Calibrating;

namespace LiveLtem.Dose.Tests.Calibrating;

public sealed class CalibrationStoreTests : IDisposable
{
    private static readonly DateTimeOffset Day = new(2026, 3, 4, 0, 0, 0, TimeSpan.Zero);
    private readonly string _root = Path.Combine(Path.GetTempPath(), $"liveltem-{Guid.NewGuid():N}");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void What_is_kept_comes_back_with_error_origin_and_date_and_a_later_value_replaces_its_own()
    {
        var store = new CalibrationStore(_root);
        store.Keep(new CameraCalibration("K3", 200, new Calibration { CountsPerElectron = new Calibrated(16, "flat.mrc", 0.2, Day), DarkLevel = new Calibrated(100, "typed", null, Day) }));
        store.Keep(new CameraCalibration("K3", 200, new Calibration { DarkLevel = new Calibrated(101, "dark.mrc", 0.1, Day.AddDays(1)) }));
        var read = store.Find("K3", 200).Values;

        Assert.Equal(new Calibrated(16, "flat.mrc", 0.2, Day), read.CountsPerElectron);
        Assert.Equal(new Calibrated(101, "dark.mrc", 0.1, Day.AddDays(1)), read.DarkLevel);
        Assert.Equal(200, read.Kv!.Value);
        Assert.Null(read.PixelSizeNm);
    }

    [Fact]
    public void A_voltage_has_its_own_and_the_one_meant_has_to_be_told()
    {
        var store = new CalibrationStore(_root);
        var file = store.Keep(new CameraCalibration("K3", 200, new Calibration { CountsPerElectron = new Calibrated(16, "a", 0.2, Day) }));
        store.Keep(new CameraCalibration("K3", 300, new Calibration { CountsPerElectron = new Calibrated(11, "b", 0.2, Day) }));

        Assert.Equal(11, store.Find("K3", 300).Values.CountsPerElectron!.Value);
        Assert.Equal(16, store.Find(file, null).Values.CountsPerElectron!.Value);
        Refused(() => store.Find("K3", null), "is calibrated at 200 kV, 300 kV; say which with --kv");
        Refused(() => store.Find("K3", 80), "is not calibrated at 80 kV, but at 200 kV, 300 kV");
        Refused(() => store.Find("Rio", 80), "no such camera is kept");
        Refused(() => store.Find(file, 300), "was calibrated at 200 kV, not at 300 kV");
        Assert.Equal([200, 300], store.All().Select(kept => kept.Kv));
    }

    [Theory]
    [InlineData("{", "it is no JSON")]
    [InlineData("{\"camera\":\"K3\",\"kv\":\"high\"}", "is no calibration")]
    [InlineData("{\"kv\":200}", "camera is missing")]
    [InlineData("{\"camera\":\"K3\",\"kv\":200,\"dark_level\":{\"value\":null}}", "dark_level.value is missing")]
    [InlineData("{\"camera\":\"K3\",\"kv\":200,\"dark_level\":{\"value\":1,\"date\":\"yesterday\"}}", "is no calibration")]
    public void A_damaged_file_is_named(string text, string message)
    {
        Directory.CreateDirectory(_root);
        var file = Path.Combine(_root, "K3@200kV.json");
        File.WriteAllText(file, text);

        Refused(() => new CalibrationStore(_root).Find("K3", 200), message);
    }

    [Theory]
    [InlineData("../K3")]
    [InlineData("")]
    [InlineData(" K3")]
    [InlineData("..")]
    public void A_name_that_would_lead_elsewhere_is_refused(string name)
    {
        Directory.CreateDirectory(_root);
        Refused(() => new CalibrationStore(_root).Keep(new CameraCalibration(name, 200, new Calibration { DarkLevel = new Calibrated(1, "typed") })), "name it with up to 64 letters");
    }

    private static void Refused(Action act, string message) => Assert.Contains(message, Assert.Throws<InputException>(act).Message, StringComparison.Ordinal);
}
