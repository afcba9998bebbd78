using System.Globalization;
using System.Runtime;
using System.Runtime.InteropServices;

namespace LiveLtem.App.Bench;

/// <summary>The machine and settings that a figure was measured with; without them it says nothing.</summary>
internal sealed record BenchMachine
{
    private const string CpuInfo = "/proc/cpuinfo";
    private const string LoadFile = "/proc/loadavg";

    /// <summary>Processor's name, where the system says it.</summary>
    public required string? Processor { get; init; }

    /// <summary>Cores that this process may use.</summary>
    public required int Cores { get; init; }

    /// <summary>Operating system.</summary>
    public required string System { get; init; }

    /// <summary>.NET runtime.</summary>
    public required string Runtime { get; init; }

    /// <summary>Kind of garbage collection.</summary>
    public required string GarbageCollector { get; init; }

    /// <summary>Runnable tasks of the last minute before the bench, where the system says it; near 0 is a quiet machine.</summary>
    public required double? LoadBefore { get; init; }

    /// <summary>This machine as it is now.</summary>
    public static BenchMachine Now() => new()
    {
        Processor = File.Exists(CpuInfo)
            ? File.ReadLines(CpuInfo).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim()
            : null,
        Cores = Environment.ProcessorCount,
        System = RuntimeInformation.OSDescription,
        Runtime = RuntimeInformation.FrameworkDescription,
        GarbageCollector = $"{(GCSettings.IsServerGC ? "server" : "workstation")}, {GCSettings.LatencyMode}",
        LoadBefore = File.Exists(LoadFile) && double.TryParse(File.ReadAllText(LoadFile).Split(' ')[0], CultureInfo.InvariantCulture, out var load) ? load : null,
    };
}
