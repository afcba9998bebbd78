using System.Xml;
using System.Xml.Linq;
using CsCheck;
using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Session.Report;
using LiveLtem.Session.Results;
using OpenCvSharp;

namespace LiveLtem.Session.Tests.Report;

public sealed class ReportTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task A_whole_session_gives_pictures_a_movie_masks_and_a_page_that_needs_nothing_else()
    {
        using var pool = new FramePool();
        var source = new SourceInfo
        {
            Name = "a <b> & \"c\".mrc",
            Format = "MRC",
            Height = 64,
            Width = 96,
            Type = PixelType.UInt16,
            Frames = 12,
            Warnings = ["cut off after 12 frames"],
        };
        var calibration = new Calibration { PixelSizeNm = new Calibrated(0.5, "MRC header"), FrameTimeS = new Calibrated(0.05, "--frame-time-s") };
        await using (var results = await ResultFolder.CreateAsync(new ResultFolderOptions
        {
            Path = _folder.Root,
            Source = source,
            Calibration = calibration,
            Profile = "nanoparticles",
            WriteMasks = true,
            WriteOverlay = true,
        }))
        {
            results.Notes.AddFact("Detector", "dark particles of 20 px");
            for (var i = 0; i < 12; i++)
            {
                Deliver(results, pool, i, analysed: i != 5);
            }

            await results.CompleteAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal(0, pool.Outstanding);
        var html = await File.ReadAllTextAsync(_folder.File("report.html"), TestContext.Current.CancellationToken);
        var page = Parse(html);
        Assert.All(page.Descendants("img"), image => Assert.StartsWith("data:image/jpeg;base64,", (string)image.Attribute("src")!, StringComparison.Ordinal));
        Assert.Equal(2, page.Descendants("img").Count());
        Assert.True(page.Descendants("svg").Count() >= 5);
        Assert.Contains("a <b> & \"c\".mrc", page.Descendants("h1").Single().Value, StringComparison.Ordinal);
        Assert.Contains("cut off after 12 frames", html, StringComparison.Ordinal);
        Assert.Contains("1 frame was received but not analysed", html, StringComparison.Ordinal);
        Assert.Contains("dark particles of 20 px", html, StringComparison.Ordinal);
        Assert.Contains("--counts-per-electron", html, StringComparison.Ordinal);
        page.Descendants("img").Remove();
        Assert.DoesNotContain("NaN", page.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("http", page.ToString(), StringComparison.Ordinal);

        Cv2.ImReadMulti(_folder.File("masks.tif"), out var masks, ImreadModes.Unchanged);
        Assert.Equal(12, masks.Length);
        Assert.Equal(0, Cv2.CountNonZero(masks[5]));
        Assert.Equal(441, Cv2.CountNonZero(masks[6]));
        using var movie = new VideoCapture(_folder.File("overlay.mp4"));
        Assert.Equal(11, movie.FrameCount);
        Assert.Equal(20, movie.Fps, 0.01);
    }

    [Theory]
    [InlineData(null, 5)]
    [InlineData(1.25, 6)]
    public void Alerts_have_a_column_of_times_only_where_there_are_times(double? timeS, int columns)
    {
        var alert = new SessionAlert { Id = 1, Kind = "beam_blank", Severity = "warning", State = "cleared", Frame = 3, FrameLast = 9, TimeS = timeS, Message = "the beam is <off>" };
        var section = Parse($"<div>{AlertSection.Write([alert], ["frames_lost: no numbers", "etching_fast: no frame time"])}</div>");

        Assert.Equal(columns, section.Descendants("th").Count());
        Assert.Equal(columns, section.Descendants("td").Count());
        Assert.Equal(timeS is not null, section.Descendants("td").Any(cell => cell.Value == "1.25"));
        Assert.Equal("Not looked for: frames_lost, etching_fast", section.Descendants("summary").Single().Value);
        Assert.Equal(["frames_lost: no numbers", "etching_fast: no frame time"], section.Descendants("li").Select(item => item.Value));
    }

    [Fact]
    public async Task How_far_denoised_pictures_can_be_trusted_stands_above_what_was_read_off_them()
    {
        var source = new SourceInfo { Name = "m.mrc", Format = "MRC", Height = 64, Width = 96, Type = PixelType.UInt8 };
        using var pool = new FramePool();
        await using (var results = await ResultFolder.CreateAsync(new ResultFolderOptions { Path = _folder.Root, Source = source, Calibration = Calibration.Unknown }))
        {
            results.Notes.AddFact("Detector", "dark molecules");
            results.Notes.AddFact(ReportNotes.Trust, "uPSNR 30 dB; residual correlation 0.022");
            results.Notes.AddWarning(() => "Too faint.");
            results.Notes.AddWarning(() => null);
            Deliver(results, pool, 0, analysed: true);
            await results.CompleteAsync(TestContext.Current.CancellationToken);
        }

        var page = Parse(await File.ReadAllTextAsync(_folder.File("report.html"), TestContext.Current.CancellationToken));
        var trust = page.Descendants("div").Single(box => (string?)box.Attribute("class") == "trust");
        Assert.Equal(["uPSNR 30 dB", "residual correlation 0.022"], trust.Elements("p").Skip(1).Take(2).Select(line => line.Value));
        Assert.True(page.Descendants("img").Last().IsBefore(trust), "it stands above the pictures that it is about");
        Assert.True(trust.IsBefore(page.Descendants("h2").Single(heading => heading.Value == "Over time")), "it stands below what was read off the pictures");
        Assert.DoesNotContain(page.Descendants("td"), cell => cell.Value == ReportNotes.Trust);
        Assert.Contains(page.Descendants("td"), cell => cell.Value == "dark molecules");
        Assert.Equal("⚠ Too faint.", page.Descendants("div").Single(box => (string?)box.Attribute("class") == "warnings").Value);
    }

    [Fact]
    public async Task A_session_without_a_single_frame_still_explains_itself()
    {
        var source = new SourceInfo { Name = "empty", Format = "simulation", Height = 8, Width = 8, Type = PixelType.UInt8 };
        await using (var results = await ResultFolder.CreateAsync(new ResultFolderOptions
        {
            Path = _folder.Root,
            Source = source,
            Calibration = Calibration.Unknown,
            WriteMasks = true,
            WriteOverlay = true,
        }))
        {
            await results.CompleteAsync(TestContext.Current.CancellationToken);
        }

        Assert.Contains("No frame arrived", Parse(await File.ReadAllTextAsync(_folder.File("report.html"), TestContext.Current.CancellationToken)).ToString(), StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File("overlay.mp4")));
    }

    [Fact]
    public void Bars_of_a_kind_each_carry_its_name_instead_of_a_number()
    {
        var plot = new SvgPlot("Recession", "part", "rate") { FromZero = true, Categories = ["facet", "corner <1>"] }.Bar(0.7, 1.3, 2).Bar(1.7, 2.3, 3);
        var texts = Parse(plot.Draw()).Descendants("text").ToList();
        var facet = texts.Single(text => text.Value == "facet");
        var corner = texts.Single(text => text.Value == "corner <1>");
        var bars = Parse(plot.Draw()).Descendants("rect").Select(bar => (double)bar.Attribute("x")! + ((double)bar.Attribute("width")! / 2)).ToList();

        Assert.Equal(bars[0], (double)facet.Attribute("x")!, 0.1);
        Assert.Equal(bars[1], (double)corner.Attribute("x")!, 0.1);
        Assert.DoesNotContain(texts, text => text.Value == "1.5");
    }

    [Fact]
    public void A_curve_of_any_length_keeps_its_mean_and_extremes_in_bounded_memory() =>
        Gen.Int[1, 20_000].Sample(
            count =>
            {
                var series = new Series();
                for (var i = 0; i < count; i++)
                {
                    series.Add(i, i % 97);
                    series.Add(i, i % 3 == 0 ? null : double.NaN);
                }

                var bins = series.Bins();
                Assert.InRange(bins.Count, 1, 512);
                Assert.Equal(Math.Min(count - 1, 96), bins.Max(bin => bin.High));
                Assert.Equal(0, bins.Min(bin => bin.Low));
                Assert.True(bins.Zip(bins.Skip(1)).All(pair => pair.First.X < pair.Second.X));
            },
            iter: 50);

    [Fact]
    public void Ticks_are_few_round_and_inside() =>
        Gen.Select(Gen.Double[-1e6, 1e6], Gen.Double[-9, 6]).Sample((low, exponent) =>
        {
            var high = low + Math.Pow(10, exponent);
            if (high <= low)
            {
                return;
            }

            var ticks = Ticks.Between(low, high, 5);
            Assert.InRange(ticks.Count, 1, 12);
            var slack = 1e-6 * (high - low) + 1e-9;
            Assert.All(ticks, tick => Assert.InRange(tick, low - slack, high + slack));
        });

    public void Dispose() => _folder.Dispose();

    private static XDocument Parse(string html)
    {
        using var reader = XmlReader.Create(new StringReader(html), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XDocument.Load(reader);
    }

    private static void Deliver(ResultFolder results, FramePool pool, int i, bool analysed)
    {
        var row = Some.Row(i) with { Processed = analysed };
        results.OnFrame(row);
        if (!analysed)
        {
            return;
        }

        using var frame = Some.Image(pool, i);
        var labels = new ushort[64 * 96];
        for (var y = 10; y <= 30; y++)
        {
            labels.AsSpan((y * 96) + 20, 21).Fill(1);
        }

        var tracks = Some.Tracks(i, Some.Point(i, 0, Some.Fit(30 + (0.2 * i), 20, angleDeg: i)), Some.Point(i, 1, Some.Fit(70, 45 - i, symmetry: 0)));
        results.OnImage(frame, Some.Detections(i, labels), tracks);
        results.OnTracks(tracks, row);
    }
}
