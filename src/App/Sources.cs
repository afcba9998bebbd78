using LiveLtem.Acquisition;
using LiveLtem.HardwareSim;
using LiveLtem.Session.Log;

namespace LiveLtem.App;

/// <summary>Every source that the program can open: what the acquisition reads, kept sessions, and simulated scenes.</summary>
internal static class Sources
{
    /// <summary>A new registry.</summary>
    public static FrameSources Create() => AcquisitionServices.CreateFrameSources()
        .AddFolder(SessionSource.Recognises, (folder, options) => SessionSource.Open(folder, options.TimeProvider, options.Logger))
        .AddScheme(SceneAddress.Scheme, (address, options) => new SimulatedSource(address, options.TimeProvider));
}
