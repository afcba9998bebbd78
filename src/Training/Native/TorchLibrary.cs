using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace LiveLtem.Training.Native;

/// <summary>Makes libtorch loadable and well behaved on this machine, before its first use.</summary>
internal static partial class TorchLibrary
{
    // TorchSharp's library names this version of libstdc++ for one symbol that it never calls (std::ios_base_library_init); GCC 12's,
    // as in Debian 12, ends at 3.4.30, and loading fails.
    private const string Version = "GLIBCXX_3.4.32";
    private const string Library = "libLibTorchSharp.so";

    private static readonly Lock Once = new();
    private static bool _prepared;

    /// <summary>To be called before anything of TorchSharp is touched; later calls do nothing.</summary>
    /// <param name="threads">Threads that it computes with.</param>
    public static void Prepare(int threads)
    {
        lock (Once)
        {
            if (_prepared)
            {
                return;
            }

            if (OperatingSystem.IsLinux())
            {
                // libgomp reads these when it is loaded, from the C environment, which .NET's own copy never reaches. Threads that spin
                // while they wait take the cores from whoever renders the next pictures: steps become seven times slower.
                SetEnvironment("OMP_WAIT_POLICY", "passive");
                SetEnvironment("OMP_NUM_THREADS", threads.ToString(CultureInfo.InvariantCulture));
                Repair(AppContext.BaseDirectory);
            }

            TorchSharp.torch.set_num_threads(threads);
            _prepared = true;
        }
    }

    /// <summary>Lets TorchSharp's library load where libstdc++ is older than the one that it was built with; does nothing elsewhere.</summary>
    /// <param name="folder">The program's.</param>
    private static void Repair(string folder)
    {
        string[] places = [folder, Path.Combine(folder, "runtimes", "linux-x64", "native")];
        var path = places.Select(place => Path.Combine(place, Library)).FirstOrDefault(File.Exists);
        if (path is null || SystemHasVersion())
        {
            return;
        }

        var image = File.ReadAllBytes(path);
        if (!ElfVersionNeeds.MakeOptional(image, Version))
        {
            return;
        }

        // Put in place in one go: another process may be loading it, and the file may be a link into the package cache.
        var next = $"{path}.{Environment.ProcessId}";
        File.WriteAllBytes(next, image);
        File.Move(next, path, overwrite: true);
    }

    private static bool SystemHasVersion()
    {
        if (!NativeLibrary.TryLoad("libstdc++.so.6", out _))
        {
            return false;
        }

        var line = File.ReadLines("/proc/self/maps").FirstOrDefault(map => map.Contains("/libstdc++.so.6", StringComparison.Ordinal));
        return line is not null && File.ReadAllBytes(line[line.IndexOf('/', StringComparison.Ordinal)..]).AsSpan().IndexOf(Encoding.ASCII.GetBytes(Version + "\0")) >= 0;
    }

    private static void SetEnvironment(string name, string value)
    {
        if (SetEnv(name, value, 0) != 0)
        {
            throw new InvalidOperationException($"could not set {name}");
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetEnv(string name, string value, int overwrite);
}
