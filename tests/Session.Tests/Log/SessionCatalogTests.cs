using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Session.Log;
using LiveLtem.SessionRecorder;

namespace LiveLtem.Session.Tests.Log;

public sealed class SessionCatalogTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FramePool _pool = new();

    [Fact]
    public async Task Sessions_are_listed_with_their_state_newest_first()
    {
        var closed = await Recorded.ClosedAsync(_folder.Root);
        await using var store = SessionStore.Create(_folder.Root, RecordedMovie.Description, Recorded.Plain);
        Recorded.Append(store, _pool, 0, 2);
        Directory.CreateDirectory(_folder.File("not-a-session"));
        var broken = _folder.File("20200101-000000-abcd");
        Directory.CreateDirectory(broken);
        File.WriteAllText(Path.Combine(broken, "session.json"), "garbage");

        var list = new SessionCatalog(_folder.Root).List();
        Assert.Equal(
            new Dictionary<string, string> { [store.Id] = "recording", [Path.GetFileName(closed)] = "closed", ["20200101-000000-abcd"] = "damaged" },
            list.ToDictionary(entry => entry.Id, entry => entry.State));
        Assert.Equal(list.OrderByDescending(entry => entry.Started), list);
        var kept = list.Single(entry => entry.State == "closed");
        Assert.Equal(("run7.mrc", 6L, 12, 20, "uint16", 2L), (kept.Source, kept.Frames, kept.Height, kept.Width, kept.Dtype, kept.Tracks));
        Assert.True(kept.Ended >= kept.Started);
        Assert.True(kept.Bytes > 6 * 12 * 20 * 2);
        Assert.Null(list.Single(entry => entry.State == "recording").Ended);
    }

    [Fact]
    public async Task Points_are_cut_between_frames_and_not_inside_one()
    {
        var id = Path.GetFileName(await Recorded.ClosedAsync(_folder.Root));
        var catalog = new SessionCatalog(_folder.Root);

        Assert.Equal([(12, 0), (12, 1), (13, 0), (13, 1)], Keys(catalog.Tracks(id, 12, 5)));
        Assert.Equal([(12, 0), (12, 1)], Keys(catalog.Tracks(id, 12, 3)));
        Assert.Equal([(12, 0)], Keys(catalog.Tracks(id, 12, 1)));
        Assert.Equal(12, catalog.Tracks(id, 0, int.MaxValue).Count);
        Assert.Empty(catalog.Tracks(id, 16, 10));
        Assert.Equal([14, 15], catalog.Frames(id, 14, 10).Select(row => row.Frame));
        Assert.Equal("kept", Assert.IsType<Annotation>(Assert.Single(catalog.Events(id, 0))).Text);
        Assert.Empty(catalog.Events(id, 1));

        static IEnumerable<(long, int)> Keys(IEnumerable<TrackPoint> points) => points.Select(point => (point.Frame, point.Particle));
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("../x")]
    [InlineData("..")]
    public void What_is_not_in_the_root_is_not_found(string id)
    {
        var error = Assert.Throws<InputException>(() => new SessionCatalog(_folder.Root).Find(id));
        Assert.StartsWith($"there is no session {id}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_root_that_is_not_there_holds_no_session() => Assert.Empty(new SessionCatalog(_folder.File("none")).List());

    public void Dispose()
    {
        _pool.Dispose();
        _folder.Dispose();
    }
}
