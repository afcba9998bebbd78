using System.Text.Json.Nodes;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Session.Log;
using LiveLtem.SessionRecorder;

namespace LiveLtem.Session.Tests.Log;

public sealed class SessionStoreTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FramePool _pool = new();

    [Theory]
    [InlineData(PixelType.UInt8)]
    [InlineData(PixelType.Int8)]
    [InlineData(PixelType.UInt16)]
    [InlineData(PixelType.Int16)]
    [InlineData(PixelType.Float32)]
    [InlineData(PixelType.UInt32)]
    [InlineData(PixelType.Int32)]
    public async Task Frames_of_every_type_come_back_as_they_went_in(PixelType type)
    {
        await using var store = SessionStore.Create(_folder.Root, RecordedMovie.Description, Recorded.Plain);
        Recorded.Append(store, _pool, 100, 5, type);

        // While it is recorded as after it was closed.
        Check(store.Folder, type);
        await store.CompleteAsync(TestContext.Current.CancellationToken);
        Check(store.Folder, type);
        Assert.Equal(0, _pool.Outstanding);

        static void Check(string folder, PixelType type)
        {
            using var frames = SessionFrames.Open(folder, ManifestFile.Read(folder).Shape);
            var kept = frames.Kept().ToList();
            Assert.Equal([100, 101, 102, 103, 104], kept.Select(record => record.Number));
            Assert.Equal(5.0, kept[0].SourceTimeS);
            var pixels = new byte[Recorded.Height * Recorded.Width * type.BytesPerPixel()];
            foreach (var record in kept)
            {
                Assert.True(frames.TryReadPixels(record.Position, pixels));
                Assert.Equal(Recorded.Pixels(record.Number, type), pixels);
                Assert.Equal(System.IO.Hashing.XxHash64.HashToUInt64(pixels), record.Hash);
            }
        }
    }

    [Fact]
    public async Task The_head_of_a_session_says_everything_it_was_made_with()
    {
        await using var store = SessionStore.Create(_folder.File("new/sessions"), RecordedMovie.Description, Recorded.Plain);
        var growing = JsonNode.Parse(File.ReadAllText(Path.Combine(store.Folder, "session.json")))!;
        Assert.Equal("recording", (string?)growing["state"]);
        Assert.Equal(store.Id, Path.GetFileName(store.Folder));
        Assert.Matches("^[0-9]{8}-[0-9]{6}-[0-9a-f]{4}$", store.Id);
        Recorded.Append(store, _pool, 0, 2);
        await store.CompleteAsync(TestContext.Current.CancellationToken);

        var manifest = ManifestFile.Read(store.Folder);
        Assert.Equal(SessionManifest.Closed, manifest.State);
        Assert.NotNull(manifest.Ended);
        Assert.Equal((2, 2), manifest.Counts);
        Assert.Equal(new FrameShape(Recorded.Height, Recorded.Width, PixelType.UInt16), manifest.Shape);
        var (before, after) = (RecordedMovie.Description, manifest.Description);
        Assert.Equal(before.Calibration, after.Calibration);
        Assert.Equal(
            (before.Source, before.ProfileName, before.ProfileText, before.Version, before.FrameTimeTyped),
            (after.Source, after.ProfileName, after.ProfileText, after.Version, after.FrameTimeTyped));
        Assert.Equal(before.SourceMetadata, after.SourceMetadata);
        Assert.Equal(before.Models, after.Models);
    }

    [Fact]
    public async Task What_segments_is_named_from_the_beginning_however_late_it_is_known()
    {
        var change = new ModelInUse { Name = "layers", Sha256 = "0badcafe", Provider = "CPU", FirstFrame = 5 };
        await using var store = SessionStore.Create(_folder.Root, RecordedMovie.Description with { Models = [] }, Recorded.Plain);
        Recorded.Append(store, _pool, 0, 2);
        Assert.Empty(SessionSource.Models(store.Folder));
        store.Add(new ModelChange { Time = DateTimeOffset.UnixEpoch, Frame = 4, Model = change });
        store.SetFirstModel(ModelInUse.Thresholds);
        Assert.Equal([ModelInUse.Thresholds, change], SessionSource.Models(store.Folder));
        await store.CompleteAsync(TestContext.Current.CancellationToken);
        Assert.Equal([ModelInUse.Thresholds, change], SessionSource.Models(store.Folder));
    }

    [Fact]
    public async Task A_denoiser_that_was_adapted_to_a_session_is_kept_with_it()
    {
        var (first, next) = (new DenoiserInUse { Version = 0, Name = "general", Sha256 = "0badcafe" }, new DenoiserInUse { Version = 1, Name = "adapted-1", Sha256 = "cafe", FirstFrame = 7 });
        File.WriteAllText(Path.Combine(_folder.Root, "adapted-1.json"), "a card");
        File.WriteAllBytes(Path.Combine(_folder.Root, "adapted-1.onnx"), [1, 2, 3]);
        await using var store = SessionStore.Create(_folder.Root, RecordedMovie.Description, Recorded.Plain);
        Recorded.Append(store, _pool, 0, 2);
        store.SetFirstDenoiser(first);
        store.KeepDenoiser(Path.Combine(_folder.Root, "adapted-1.onnx"), Path.Combine(_folder.Root, "adapted-1.json"));
        store.Add(new DenoiserChange { Time = DateTimeOffset.UnixEpoch, Frame = 6, Denoiser = next });
        await store.CompleteAsync(TestContext.Current.CancellationToken);

        Assert.Equal([first, next], SessionSource.Denoisers(store.Folder));
        var kept = SessionSource.DenoiserFolder(store.Folder);
        Assert.Equal(["adapted-1.json", "adapted-1.onnx"], Directory.GetFiles(kept).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal([1, 2, 3], File.ReadAllBytes(Path.Combine(kept, "adapted-1.onnx")));
    }

    [Fact]
    public async Task Frames_that_are_not_recorded_leave_their_hash_and_times()
    {
        await using var store = SessionStore.Create(_folder.Root, RecordedMovie.Description, Recorded.Plain);
        Recorded.Append(store, _pool, 0, 2);
        Assert.Equal(RecordingState.Off, store.SetRecording(false).State);
        Recorded.Append(store, _pool, 2, 3);
        Assert.Equal(RecordingState.On, store.SetRecording(true).State);
        Recorded.Append(store, _pool, 5, 1);

        Assert.Equal((3L, 3L, 3L * Recorded.Height * Recorded.Width * 2), (store.Recording.Frames, store.Recording.NotRecorded, store.Recording.Bytes));
        using var frames = SessionFrames.Open(store.Folder, ManifestFile.Read(store.Folder).Shape);
        var records = frames.Records().Select(item => item.Record!.Value).ToList();
        Assert.Equal([0, 1, -1, -1, -1, 2], records.Select(record => record.Position));
        Assert.Equal(System.IO.Hashing.XxHash64.HashToUInt64(Recorded.Pixels(3)), records[3].Hash);
        Assert.Equal(0.15, records[3].SourceTimeS!.Value, 1e-12);
        Assert.Equal([0, 1, 5], frames.Kept().Select(record => record.Number));
    }

    [Fact]
    public async Task A_frame_of_another_size_stops_the_recording_and_says_so()
    {
        await using var store = SessionStore.Create(_folder.Root, RecordedMovie.Description, Recorded.Plain);
        RecordingStatus? told = null;
        store.Changed += status => told = status;
        Recorded.Append(store, _pool, 0, 1);
        Recorded.Append(store, _pool, 1, 1, height: 7);

        Assert.Equal(RecordingState.Failed, told!.State);
        Assert.Contains("frame 1 is 7 x 20 uint16, the recording holds 12 x 20 uint16", told.Problem, StringComparison.Ordinal);
        Assert.Equal((1, 1), (store.Recording.Frames, store.Recording.NotRecorded));
    }

    [Fact]
    public async Task Events_are_numbered_without_gaps_and_come_back_as_they_were()
    {
        var time = new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);
        var changed = new Calibration { PixelSizeNm = new Calibrated(0.5, "operator") };
        SessionEvent[] happened =
        [
            new RecordingChange { Time = time, State = RecordingState.On },
            new Annotation { Time = time.AddSeconds(1), Frame = 3, Text = "it moved; \"look\"\n", XPx = 1.5, YPx = 2, Particle = 4, Author = "A" },
            new AlertChange { Time = time, Frame = 4, Alert = new SessionAlert { Id = 1, Kind = "disk_space", Severity = "critical", State = "raised", Message = "full", Value = 1.5, Unit = "MB" } },
            new ModelChange { Time = time, Frame = 4, Model = new ModelInUse { Name = "layers", Sha256 = "0badcafe", Provider = "CPU", FirstFrame = 5 } },
            new DenoiserChange { Time = time, Frame = 4, Denoiser = new DenoiserInUse { Version = 1, Name = "adapted-1", Sha256 = "0badcafe", FirstFrame = 5, HeldOutGain = 0.25, HeldOutGainBefore = 0.125 } },
            new ConditionsChange { Time = time, Frame = 5, Segment = 1, FirstFrame = 6, Calibration = changed, PriorDoseEPerA2 = 12.5, Note = "zoomed" },
        ];
        await using var store = SessionStore.Create(_folder.Root, RecordedMovie.Description, Recorded.Plain);
        foreach (var happening in happened)
        {
            store.Add(happening);
        }

        SessionEvent[] expected = [.. happened.Select((happening, i) => happening with { Id = i + 1 })];
        Assert.Equal(expected, store.EventsAfter(0));
        Assert.Equal(expected[2..], store.EventsAfter(2));
        using (var reader = SessionReader.Open(Path.Combine(store.Folder, "session.db")))
        {
            Assert.Equal(expected, reader.EventsAfter(0));
            Assert.Equal("it moved; \"look\"\n", reader.Text("SELECT text FROM annotations"));
            Assert.Equal("raised", reader.Text("SELECT state FROM alerts"));
        }

        Assert.Equal(
            [new SessionSegment(0, null, RecordedMovie.Description.Calibration), new SessionSegment(1, 6, changed, 12.5, "zoomed")],
            ManifestFile.Read(store.Folder).Segments);
        Assert.Equal(expected.OfType<ModelChange>().Select(change => change.Model), ManifestFile.Read(store.Folder).Description.Models.Skip(1));
        Assert.Equal(expected.OfType<DenoiserChange>().Select(change => change.Denoiser), SessionSource.Denoisers(store.Folder));
        await store.CompleteAsync(TestContext.Current.CancellationToken);
        Assert.Equal(expected, store.EventsAfter(0));

        // Why a session ended may be told when it is closed already.
        Assert.Equal(7, store.Add(new Annotation { Time = time, Text = "the end" }).Id);
        Assert.Equal("the end", Assert.IsType<Annotation>(Assert.Single(store.EventsAfter(6))).Text);
        Assert.Empty(Directory.GetFiles(store.Folder, "session.db-*"));
    }

    [Fact]
    public async Task Results_come_back_as_they_went_in()
    {
        await using var store = SessionStore.Create(_folder.Root, RecordedMovie.Description, Recorded.Plain);
        Recorded.Append(store, _pool, 0, 3);
        Recorded.Deliver(store, 0, 2);
        store.OnFrame(Some.BareRow(2));
        await store.CompleteAsync(TestContext.Current.CancellationToken);

        using var reader = SessionReader.Open(Path.Combine(store.Folder, "session.db"));
        Assert.Equal([Some.Row(0), Some.Row(1), Some.BareRow(2)], reader.RowsFrom(0, 10).Select(row => row.Row));
        Assert.Equal([Some.Row(1), Some.BareRow(2)], reader.RowsFromFrame(1, 10));
        var point = Some.Point(1, 1, Some.Fit(12, 4, 0));
        Assert.Equal(point, reader.PointsFromFrame(1, 10)[1]);
        Assert.Equal(3, reader.Scalar("SELECT count(*) FROM frames"));
        Assert.Equal(HashText.Of(System.IO.Hashing.XxHash64.HashToUInt64(Recorded.Pixels(1))), reader.Text("SELECT xxhash64 FROM frames WHERE number = 1"));
        // A closed session is one file that opens on read-only media.
        Assert.Empty(Directory.GetFiles(store.Folder, "session.db-*"));
    }

    [Fact]
    public async Task A_closed_session_holds_tables_and_a_report()
    {
        await using var store = SessionStore.Create(_folder.Root, RecordedMovie.Description, Recorded.Plain with { WriteResults = true });
        Recorded.Append(store, _pool, 0, 4, height: 64, width: 96);
        Recorded.Deliver(store, 0, 4);
        var alert = new SessionAlert { Id = 1, Kind = "disk_space", Severity = "critical", State = "raised", Message = "full" };
        store.Add(new AlertChange { Time = DateTimeOffset.UnixEpoch, Alert = alert });
        store.Add(new AlertChange { Time = DateTimeOffset.UnixEpoch, Alert = alert with { State = "cleared" } });
        store.SetFact("Detector", "learning");
        store.SetFact("Detector", "dark squares of 20 px");
        store.SetDoseRelativeErr(0.25);
        await store.CompleteAsync(TestContext.Current.CancellationToken);

        string[] expected = ["alerts.jsonl", "analysis.json", "frames.csv", "frames.idx", "frames.mrc", "frames.parquet", "report.html", "session.db", "session.json", "session.lock", "tracks.csv", "tracks.parquet"];
        Assert.Equal(expected, Directory.GetFiles(store.Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(9, File.ReadAllLines(Path.Combine(store.Folder, "tracks.csv")).Length);
        Assert.Contains("\"state\":\"cleared\"", Assert.Single(File.ReadAllLines(Path.Combine(store.Folder, "alerts.jsonl"))), StringComparison.Ordinal);
        var report = File.ReadAllText(Path.Combine(store.Folder, "report.html"));
        Assert.Equal(2, report.Split("data:image/jpeg").Length - 1);
        Assert.Contains("<td>Detector</td><td>dark squares of 20 px</td>", report, StringComparison.Ordinal);
        var fluence = JsonNode.Parse(File.ReadAllText(Path.Combine(store.Folder, "analysis.json")))!["dose"]!["fluence_e_A2"]!;
        Assert.Equal(0.25, (double)fluence["err"]! / (double)fluence["value"]!, 1e-12);
    }

    [Fact]
    public async Task A_frame_leaves_next_to_no_garbage()
    {
        await using var store = SessionStore.Create(_folder.Root, RecordedMovie.Description, Recorded.Plain);
        using var frame = RecordedMovie.Frame(_pool, 0, 64, 64, PixelType.UInt8);
        var gauge = RecordedMovie.Gauge(frame);
        for (var i = 0; i < 100; i++)
        {
            store.Append(frame, gauge);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            store.Append(frame, gauge);
        }

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 1000, 0, 200);
    }

    [Fact]
    public async Task A_session_that_is_not_completed_counts_as_interrupted_and_keeps_everything()
    {
        var store = SessionStore.Create(_folder.Root, RecordedMovie.Description, Recorded.Plain);
        Recorded.Append(store, _pool, 0, 4);
        Recorded.Deliver(store, 0, 4);
        await store.DisposeAsync();

        Assert.Equal(SessionManifest.Interrupted, ManifestFile.Read(store.Folder).State);
        using var reader = SessionReader.Open(Path.Combine(store.Folder, "session.db"));
        Assert.Equal((4, 4, 8), (reader.Scalar("SELECT count(*) FROM frames"), reader.Scalar("SELECT count(*) FROM rows"), reader.Scalar("SELECT count(*) FROM tracks")));
    }

    [Fact]
    public void A_place_that_cannot_be_written_is_refused_in_one_line()
    {
        File.WriteAllText(_folder.File("file"), "");
        var error = Assert.Throws<InputException>(() => SessionStore.Create(_folder.File("file"), RecordedMovie.Description, Recorded.Plain));
        Assert.StartsWith("cannot record a session in", error.Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _pool.Dispose();
        _folder.Dispose();
    }
}
