using System.Text.Json.Nodes;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Session.Log;
using LiveLtem.SessionRecorder;
using Microsoft.Data.Sqlite;

namespace LiveLtem.Session.Tests.Log;

public sealed class RecoveryTests : IDisposable
{
    private const int FrameBytes = Recorded.Height * Recorded.Width * 2;

    private readonly TempFolder _folder = new();
    private readonly FramePool _pool = new();

    [Fact]
    public async Task A_session_that_was_cut_off_is_repaired_and_says_so()
    {
        var copy = await CutOffAsync();
        var done = SessionRecovery.Repair(copy);

        Assert.Contains("the session was cut off; it holds 6 frames of 6 received", done);
        var manifest = ManifestFile.Read(copy);
        Assert.Equal((SessionManifest.Interrupted, (6L, 6L)), (manifest.State, manifest.Counts));
        Assert.NotNull(manifest.Ended);
        Assert.Contains("repaired: the session was cut off; it holds 6 frames of 6 received", manifest.Notes);
        Assert.True(Verify(copy).IsWhole);
        Assert.Empty(SessionRecovery.Repair(copy));
        Assert.Empty(Directory.GetFiles(copy, "session.db-*"));
    }

    [Fact]
    public async Task Half_a_frame_at_the_end_is_cut_off_and_named()
    {
        var copy = await CutOffAsync();
        Truncate(copy, "frames.mrc", FrameBytes / 3);
        Assert.Contains(Verify(copy).Problems, line => line.Contains("the pixels of frame 15 are not there", StringComparison.Ordinal));
        var done = SessionRecovery.Repair(copy);

        Assert.Contains("the pixels of frame 15 are not there, the file ends before; counted as not recorded", done);
        Assert.Contains($"frames.mrc: {FrameBytes - (FrameBytes / 3)} bytes of a frame that was not whole were cut off", done);
        Assert.Contains("frames.mrc: the header said 6 frames, there are 5", done);
        var report = Verify(copy);
        Assert.Equal((true, 6, 5, 5), (report.IsWhole, report.Received, report.Kept, report.Verified));
        Assert.Equal(1024 + (5 * FrameBytes), new FileInfo(Path.Combine(copy, "frames.mrc")).Length);
    }

    [Fact]
    public async Task Half_a_record_at_the_end_of_the_index_is_made_good_from_the_database()
    {
        var folder = await Recorded.ClosedAsync(_folder.Root);
        Truncate(folder, "frames.idx", 40);
        var done = SessionRecovery.Repair(folder);

        Assert.Contains("half a record at the end of frames.idx was cut off", done);
        Assert.Contains("1 records of frames.idx were damaged or gone; they were restored from session.db", done);
        Assert.True(Verify(folder).IsWhole);
        Assert.Equal(SessionManifest.Closed, ManifestFile.Read(folder).State);
    }

    [Fact]
    public async Task An_index_that_is_gone_comes_back_from_the_database_and_else_from_the_pixels()
    {
        var folder = await Recorded.ClosedAsync(_folder.Root);
        var index = File.ReadAllBytes(Path.Combine(folder, "frames.idx"));
        File.Delete(Path.Combine(folder, "frames.idx"));
        SessionRecovery.Repair(folder);
        Assert.Equal(index, File.ReadAllBytes(Path.Combine(folder, "frames.idx")));

        File.Delete(Path.Combine(folder, "frames.idx"));
        File.Delete(Path.Combine(folder, "session.db"));
        var done = SessionRecovery.Repair(folder);
        Assert.Contains("6 frames had lost their record; they are kept as frame 0-5, their times are not known", done);
        var report = Verify(folder);
        Assert.Equal((6, 0), (report.Kept, report.Verified));
        Assert.Equal("not to be verified: frame 0-5 had lost its record", Assert.Single(report.Problems));
    }

    [Fact]
    public async Task A_damaged_record_without_a_copy_keeps_the_place_between_its_neighbours()
    {
        var copy = await CutOffAsync();
        Poke(copy, "frames.idx", FrameIndex.OffsetOf(2) + 5);
        File.Delete(Path.Combine(copy, "session.db"));
        File.Delete(Path.Combine(copy, "session.db-wal"));
        SessionRecovery.Repair(copy);

        using var frames = SessionFrames.Open(copy, ManifestFile.Read(copy).Shape);
        var records = frames.Kept().ToList();
        Assert.Equal([10, 11, 12, 13, 14, 15], records.Select(record => record.Number));
        Assert.Equal([0, 1, 2, 3, 4, 5], records.Select(record => record.Position));
        Assert.Equal(IndexFlags.Recovered, records[2].Flags);
    }

    [Fact]
    public async Task A_damaged_frame_is_named_and_left_as_it_is()
    {
        var folder = await Recorded.ClosedAsync(_folder.Root);
        Poke(folder, "frames.mrc", 1024 + (2 * FrameBytes) + 7);
        var before = File.ReadAllBytes(Path.Combine(folder, "frames.mrc"));
        var report = Verify(folder);

        Assert.Equal("damaged: the pixels of frame 12 are not those that were received", Assert.Single(report.Problems));
        Assert.Equal((6, 5), (report.Kept, report.Verified));
        Assert.Empty(SessionRecovery.Repair(folder));
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(folder, "frames.mrc")));
    }

    [Fact]
    public async Task A_damaged_database_is_set_aside_and_the_frames_are_kept()
    {
        var folder = await Recorded.ClosedAsync(_folder.Root);
        File.WriteAllText(Path.Combine(folder, "session.db"), new string('x', 9000));
        Assert.Contains(Verify(folder).Problems, line => line == "session.db cannot be read: it is damaged");
        var done = Assert.Single(SessionRecovery.Repair(folder));

        Assert.StartsWith("session.db was damaged", done, StringComparison.Ordinal);
        Assert.True(Verify(folder).IsWhole);
        Assert.Equal(new string('x', 9000), File.ReadAllText(Path.Combine(folder, "session.db.damaged")));
    }

    [Fact]
    public async Task A_damaged_head_comes_back_from_its_copy()
    {
        var copy = await CutOffAsync();
        File.WriteAllText(Path.Combine(copy, "session.json"), "{ \"schema\": 1, \"id");
        Assert.Contains(Verify(copy).Problems, line => line.Contains("session.json: damaged: is no JSON at line 1, byte 19; 'liveltem sessions repair'", StringComparison.Ordinal));
        var done = SessionRecovery.Repair(copy);

        Assert.Contains("session.json was damaged or gone; it was made anew from its copy in session.db", done);
        Assert.Equal(RecordedMovie.Description.ProfileText, ManifestFile.Read(copy).Description.ProfileText);
        Assert.True(Verify(copy).IsWhole);
    }

    [Fact]
    public async Task With_head_database_and_index_gone_the_pixels_still_are_a_session()
    {
        var folder = await Recorded.ClosedAsync(_folder.Root);
        File.WriteAllText(Path.Combine(folder, "session.json"), "[]");
        File.Delete(Path.Combine(folder, "session.db"));
        File.Delete(Path.Combine(folder, "frames.idx"));
        SessionRecovery.Repair(folder);

        await using var source = SessionSource.Open(folder, TimeProvider.System);
        Assert.Equal((6L, Recorded.Height, Recorded.Width, PixelType.UInt16), (source.Info.Frames, source.Info.Height, source.Info.Width, source.Info.Type));
    }

    [Fact]
    public async Task A_later_version_is_refused_in_one_line_and_nothing_is_touched()
    {
        var folder = await Recorded.ClosedAsync(_folder.Root);
        var path = Path.Combine(folder, "session.json");
        var json = JsonNode.Parse(File.ReadAllText(path))!;
        json["schema"] = 7;
        File.WriteAllText(path, json.ToJsonString());
        var before = File.ReadAllBytes(path);

        foreach (var attempt in (Action[])[() => SessionRecovery.Repair(folder), () => Verify(folder), () => SessionSource.Open(folder, TimeProvider.System)])
        {
            var error = Assert.ThrowsAny<InputException>(attempt);
            Assert.Equal($"{Path.GetFileName(folder)}/session.json: schema 7 is of a later version of LiveLTEM; this one reads up to 1: update it", error.Message);
        }

        Assert.Equal(before, File.ReadAllBytes(path));
        json["schema"] = 1;
        File.WriteAllText(path, json.ToJsonString());
        Run(folder, "PRAGMA user_version = 9");
        Assert.Contains("schema 9 is of a later version", Assert.ThrowsAny<InputException>(() => SessionRecovery.Repair(folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_that_is_being_recorded_is_verified_and_not_repaired()
    {
        await using var store = SessionStore.Create(_folder.Root, RecordedMovie.Description, Recorded.Plain);
        Recorded.Append(store, _pool, 0, 3);

        Assert.Contains("is being recorded by another process", Assert.Throws<InputException>(() => SessionRecovery.Repair(store.Folder)).Message, StringComparison.Ordinal);
        var report = Verify(store.Folder);
        Assert.Equal((true, true, 3), (report.IsWhole, report.IsRecording, report.Verified));
    }

    [Theory]
    [InlineData("session.json")]
    [InlineData("frames.mrc")]
    public async Task Where_the_files_differ_on_the_size_of_a_frame_the_pixels_decide(string damaged)
    {
        var folder = await Recorded.ClosedAsync(_folder.Root);
        var path = Path.Combine(folder, "session.json");
        if (damaged == "session.json")
        {
            File.WriteAllText(path, File.ReadAllText(path).Replace("\"height\": 12", "\"height\": 92", StringComparison.Ordinal));
        }
        else
        {
            Poke(folder, "frames.mrc", 1);
        }

        Assert.Contains(Verify(folder).Problems, line => line.Contains("the file of frames says", StringComparison.Ordinal));
        SessionRecovery.Repair(folder);
        var report = Verify(folder);
        Assert.True(report.IsWhole, string.Join("; ", report.Problems));
        Assert.Equal(6, report.Verified);
    }

    [Fact]
    public async Task Links_between_the_pages_of_a_tiff_are_put_right()
    {
        var folder = await Recorded.ClosedAsync(_folder.Root, type: PixelType.Int32);
        var path = Path.Combine(folder, "frames.tif");
        var before = File.ReadAllBytes(path);
        var layout = StackLayout.For(ManifestFile.Read(folder).Shape!.Value);
        Poke(folder, "frames.tif", layout.OffsetOf(3) + layout.Shape.Bytes + 12);
        Poke(folder, "frames.tif", 9);
        Assert.Equal("frames.tif: the links between its 6 pages were put right", Assert.Single(SessionRecovery.Repair(folder)));
        Assert.Equal(before, File.ReadAllBytes(path));
    }

    [Fact]
    public void A_folder_that_is_no_session_is_refused_in_one_line()
    {
        Assert.EndsWith("is no session: it holds no session.json", Assert.Throws<InputException>(() => SessionRecovery.Repair(_folder.Root)).Message, StringComparison.Ordinal);
        Assert.EndsWith("is no session: it holds no session.json", Assert.Throws<InputException>(() => Verify(_folder.Root)).Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _pool.Dispose();
        _folder.Dispose();
    }

    private static VerifyReport Verify(string folder) => SessionVerifier.Verify(folder, null, TestContext.Current.CancellationToken);

    /// <summary>What a kill leaves after six frames.</summary>
    private async Task<string> CutOffAsync()
    {
        await using var store = SessionStore.Create(_folder.Root, RecordedMovie.Description, Recorded.Plain);
        Recorded.Append(store, _pool, 10, 6);
        store.Add(new Annotation { Time = DateTimeOffset.UnixEpoch, Text = "kept" });
        return Recorded.Killed(store, _folder.File("killed"));
    }

    private static void Truncate(string folder, string name, int bytes)
    {
        using var file = File.Open(Path.Combine(folder, name), FileMode.Open);
        file.SetLength(file.Length - bytes);
    }

    private static void Poke(string folder, string name, long offset)
    {
        using var file = File.Open(Path.Combine(folder, name), FileMode.Open);
        file.Position = offset;
        var value = file.ReadByte();
        file.Position = offset;
        file.WriteByte((byte)(value ^ 0x5a));
    }

    private static void Run(string folder, string sql)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Path.Combine(folder, "session.db"), Pooling = false }.ConnectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
