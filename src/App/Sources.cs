using LiveLtem.Acquisition;
using LiveLtem.HardwareSim;

namespace LiveLtem.App;

/// <summary>Every source that the program can open: what the acquisition reads, and simulated scenes.</summary>
internal static class Sources
{
    /// <summary>A new registry.</summary>
    public static FrameSources Create() => AcquisitionServices.CreateFrameSources()
        .AddScheme(SceneAddress.Scheme, (address, options) => new SimulatedSource(address, options.TimeProvider));
}
