using System.Globalization;
using LiveLtem.Core;

namespace LiveLtem.Acquisition.Files.Mrc;

/// <summary>The <c>_info.txt</c> that a Direct Electron server writes beside its recordings, which holds what the MRC header does not.</summary>
internal sealed class DirectElectronInfo
{
    private const int LargestFile = 4 << 20;
    private readonly Dictionary<string, string> _values;

    private DirectElectronInfo(string path, Dictionary<string, string> values)
    {
        FileName = Path.GetFileName(path);
        _values = values;
    }

    public string FileName { get; }

    /// <summary>Camera frames summed into one frame of the movie.</summary>
    public double SumCount => Number("Autosave Movie Sum Count") ?? 1;

    public double? FrameTimeS => Number("Frame Time (nanoseconds)") * 1e-9 * SumCount ?? SumCount / Number("Frames Per Second");

    public double? ExposureS => Number("Frame Exposure Time (nanoseconds)") * 1e-9 * SumCount;

    public double? TotalExposureS => Number("Exposure Time (seconds)");

    public double? AdusPerElectron => Number("ADUs Per Electron");

    public double? Kv => Number("Instrument Accelerating Voltage (V)") / 1000;

    public double? PixelXNm => Number("Specimen Pixel Size X (nanometers)");

    public double? PixelYNm => Number("Specimen Pixel Size Y (nanometers)");

    /// <summary>When the recording ended, UTC.</summary>
    public DateTimeOffset? Date => Number("Timestamp (seconds since Epoch)") is { } seconds && seconds < 1e11 ? DateTimeOffset.FromUnixTimeSeconds((long)seconds) : null;

    /// <summary>True where the pixels are analogue sums and not counted events.</summary>
    public bool Integrating => Text("Image Processing - Mode") is null or "Integrating";

    /// <summary>Looks for the info file that goes with a recording: its name up to an underscore, then <c>_info.txt</c>.</summary>
    public static DirectElectronInfo? TryFind(string recording)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(recording)) ?? ".";
        var name = Path.GetFileNameWithoutExtension(recording);
        for (var end = name.LastIndexOf('_'); end > 0; end = name.LastIndexOf('_', end - 1))
        {
            var path = Path.Combine(folder, name[..end] + "_info.txt");
            if (File.Exists(path) && new FileInfo(path).Length <= LargestFile && TryRead(path) is { } info)
            {
                return info;
            }
        }

        return null;
    }

    public Dictionary<string, object> Metadata()
    {
        var metadata = new Dictionary<string, object> { ["info_file"] = FileName };
        AddNumber(metadata, "exposure_rate_e_px_s", "Exposure Rate (e-/pix/s)");
        AddNumber(metadata, "frames_per_second", "Frames Per Second");
        AddNumber(metadata, "magnification", "Instrument Project Magnification");
        AddText(metadata, "detector", "Camera Name");
        AddText(metadata, "software", "Server Software Version");
        AddText(metadata, "processing_mode", "Image Processing - Mode");
        return metadata;
    }

    private static DirectElectronInfo? TryRead(string path)
    {
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in File.ReadLines(path))
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                values.TryAdd(line[..equals].Trim(), line[(equals + 1)..].Trim());
            }
        }

        return values.ContainsKey("Camera Name") && values.ContainsKey("Image Size X (pixels)") ? new DirectElectronInfo(path, values) : null;
    }

    private string? Text(string key) => _values.TryGetValue(key, out var text) && text.Length > 0 ? text : null;

    /// <summary>A positive number; zero is how the server says 'not known'.</summary>
    private double? Number(string key) =>
        Text(key) is { } text && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) && value > 0 ? value : null;

    private void AddNumber(Dictionary<string, object> metadata, string name, string key)
    {
        if (Number(key) is { } value)
        {
            metadata[name] = value;
        }
    }

    private void AddText(Dictionary<string, object> metadata, string name, string key)
    {
        if (Text(key) is { } value)
        {
            metadata[name] = value;
        }
    }
}
