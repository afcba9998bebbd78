using System.Runtime.InteropServices;
using OpenCvSharp;

namespace LiveLtem.Acquisition.Decoding;

/// <summary>Keeps OpenCV and the FFmpeg inside it from writing to stderr: what is wrong with a file is said once, by us.</summary>
internal static partial class OpenCvQuiet
{
    private const string FfmpegLevel = "OPENCV_FFMPEG_LOGLEVEL";

    /// <summary>FFmpeg's AV_LOG_QUIET.</summary>
    private const string Quiet = "-8";

    static OpenCvQuiet()
    {
        // The native library reads the C environment, which on Unix .NET's own copy does not reach.
        if (OperatingSystem.IsWindows())
        {
            Environment.SetEnvironmentVariable(FfmpegLevel, Quiet);
        }
        else
        {
            _ = SetEnvironment(FfmpegLevel, Quiet, overwrite: 0);
        }

        Cv2.SetLogLevel(LogLevel.SILENT);
    }

    /// <summary>To be called before a decoder is used; does its work once.</summary>
    public static void Ensure()
    {
        // The static constructor did it.
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
