namespace LiveLtem.Core;

/// <summary>Why a file or folder could not be read or written, in words that say what to look at.</summary>
/// <remarks>The system's own sentences repeat the path and differ from system to system.</remarks>
public static class IoReason
{
    // ENOSPC; ERROR_DISK_FULL and ERROR_HANDLE_DISK_FULL.
    private static readonly int[] Full = OperatingSystem.IsWindows() ? [112, 39] : [28];

    // EDQUOT; ERROR_DISK_QUOTA_EXCEEDED.
    private static readonly int[] OverQuota = OperatingSystem.IsWindows() ? [1295] : [122];

    // EROFS; ERROR_WRITE_PROTECT.
    private static readonly int[] ReadOnly = OperatingSystem.IsWindows() ? [19] : [30];

    // EAGAIN, which is .NET's own lock; ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION.
    private static readonly int[] InUse = OperatingSystem.IsWindows() ? [32, 33] : [11];

    // EPERM and EACCES, where .NET tells them as any other fault.
    private static readonly int[] Denied = OperatingSystem.IsWindows() ? [5] : [1, 13];

    // ENXIO: a socket.
    private static readonly int[] NoFile = OperatingSystem.IsWindows() ? [] : [6];

    /// <summary>The reason, without the path, a capital letter or a full stop.</summary>
    /// <param name="error">What reading or writing threw; of one whose reason is not known here the own words are given.</param>
    public static string Of(Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);

        // Errno itself, or on Windows the low half of the HRESULT.
        var number = error.HResult & 0xFFFF;
        return error switch
        {
            FileNotFoundException => "no such file or folder",
            DriveNotFoundException => "no such folder",
            DirectoryNotFoundException => "its folder is missing, or a part of the path is a file",
            PathTooLongException => "the path is too long",
            UnauthorizedAccessException => "there is no permission, or it is a folder",
            IOException when Denied.Contains(number) => "there is no permission",
            IOException when Full.Contains(number) => "the disk is full",
            IOException when OverQuota.Contains(number) => "the disk quota is used up",
            IOException when ReadOnly.Contains(number) => "the disk is read-only",
            IOException when InUse.Contains(number) => "another program has it open",
            IOException when NoFile.Contains(number) => "it is no file that can be read",
            _ => error.Message.ReplaceLineEndings(" ").TrimEnd('.'),
        };
    }
}
