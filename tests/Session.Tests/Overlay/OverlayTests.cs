using LiveLtem.Core;
using LiveLtem.Session.Overlay;
using OpenCvSharp;

namespace LiveLtem.Session.Tests.Overlay;

public sealed class OverlayTests
{
    [Theory]
    [InlineData(0.5, 0.5)]
    [InlineData(73, 50)]
    [InlineData(0.0009, 0.0005)]
    [InlineData(1, 1)]
    [InlineData(49.9, 20)]
    public void A_scale_bar_is_one_two_or_five_times_a_power_of_ten(double most, double expected) =>
        Assert.Equal(expected, OverlayPainter.NiceLength(most), 1e-12);

    [Fact]
    public void The_outline_of_a_cube_has_a_facet_that_faces_its_angle()
    {
        var corners = ShapeOutline.Of(Some.Fit(10, 20, symmetry: 4, angleDeg: 30));
        Assert.Equal(4, corners.Length);
        var facet = new Point2d((corners[0].X + corners[3].X) / 2, (corners[0].Y + corners[3].Y) / 2);
        Assert.Equal(30, Math.Atan2(facet.Y - 20, facet.X - 10) * 180 / Math.PI, 1e-9);
        Assert.Equal(10, Math.Sqrt(Math.Pow(facet.X - 10, 2) + Math.Pow(facet.Y - 20, 2)), 1e-9);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(6)]
    public void A_polygon_has_the_fitted_area_and_a_facet_that_faces_its_angle(int symmetry)
    {
        var corners = ShapeOutline.Of(Some.Fit(10, 20, symmetry, angleDeg: 17));
        Assert.Equal(symmetry, corners.Length);
        Assert.Equal(400, Cv2.ContourArea(corners.Select(p => new Point2f((float)p.X, (float)p.Y))), 0.01);
        var normals = corners.Zip([.. corners[1..], corners[0]], (a, b) => Math.Atan2(((a.Y + b.Y) / 2) - 20, ((a.X + b.X) / 2) - 10) * 180 / Math.PI);
        Assert.Contains(normals, normal => Math.Abs(normal - 17) < 1e-9);
    }

    [Fact]
    public void A_rod_reaches_its_full_length_and_width()
    {
        var rod = new ShapeFit
        {
            Symmetry = 2,
            XPx = 0,
            YPx = 0,
            XErrPx = 0,
            YErrPx = 0,
            AngleDeg = 90,
            AreaPx = 100,
            MajorPx = 30,
            MinorPx = 8,
        };
        var corners = ShapeOutline.Of(rod);
        Assert.Equal(30, corners.Max(p => p.Y) - corners.Min(p => p.Y), 0.1);
        Assert.Equal(8, corners.Max(p => p.X) - corners.Min(p => p.X), 0.1);
    }

    [Fact]
    public void A_trail_reaches_back_thirty_frames_and_a_lost_track_is_forgotten()
    {
        var trails = new Trails();
        for (var i = 0; i < 50; i++)
        {
            trails.Add(i < 5 ? Some.Tracks(i, Some.Point(i, 0, Some.Fit(i, 0)), Some.Point(i, 1, Some.Fit(i, 9))) : Some.Tracks(i, Some.Point(i, 0, Some.Fit(i, 0))));
        }

        Assert.Equal(Trails.Length, trails.Of(0).Count);
        Assert.Equal(20, trails.Of(0).First().Frame);
        Assert.Empty(trails.Of(1));
    }

    [Fact]
    public void What_was_found_is_painted_where_it_is()
    {
        using var pool = new FramePool();
        using var painter = new OverlayPainter(64, 96, 0.5);
        using (var frame = Some.Image(pool, 0))
        {
            var tracks = Some.Tracks(0, Some.Point(0, 0, Some.Fit(30, 20, angleDeg: 0)));
            var picture = painter.Paint(frame, tracks, new Trails(), Some.Row(0));
            Assert.Equal(0, picture.Width % 2);
            Assert.Equal(0, picture.Height % 2);
            var zoom = picture.Width / 96.0;
            Assert.True(zoom >= 6);
            // The right side of the square, at x = 40, is orange; the liquid further out is grey.
            Assert.True(Coloured(picture, (40 + 0.5) * zoom, (24 + 0.5) * zoom));
            Assert.False(Coloured(picture, (60 + 0.5) * zoom, (40 + 0.5) * zoom));
        }

        Assert.Equal(0, pool.Outstanding);
    }

    [Theory]
    [InlineData(512, 34)]
    [InlineData(1280, 68)]
    public void Words_grow_with_the_picture_and_are_half_as_large_again_on_a_page(int side, int strip)
    {
        using var movie = new OverlayPainter(side, side, 0.5);
        using var still = new OverlayPainter(side, side, 0.5, isStill: true);

        // The strip below the picture is as high as its words need.
        Assert.InRange(movie.Size.Height - movie.Size.Width, strip, 1.7 * strip);
        Assert.Equal(1.5, (double)(still.Size.Height - still.Size.Width) / (movie.Size.Height - movie.Size.Width), 0.05);
        using var pool = new FramePool();
        using var frame = Some.Image(pool, 0, side, side);
        Assert.Equal(1.5, (double)LetterHeight(still) / LetterHeight(movie), 0.2);

        // Of the words under the picture.
        int LetterHeight(OverlayPainter painter)
        {
            var picture = painter.Paint(frame, Some.Tracks(0), new Trails(), Some.BareRow(0));
            using var words = picture[new Rect(0, picture.Width, picture.Width, picture.Height - picture.Width)];
            using var grey = words.CvtColor(ColorConversionCodes.BGR2GRAY);
            using var bright = grey.Threshold(90, 255, ThresholdTypes.Binary);
            return Cv2.BoundingRect(bright).Height;
        }
    }

    [Fact]
    public void A_long_line_of_words_ends_inside_the_picture()
    {
        using var pool = new FramePool();
        using var painter = new OverlayPainter(512, 512, 0.5, isStill: true);
        using var frame = Some.Image(pool, 0, 512, 512);
        var row = Some.Row(123_456) with { TimeS = 12_345.678, DoseEPerA2 = 98_765.432 };
        var picture = painter.Paint(frame, Some.Tracks(123_456), new Trails(), row);
        using var last = picture[new Rect(picture.Width - 10, picture.Width, 10, picture.Height - picture.Width)];
        using var grey = last.CvtColor(ColorConversionCodes.BGR2GRAY);
        using var bright = grey.Threshold(90, 255, ThresholdTypes.Binary);

        Assert.Equal(0, Cv2.CountNonZero(bright));
    }

    [Theory]
    [InlineData(3000, 40)]
    [InlineData(1, 1)]
    [InlineData(5, 900)]
    public void Any_size_of_frame_can_be_painted(int height, int width)
    {
        using var pool = new FramePool();
        using var painter = new OverlayPainter(height, width, null);
        using var frame = Some.Image(pool, 0, height, width);
        var picture = painter.Paint(frame, Some.Tracks(0), new Trails(), Some.BareRow(0));
        Assert.InRange(Math.Max(picture.Width, picture.Height), 2, 1400);
    }

    private static bool Coloured(Mat picture, double x, double y)
    {
        var found = false;
        for (var dy = -2; dy <= 2; dy++)
        {
            for (var dx = -2; dx <= 2; dx++)
            {
                var bgr = picture.At<Vec3b>((int)y + dy, (int)x + dx);
                found |= bgr.Item2 - bgr.Item0 > 80;
            }
        }

        return found;
    }
}
