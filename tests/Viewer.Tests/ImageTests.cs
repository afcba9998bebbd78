using System.Globalization;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Testing.Browser;

namespace LiveLtem.Viewer.Tests;

/// <summary>What a person sees of a frame: its counts as grey, and what was found exactly over it.</summary>
public sealed class ImageTests(BrowserFixture browser)
{
    [Theory(Timeout = 60_000)]
    [InlineData(256, 41, PixelType.UInt8)]
    [InlineData(300, 61, PixelType.UInt16)]
    [InlineData(2048, 301, PixelType.UInt8)] // binned 2x2 on its way
    public async Task Outlines_lie_over_their_particles(int side, int square, PixelType type)
    {
        var scene = new Scene(side, square, type);
        await using var watched = await Watched.StartAsync(browser);
        await watched.ShowAsync(scene, 1);
        await watched.SetLimitsAsync(scene.Written(0), scene.Written(Scene.Ground));
        foreach (var layer in "NT")
        {
            await watched.Page.PressAsync(char.ToLowerInvariant(layer).ToString());
        }

        await watched.Page.PointAsync(5, 5);
        var with = await watched.LookAsync();
        await watched.Page.PressAsync("o");
        var without = await watched.LookAsync();
        foreach (var (x, y) in scene.Centres)
        {
            var (sx, sy, scale) = await watched.OnScreenAsync(scene, x, y);
            var reach = (int)(square * scale * 0.75);
            var dark = Box.Of(without, sx, sy, reach, colour => colour.R < 0.6 * 255 && Grey(colour));
            var outline = Box.Of(with, sx, sy, reach, colour => !Grey(colour));
            Assert.InRange(Distance(dark.Centre, (sx, sy)), 0, 1);
            Assert.InRange(Distance(outline.Centre, dark.Centre), 0, 1.5);
            Assert.InRange(outline.Width - dark.Width, 0, 4);
            Assert.InRange(outline.Height - dark.Height, 0, 4);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Limits_and_colours_change_the_pixels_as_they_say()
    {
        var scene = new Scene();
        await using var watched = await Watched.StartAsync(browser);
        await watched.ShowAsync(scene, 1, analysed: false);
        var (x, y, _) = await watched.OnScreenAsync(scene, 10, scene.Side / 2.0);

        await watched.SetLimitsAsync(0, 200);
        Assert.InRange((await watched.LookAsync())[(int)x, (int)y].R, 126, 129);
        Assert.Equal("false", await watched.Page.EvaluateAsync<string>("document.querySelector('[data-action=auto-keep]').getAttribute('aria-pressed')"));
        await watched.SetLimitsAsync(80, 120);
        Assert.InRange((await watched.LookAsync())[(int)x, (int)y].R, 126, 129);
        await watched.SetLimitsAsync(90, 130);
        Assert.InRange((await watched.LookAsync())[(int)x, (int)y].R, 62, 66);

        await watched.Page.PressAsync("u");
        Assert.InRange((await watched.LookAsync())[(int)x, (int)y].R, 189, 193);
        await watched.Page.PressAsync("u");
        var viridis = (await watched.LookAsync())[(int)x, (int)y];
        Assert.True(viridis.B > viridis.R && viridis.G > viridis.R, $"a quarter up viridis is blue-green, found {viridis}");
    }

    [Fact(Timeout = 60_000)]
    public async Task Dragging_a_limit_on_the_histogram_changes_the_picture_and_ends_the_automatic()
    {
        var scene = new Scene();
        await using var watched = await Watched.StartAsync(browser);
        await watched.ShowAsync(scene, 1, analysed: false);
        await watched.Page.UntilAsync($"Math.abs(Number(document.getElementById('high').value) - {Scene.Ground}) < 2");
        var before = await watched.Page.EvaluateAsync<double>("Number(document.getElementById('high').value)");
        var box = await watched.Page.EvaluateAsync<double[]>("(() => { const b = document.getElementById('histogram').getBoundingClientRect(); return [b.x, b.y, b.width, b.height]; })()");
        await watched.Page.DragAsync(box[0] + box[2] - 2, box[1] + (box[3] / 2), box[0] + (box[2] * 0.6), box[1] + (box[3] / 2));
        var after = await watched.Page.EvaluateAsync<double>("Number(document.getElementById('high').value)");
        Assert.True(after < before, $"the upper limit was {before} and is {after}");
        await watched.Page.PressAsync("c");
        await watched.Page.UntilAsync($"Number(document.getElementById('high').value) > {after.ToString(CultureInfo.InvariantCulture)}");
    }

    [Fact(Timeout = 120_000)]
    public async Task Every_pixel_type_is_drawn_and_read_under_the_pointer()
    {
        await using var watched = await Watched.StartAsync(browser);
        var number = 0;
        foreach (var type in Enum.GetValues<PixelType>())
        {
            var scene = new Scene(128, 21, type);
            await watched.ShowAsync(scene, ++number, analysed: false);
            await watched.SetLimitsAsync(scene.Written(0), scene.Written(120));
            var (x, y) = scene.Centres[0];
            var (sx, sy, _) = await watched.OnScreenAsync(scene, x, y);
            var expected = scene.Written(Scene.Dark).ToString(CultureInfo.InvariantCulture);
            await watched.Page.PointUntilAsync(sx, sy, $"document.getElementById('readout').textContent.startsWith('x {x}  y {y} px') && document.getElementById('readout').textContent.includes(' {expected} counts')");
            Assert.InRange((await watched.LookAsync())[(int)sx, (int)sy].R, 62, 66);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task A_pointer_at_rest_reads_what_lies_under_it_after_a_zoom_by_key()
    {
        var scene = new Scene();
        await using var watched = await Watched.StartAsync(browser);
        await watched.ShowAsync(scene, 1, analysed: false);
        var middle = (scene.Side - 1) / 2;
        var (sx, sy, _) = await watched.OnScreenAsync(scene, middle + 40, middle);
        await watched.Page.PointUntilAsync(sx, sy, $"document.getElementById('readout').textContent.startsWith('x {middle + 40} ')");
        await watched.Page.PressAsync("+");
        await watched.Page.UntilAsync($"Math.abs(Number(document.getElementById('readout').textContent.split(' ')[1]) - {middle}) < 38");
    }

    [Fact(Timeout = 60_000)]
    public async Task The_picture_without_its_noise_is_shown_where_there_is_one_and_says_that_it_is()
    {
        var raw = new Scene();
        var denoised = new Scene(Type: PixelType.Float32) { DenoiserVersion = 3 };
        await using var watched = await Watched.StartAsync(browser);
        await watched.ShowAsync(raw, 1, analysed: false);
        const string Tools = "document.getElementById('picture-tools').hidden";
        const string Badge = "document.getElementById('denoised-badge')";
        Assert.True(await watched.Page.EvaluateAsync<bool>(Tools));
        await watched.Page.PressAsync("b");
        await watched.Page.UntilAsync("document.getElementById('toast').textContent.includes('profile soft')");

        watched.Operator.Change(status => status with
        {
            Denoiser = "network general, delay 0 frames",
            Denoising = new DenoiserStatus
            {
                Denoiser = new DenoiserInUse { Version = 3, Name = "adapted-3", FirstFrame = 2, HeldOutGain = 0.3, HeldOutGainBefore = 0.15 },
                Adaptation = "keeps frames to learn from: 7 of 200",
                Honesty = new HonestyFigures
                {
                    Frames = 12,
                    UnsupervisedMse = 31.8,
                    UnsupervisedMseErr = 1.1,
                    RawMse = 1310,
                    UnsupervisedPsnrDb = 23.94,
                    ResidualCorrelation = 0.005,
                    UnsupportedFraction = 0.0042,
                },
            },
        });
        await watched.Page.UntilAsync("document.getElementById('denoiser-version').textContent === 'version 3' && document.getElementById('honesty-psnr').textContent === '23.9'");
        await watched.Page.UntilAsync("document.getElementById('honesty-unsupported').textContent === '0.42' && document.getElementById('honesty').textContent.includes('adapted-3 from frame 2')");
        await watched.Page.UntilAsync("document.getElementById('adaptation').textContent.includes('7 of 200')");
        await watched.Page.UntilAsync($"!{Tools}");
        await watched.Page.PressAsync("b");
        await watched.Page.UntilAsync("document.querySelector('[data-action=denoised]').getAttribute('aria-pressed') === 'true'");
        await watched.ShowDenoisedAsync(denoised, 2);
        await watched.Page.UntilAsync($"!{Badge}.hidden && {Badge}.textContent.includes('version 3 (adapted-3)') && {Badge}.dataset.state === 'doubt'");
        await watched.SetLimitsAsync(denoised.Written(0), denoised.Written(120));
        var (x, y) = denoised.Centres[0];
        var (sx, sy, _) = await watched.OnScreenAsync(denoised, x, y);
        Assert.InRange((await watched.LookAsync())[(int)sx, (int)sy].R, 62, 66);

        // What the raw frames do not carry is hatched, on request not.
        var (left, top, _) = await watched.OnScreenAsync(denoised, 6, 200);
        var before = (await watched.LookAsync())[(int)left, (int)top];
        watched.Server.Publisher.OnUnsupported(UnsupportedMask.Of(2, denoised.Side, denoised.Side, [.. Enumerable.Range(0, denoised.Side * denoised.Side).Select(i => i / denoised.Side is > 190 and < 210 && i % denoised.Side is > 2 and < 10)], 3));
        await watched.Page.UntilAsync("document.querySelector('[data-action=unsupported]').getAttribute('aria-pressed') === 'true'");
        await UntilPixelAsync(pixel => pixel.R > pixel.G + 10);
        await watched.Page.PressAsync("x");
        await UntilPixelAsync(pixel => pixel == before);

        await watched.Page.PressAsync("b");
        await watched.ShowRawAsync(raw, 3);
        await watched.Page.UntilAsync($"{Badge}.hidden");

        async Task UntilPixelAsync(Func<(int R, int G, int B), bool> right)
        {
            while (!right((await watched.LookAsync())[(int)left, (int)top]))
            {
            }
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task The_age_of_the_overlay_is_told_when_the_analysis_is_behind()
    {
        var scene = new Scene();
        await using var watched = await Watched.StartAsync(browser);
        await watched.ShowAsync(scene, 10);
        await watched.ShowAsync(scene, 13, analysed: false);
        await watched.Page.UntilAsync("document.getElementById('overlay-age').textContent === '3 frames behind'");
        watched.Server.Publisher.OnReport(scene.Report(13));
        await watched.Page.UntilAsync("document.getElementById('overlay-age').textContent === 'of this frame'");
    }

    private static bool Grey((int R, int G, int B) colour) => Math.Max(colour.R, Math.Max(colour.G, colour.B)) - Math.Min(colour.R, Math.Min(colour.G, colour.B)) < 24;

    private static double Distance((double X, double Y) a, (double X, double Y) b) => Math.Sqrt(((a.X - b.X) * (a.X - b.X)) + ((a.Y - b.Y) * (a.Y - b.Y)));

    // What encloses the pixels of a kind, in page coordinates, where a pixel is one wide.
    private readonly record struct Box(double Left, double Top, double Right, double Bottom)
    {
        public (double X, double Y) Centre => ((Left + Right) / 2, (Top + Bottom) / 2);

        public double Width => Right - Left;

        public double Height => Bottom - Top;

        public static Box Of(Picture picture, double x, double y, int reach, Func<(int R, int G, int B), bool> counts)
        {
            var places =
                from row in Enumerable.Range((int)y - reach, 2 * reach)
                from column in Enumerable.Range((int)x - reach, 2 * reach)
                where counts(picture[column, row])
                select (column, row);
            var found = places.ToList();
            Assert.True(found.Count > 50, $"only {found.Count} such pixels around {x:0}, {y:0}");
            return new Box(found.Min(p => p.column), found.Min(p => p.row), found.Max(p => p.column) + 1, found.Max(p => p.row) + 1);
        }
    }
}
