using Microsoft.Data.Sqlite;

namespace LiveLtem.Session.Log;

/// <summary>The copy of the index that the database holds, for mending the index.</summary>
internal sealed class StoredRecords : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _find;

    private StoredRecords(SqliteConnection connection)
    {
        _connection = connection;
        _find = connection.CreateCommand();
        _find.CommandText =
            """
            SELECT number, position, segment, source_time_s, received_unix_ns, xxhash64, mean_counts, min_counts, max_counts, saturated_fraction, dropped_before, flags
            FROM frames WHERE seq = $seq
            """;
        _find.Parameters.Add("$seq", SqliteType.Integer);
        using var count = connection.CreateCommand();
        count.CommandText = "SELECT coalesce(max(seq) + 1, 0) FROM frames";
        Count = (long)count.ExecuteScalar()!;
    }

    /// <summary>One past the last record.</summary>
    public long Count { get; }

    /// <summary>Opens the copy; null where the database does not let itself be read.</summary>
    public static StoredRecords? TryOpen(string folder)
    {
        var path = Path.Combine(folder, SessionFiles.Database);
        if (!File.Exists(path))
        {
            return null;
        }

        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWrite, Pooling = false }.ConnectionString);
        try
        {
            connection.Open();
            return new StoredRecords(connection);
        }
        catch (Exception error) when (error is SqliteException or InvalidCastException)
        {
            connection.Dispose();
            return null;
        }
    }

    /// <summary>The record at a place, or null.</summary>
    public IndexRecord? Find(long sequence)
    {
        try
        {
            _find.Parameters[0].Value = sequence;
            using var row = _find.ExecuteReader();
            return row.Read() && HashText.TryParse(row.GetString(5), out var hash)
                ? new IndexRecord
                {
                    Number = row.GetInt64(0),
                    Position = row.IsDBNull(1) ? IndexRecord.NotKept : row.GetInt64(1),
                    Segment = row.GetInt32(2),
                    SourceTimeS = Number(3),
                    ReceivedUnixNs = row.GetInt64(4),
                    Hash = hash,
                    MeanCounts = Number(6) ?? double.NaN,
                    MinCounts = Number(7) ?? double.NaN,
                    MaxCounts = Number(8) ?? double.NaN,
                    SaturatedFraction = Number(9) ?? double.NaN,
                    DroppedBefore = row.GetInt64(10),
                    Flags = (IndexFlags)row.GetInt32(11),
                }
                : null;

            double? Number(int column) => row.IsDBNull(column) ? null : row.GetDouble(column);
        }
        catch (Exception error) when (error is SqliteException or InvalidCastException or InvalidOperationException or OverflowException)
        {
            // This part of the database is damaged too.
            return null;
        }
    }

    public void Dispose()
    {
        _find.Dispose();
        _connection.Dispose();
    }
}
