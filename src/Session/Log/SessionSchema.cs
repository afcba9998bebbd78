namespace LiveLtem.Session.Log;

/// <summary>The tables of <c>session.db</c>.</summary>
internal static class SessionSchema
{
    /// <summary>Kept as <c>user_version</c>. A database of a later version is refused.</summary>
    public const int Version = 1;

    /// <summary>Everything that a new database holds.</summary>
    /// <remarks><c>seq</c> counts received frames from 0 and is the place of the record in <c>frames.idx</c>; frame numbers are the source's own and
    /// may repeat. Columns of <c>rows</c> and <c>tracks</c> are those of the tables that are exported.</remarks>
    public const string Create =
        """
        CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE frames (
            seq INTEGER PRIMARY KEY, number INTEGER NOT NULL, position INTEGER, segment INTEGER NOT NULL, source_time_s REAL,
            received_unix_ns INTEGER NOT NULL, xxhash64 TEXT NOT NULL, mean_counts REAL, min_counts REAL, max_counts REAL,
            saturated_fraction REAL, dropped_before INTEGER NOT NULL, flags INTEGER NOT NULL);
        CREATE TABLE rows (
            seq INTEGER PRIMARY KEY, frame INTEGER NOT NULL, time_s REAL, dose_rate_e_A2_s REAL, dose_e_A2 REAL, mean_counts REAL, snr REAL,
            particles INTEGER, drift_x_px REAL, drift_y_px REAL, saturated_fraction REAL, dropped_before INTEGER NOT NULL,
            processed INTEGER NOT NULL, latency_ms REAL);
        CREATE INDEX rows_by_frame ON rows (frame);
        CREATE TABLE tracks (
            id INTEGER PRIMARY KEY, frame INTEGER NOT NULL, particle INTEGER NOT NULL, x REAL, y REAL, angle_deg REAL,
            rotation_deg REAL, symmetry INTEGER NOT NULL, layer INTEGER NOT NULL, area_px REAL, major_px REAL, minor_px REAL, score REAL,
            x_err REAL, y_err REAL, angle_err_deg REAL, size_err_px REAL, state INTEGER, flags INTEGER NOT NULL, detection INTEGER NOT NULL,
            time_s REAL, dose_e_A2 REAL);
        CREATE INDEX tracks_by_frame ON tracks (frame);
        CREATE TABLE events (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, time_unix_ns INTEGER NOT NULL, frame INTEGER, body TEXT NOT NULL);
        CREATE VIEW annotations AS
            SELECT id, time_unix_ns, frame, json_extract(body, '$.text') AS text, json_extract(body, '$.x') AS x, json_extract(body, '$.y') AS y,
                   json_extract(body, '$.particle') AS particle, json_extract(body, '$.author') AS author
            FROM events WHERE kind = 'annotation';
        CREATE VIEW alerts AS
            SELECT json_extract(body, '$.id') AS id, MAX(id) AS event, json_extract(body, '$.kind') AS kind, json_extract(body, '$.severity') AS severity,
                   json_extract(body, '$.state') AS state, json_extract(body, '$.message') AS message
            FROM events WHERE kind = 'alert' GROUP BY json_extract(body, '$.id');
        """;

    public const string InsertFrame =
        """
        INSERT OR REPLACE INTO frames (seq, number, position, segment, source_time_s, received_unix_ns, xxhash64, mean_counts, min_counts, max_counts,
            saturated_fraction, dropped_before, flags) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
        """;

    public const string InsertRow =
        """
        INSERT INTO rows (frame, time_s, dose_rate_e_A2_s, dose_e_A2, mean_counts, snr, particles, drift_x_px, drift_y_px, saturated_fraction,
            dropped_before, processed, latency_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
        """;

    public const string InsertPoint =
        """
        INSERT INTO tracks (frame, particle, x, y, angle_deg, rotation_deg, symmetry, layer, area_px, major_px, minor_px, score, x_err, y_err,
            angle_err_deg, size_err_px, state, flags, detection, time_s, dose_e_A2)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)
        """;

    public const string InsertEvent = "INSERT INTO events (id, kind, time_unix_ns, frame, body) VALUES ($id, $kind, $time, $frame, $body)";
}
