using LiveLtem.Core;

namespace LiveLtem.Acquisition.Files.Mrc;

/// <summary>Tells what an MRC file is from its header, its extended header and a Direct Electron info file beside it.</summary>
internal sealed class MrcDescription(FrameFile file, MrcHeader header, FeiExtendedHeader? fei, bool follow)
{
    private readonly List<string> _warnings = [];
    private readonly Dictionary<string, object> _metadata = [];

    public SourceInfo Describe(long wholeSections)
    {
        var electron = DirectElectronInfo.TryFind(file.OriginalPath);
        var frames = Frames(wholeSections);
        var calibration = electron is null ? FromHeaders() : FromInfoFile(electron);
        if (header.Labels.Count > 0)
        {
            _metadata["labels"] = header.Labels.ToArray();
        }

        if (header.ExtendedBytes > 0)
        {
            _metadata["extended_header_bytes"] = header.ExtendedBytes;
            if (header.ExtendedType.Length > 0)
            {
                _metadata["extended_header_type"] = header.ExtendedType;
            }
        }

        if (header.BigEndian)
        {
            _metadata["byte_order"] = "big-endian";
        }

        return new SourceInfo
        {
            Name = file.Name,
            Format = "MRC",
            Height = header.Height,
            Width = header.Width,
            Type = header.Type,
            StoredDtype = header.Mode switch { MrcMode.Float16 => "float16", MrcMode.FourBit => "uint4", _ => null },
            Frames = follow ? null : frames,
            Calibration = calibration,
            Date = electron?.Date ?? fei?.Date,
            Metadata = _metadata,
            Warnings = _warnings,
        };
    }

    private long Frames(long wholeSections)
    {
        if (wholeSections == 0 && !follow)
        {
            throw new FrameFormatException(
                file.Name,
                $"not one whole frame: {header.SectionBytes} bytes a frame are needed, {Math.Max(0, file.Length - header.DataOffset)} are there; is it truncated?",
                header.DataOffset);
        }

        if (wholeSections < header.Sections)
        {
            _warnings.Add($"the header promises {header.Sections} frames, {wholeSections} whole ones are there: cut off, or still being written");
        }
        else if (wholeSections > header.Sections)
        {
            _warnings.Add($"the header says {header.Sections} frames, {wholeSections} whole ones are there and are read: its writer did not finish, or still writes");
        }

        return wholeSections;
    }

    private Calibration FromHeaders()
    {
        foreach (var (key, value) in fei?.Metadata ?? [])
        {
            _metadata[key] = value;
        }

        var origin = $"{header.ExtendedType} extended header";
        var pixel = fei is { PixelXNm: { } x, PixelYNm: { } y } ? PixelSize(y, x, origin) : FromCell();
        return new Calibration
        {
            PixelSizeNm = pixel,
            ExposureS = fei?.ExposureS is { } exposure ? new Calibrated(exposure, origin) : null,
            FrameTimeS = fei?.ScanFrameTimeS is { } time ? new Calibrated(time, $"{origin} (scan frame time)") : null,
            Kv = fei?.Kv is { } kv ? new Calibrated(kv, origin) : null,
        };
    }

    private Calibrated? FromCell()
    {
        if (header.NegativeCell)
        {
            _warnings.Add("the header's cell size is negative (Direct Electron): no pixel size without the _info.txt beside it");
            return null;
        }

        return header is { PixelXNm: { } x, PixelYNm: { } y } ? PixelSize(y, x, "MRC header") : null;
    }

    private Calibration FromInfoFile(DirectElectronInfo info)
    {
        foreach (var (key, value) in info.Metadata())
        {
            _metadata[key] = value;
        }

        if (info.Date is not null)
        {
            _metadata[InfoText.TimeZoneKey] = "UTC";
        }

        var kv = info.Kv is { } volts ? new Calibrated(volts, info.FileName) : null;
        var name = Path.GetFileNameWithoutExtension(file.OriginalPath);
        var movie = name.EndsWith("_movie", StringComparison.OrdinalIgnoreCase);
        if (!movie && !name.EndsWith("_final", StringComparison.OrdinalIgnoreCase))
        {
            // A virtual or external image of a scan: its pixels are scan points, of which the file says no size.
            return new Calibration { Kv = kv };
        }

        var exposure = movie ? info.ExposureS : info.TotalExposureS;
        return new Calibration
        {
            PixelSizeNm = info is { PixelXNm: { } x, PixelYNm: { } y } ? PixelSize(y, x, info.FileName) : null,
            FrameTimeS = movie && info.FrameTimeS is { } time ? new Calibrated(time, info.FileName) : null,
            ExposureS = exposure is { } open ? new Calibrated(open, info.FileName) : null,
            CountsPerElectron = info is { Integrating: true, AdusPerElectron: { } adus } ? new Calibrated(adus, info.FileName) : null,
            Kv = kv,
        };
    }

    private Calibrated? PixelSize(double yNm, double xNm, string origin) => PixelSizes.Square(yNm, xNm, origin, _metadata, _warnings);
}
