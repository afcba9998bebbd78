using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace LiveLtem.Session.Log;

/// <summary>One prepared statement that is run for many rows: bound by position, without garbage.</summary>
/// <remarks>Below the ADO layer, which boxes each value of each row. Not thread-safe; to be disposed before its connection.</remarks>
internal sealed class InsertStatement : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private int _next;

    public InsertStatement(SqliteConnection connection, string sql)
    {
        _database = connection.Handle ?? throw new InvalidOperationException("the connection is not open");
        Check(raw.sqlite3_prepare_v2(_database, sql, out _statement));
    }

    public InsertStatement Add(long value)
    {
        Check(raw.sqlite3_bind_int64(_statement, ++_next, value));
        return this;
    }

    public InsertStatement Add(int? value) => value is { } known ? Add((long)known) : AddNull();

    /// <summary>Adds a number; what is not a number becomes NULL.</summary>
    public InsertStatement Add(double? value)
    {
        if (value is not { } known)
        {
            return AddNull();
        }

        Check(raw.sqlite3_bind_double(_statement, ++_next, known));
        return this;
    }

    public InsertStatement Add(string value)
    {
        Check(raw.sqlite3_bind_text(_statement, ++_next, value));
        return this;
    }

    public InsertStatement AddNull()
    {
        Check(raw.sqlite3_bind_null(_statement, ++_next));
        return this;
    }

    /// <summary>Inserts the row.</summary>
    /// <exception cref="SqliteException">The database did not take it.</exception>
    public void Run()
    {
        _next = 0;
        var result = raw.sqlite3_step(_statement);
        Check(raw.sqlite3_reset(_statement));
        if (result != raw.SQLITE_DONE)
        {
            Check(result);
        }
    }

    public void Dispose() => _statement.Dispose();

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK)
        {
            _next = 0;
            throw new SqliteException($"SQLite: {raw.sqlite3_errmsg(_database).utf8_to_string()}", result, raw.sqlite3_extended_errcode(_database));
        }
    }
}
