using System.Text;
using LiveLtem.Core;
using LiveLtem.Session.Tables;
using Parquet;
using Parquet.Schema;

namespace LiveLtem.Session.Tests.Tables;

public sealed class TableTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public void Columns_are_those_that_other_programs_rely_on()
    {
        Assert.Equal(
            "frame,particle,x,y,angle_deg,rotation_deg,symmetry,layer,area_px,major_px,minor_px,score,x_err,y_err,angle_err_deg,state,flags,time_s,dose_e_A2",
            TrackTable.Schema.Header);
        Assert.Equal(
            "frame,time_s,dose_rate_e_A2_s,dose_e_A2,mean_counts,snr,particles,drift_x_px,drift_y_px,saturated_fraction,dropped_before,processed,latency_ms",
            FrameTable.Schema.Header);
    }

    [Fact]
    public void A_frame_row_shows_what_is_known_and_leaves_the_rest_empty() =>
        Assert.Equal(
            $"{FrameTable.Schema.Header}\n7,0.350000,12.3457,4.9382716,108.25,1.5000,2,0.1250,0.0000,0.0000123457,0,1,8.250\n8,,,,,,,,,0,3,0,\n",
            Written(FrameTable.Schema, table =>
            {
                FrameTable.Append(table, Some.Row(7));
                FrameTable.Append(table, Some.BareRow(8));
            }));

    [Fact]
    public void A_track_row_carries_time_and_dose_of_its_frame()
    {
        var flags = DetectionFlags.Border | DetectionFlags.Contact | DetectionFlags.Covered | DetectionFlags.Gap | DetectionFlags.RotationAmbiguous;
        var tracks = Some.Tracks(7, Some.Point(7, 0, Some.Fit(10.5, 20.25), flags), Some.Point(7, 12, Some.Fit(1, 2, symmetry: 0)));
        Assert.Equal(
            $"{TrackTable.Schema.Header}\n"
            + "7,0,10.5000,20.2500,30.0000,390.0000,4,0,400.00,20.000,20.000,0.9877,0.04322,0.00005,0.5,,border|contact|covered|gap|rotation_ambiguous,0.350000,4.9382716\n"
            + "7,12,1.0000,2.0000,,,0,0,400.00,20.000,20.000,0.9877,0.04322,0.00005,,,,0.350000,4.9382716\n",
            Written(TrackTable.Schema, table => TrackTable.Append(table, tracks, Some.Row(7))));
    }

    [Fact]
    public void An_angle_is_never_rounded_up_to_a_full_symmetry_step()
    {
        var tracks = Some.Tracks(0, Some.Point(0, 0, Some.Fit(1, 2, symmetry: 4, angleDeg: 89.99999)));
        Assert.Contains(",0.0000,450.0000,", Written(TrackTable.Schema, table => TrackTable.Append(table, tracks, Some.Row(0))), StringComparison.Ordinal);
    }

    [Fact]
    public void A_row_with_too_few_cells_is_refused()
    {
        using var table = new CsvTableWriter(new MemoryStream(), FrameTable.Schema);
        table.Cell(1L);
        Assert.Throws<InvalidOperationException>(table.EndRow);
        Assert.Throws<InvalidOperationException>(() => table.Cell("words"));
    }

    [Fact]
    public void What_is_flushed_ends_with_a_whole_row()
    {
        var stream = new MemoryStream();
        using var table = new CsvTableWriter(stream, FrameTable.Schema);
        FrameTable.Append(table, Some.Row(0));
        table.Cell(1L);
        table.Flush();
        Assert.EndsWith(",8.250\n", Encoding.UTF8.GetString(stream.ToArray()), StringComparison.Ordinal);
        Assert.Equal(1, table.Rows);
    }

    [Fact]
    public void A_full_disk_leaves_whole_rows()
    {
        var disk = new SmallDisk(1000);
        var table = new CsvTableWriter(disk, FrameTable.Schema);
        for (var i = 0; i < 5; i++)
        {
            FrameTable.Append(table, Some.Row(i));
        }

        table.Flush();
        for (var i = 5; i < 50; i++)
        {
            FrameTable.Append(table, Some.Row(i));
        }

        Assert.Throws<IOException>(table.Flush);
        var left = Encoding.UTF8.GetString(disk.ToArray());
        table.Dispose();
        Assert.EndsWith("\n", left, StringComparison.Ordinal);
        Assert.Equal(6, left.Count(c => c == '\n'));
    }

    [Fact]
    public void Writing_a_row_makes_no_garbage()
    {
        using var table = new CsvTableWriter(Stream.Null, FrameTable.Schema);
        var row = Some.Row(3);
        for (var i = 0; i < 2000; i++)
        {
            FrameTable.Append(table, row);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
        {
            FrameTable.Append(table, row);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(70_000)]
    public async Task Parquet_holds_the_values_of_the_csv(int rows)
    {
        var csv = _folder.File("frames.csv");
        using (var table = new CsvTableWriter(File.Create(csv), FrameTable.Schema))
        {
            for (var i = 0; i < rows; i++)
            {
                FrameTable.Append(table, i % 2 == 0 ? Some.Row(i) : Some.BareRow(i));
            }
        }

        var parquet = _folder.File("frames.parquet");
        await ParquetTable.ConvertAsync(csv, parquet, FrameTable.Schema, TestContext.Current.CancellationToken);

        await using var reader = await ParquetReader.CreateAsync(parquet, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(FrameTable.Schema.Columns.Select(column => column.Name), reader.Schema.DataFields.Select(field => field.Name));
        var frames = await ReadAsync<long>(reader, "frame");
        var times = await ReadNullableAsync<double>(reader, "time_s");
        var particles = await ReadNullableAsync<int>(reader, "particles");
        Assert.Equal(Enumerable.Range(0, rows).Select(i => (long)i), frames);
        Assert.Equal(Enumerable.Range(0, rows).Select(i => i % 2 == 0 ? Math.Round(i * 0.05, 6) : (double?)null), times);
        Assert.Equal(Enumerable.Range(0, rows).Select(i => i % 2 == 0 ? 2 : (int?)null), particles);
    }

    [Fact]
    public async Task A_table_that_was_cut_off_converts_up_to_its_last_whole_row()
    {
        var csv = _folder.File("tracks.csv");
        var tracks = Some.Tracks(0, Some.Point(0, 0, Some.Fit(1, 2), DetectionFlags.Gap), Some.Point(0, 1, Some.Fit(3, 4)));
        await File.WriteAllTextAsync(csv, Written(TrackTable.Schema, table => TrackTable.Append(table, tracks, Some.Row(0)))[..^60], TestContext.Current.CancellationToken);
        var parquet = _folder.File("tracks.parquet");
        await ParquetTable.ConvertAsync(csv, parquet, TrackTable.Schema, TestContext.Current.CancellationToken);

        await using var reader = await ParquetReader.CreateAsync(parquet, cancellationToken: TestContext.Current.CancellationToken);
        using var group = reader.OpenRowGroupReader(0);
        var words = new string?[1];
        await group.ReadAsync(reader.Schema.DataFields.Single(field => field.Name == "flags"), words.AsMemory(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(["gap"], words);
    }

    public void Dispose() => _folder.Dispose();

    private static string Written(TableSchema schema, Action<CsvTableWriter> write)
    {
        var stream = new MemoryStream();
        using (var table = new CsvTableWriter(stream, schema))
        {
            write(table);
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static async Task<List<T>> ReadAsync<T>(ParquetReader reader, string column)
        where T : struct
    {
        var all = new List<T>();
        for (var i = 0; i < reader.RowGroupCount; i++)
        {
            using var group = reader.OpenRowGroupReader(i);
            var values = new T[group.RowCount];
            await group.ReadAsync<T>(Field(reader, column), values, cancellationToken: TestContext.Current.CancellationToken);
            all.AddRange(values);
        }

        return all;
    }

    private static async Task<List<T?>> ReadNullableAsync<T>(ParquetReader reader, string column)
        where T : struct
    {
        var all = new List<T?>();
        for (var i = 0; i < reader.RowGroupCount; i++)
        {
            using var group = reader.OpenRowGroupReader(i);
            var values = new T?[group.RowCount];
            await group.ReadAsync<T>(Field(reader, column), values, cancellationToken: TestContext.Current.CancellationToken);
            all.AddRange(values);
        }

        return all;
    }

    private static DataField Field(ParquetReader reader, string column) => reader.Schema.DataFields.Single(field => field.Name == column);

    private sealed class SmallDisk(int room) : MemoryStream
    {
        public override void Write(byte[] buffer, int offset, int count)
        {
            var fits = (int)Math.Min(count, room - Length);
            base.Write(buffer, offset, fits);
            if (fits < count)
            {
                throw new IOException("No space left on device");
            }
        }
    }
}
