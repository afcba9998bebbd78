using Microsoft.Data.Sqlite;

namespace LiveLtem.Session.Log;

/// <summary>Why a session's database could not be read or written, in words that say what to look at.</summary>
internal static class SqliteReason
{
    /// <summary>The reason, without a full stop.</summary>
    public static string Of(SqliteException error) => error.SqliteErrorCode switch
    {
        SQLitePCL.raw.SQLITE_CANTOPEN => "it is missing or cannot be opened",
        SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB => "it is damaged",
        SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_LOCKED => "another program writes to it",
        SQLitePCL.raw.SQLITE_FULL => "the disk is full",
        SQLitePCL.raw.SQLITE_READONLY or SQLitePCL.raw.SQLITE_PERM => "there is no permission",
        SQLitePCL.raw.SQLITE_IOERR => "the disk does not answer",
        _ => error.Message.ReplaceLineEndings(" ").TrimEnd('.'),
    };
}
