using LiveLtem.Core;
using Xunit;

namespace LiveLtem.Tracker.Tests;

public sealed class TrackFileTests
{
    [Fact]
    public void Trackpys_table_is_read_with_its_columns_in_any_order()
    {
        var file = TrackFile.Parse(new StringReader(",y,x,mass,size,ep,frame,particle\n0,2.5,1.5,300,2,0.1,1.0,7\n1,20,10,310,2,0.2,0,3\n2,21,11,310,2,0.2,0,7\n"), "t.csv");

        Assert.Equal([0L, 1L], file.Frames.Select(frame => frame.Tracks.Header.Number));
        Assert.Equal([3, 7], file.Frames[0].Tracks.Points.Select(point => point.Particle));
        var last = Assert.Single(file.Frames[1].Tracks.Points);
        Assert.Equal((1.5, 2.5, 0.1), (last.Fit.XPx, last.Fit.YPx, last.Fit.XErrPx));
        Assert.Equal(2, file.Particles);
    }

    [Fact]
    public void Our_own_columns_come_back_as_they_were()
    {
        var file = TrackFile.Parse(
            new StringReader(
                "frame,particle,x,y,angle_deg,rotation_deg,symmetry,layer,area_px,major_px,minor_px,score,x_err,y_err,angle_err_deg,state,flags,time_s,dose_e_A2\n" +
                "4,0,1,2,30,390,4,2,900,31,30,0.9,0.1,0.2,0.5,1,border|gap,0.4,12.5\n"),
            "tracks.csv");

        var (tracks, timeS, dose) = Assert.Single(file.Frames);
        var point = Assert.Single(tracks.Points);
        Assert.Equal((0.4, 12.5), (timeS!.Value, dose!.Value));
        Assert.Equal((4, 30.0, 390.0, 2, 1), (point.Fit.Symmetry, point.Fit.AngleDeg!.Value, point.RotationDeg!.Value, point.Layer, point.State!.Value));
        Assert.Equal(DetectionFlags.Border | DetectionFlags.Gap, point.Flags);
        Assert.Equal((900.0, 31.0, 30.0), (point.Fit.AreaPx, point.Fit.MajorPx, point.Fit.MinorPx));
    }

    [Fact]
    public void Angles_without_a_rotation_are_unwrapped_by_the_symmetry()
    {
        var file = TrackFile.Parse(new StringReader("frame,particle,x,y,angle_deg,symmetry\n0,0,1,1,80,4\n1,0,1,1,5,4\n2,0,1,1,20,4\n"), "t.csv");

        Assert.Equal([80.0, 95.0, 110.0], file.Frames.Select(frame => frame.Tracks.Points[0].RotationDeg!.Value));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("frame,x,y\n0,1,1\n", "line 1: no column 'particle'")]
    [InlineData("frame,particle,x,y\n", "no rows")]
    [InlineData("frame,particle,x,y\n0,0,1,1\n1,0,a,1\n", "line 3: column 'x': found 'a'")]
    [InlineData("frame;particle;x;y\n0;0;1,5;2\n", "line 2: column 'x': found '1,5'; a number with a point for its decimals is needed")]
    [InlineData("frame,particle,x,y\n0,0,1,nan\n", "line 2: column 'y': found 'nan'")]
    [InlineData("frame,particle,x,y\n0.5,0,1,1\n", "line 2: column 'frame': found '0.5'")]
    [InlineData("frame,particle,x,y\n0,0,1,1\n-3,0,1,1\n", "line 3: column 'frame': found '-3'; a whole number from 0 is needed")]
    [InlineData("frame,particle,x,y,layer\n0,0,1,1,7\n", "line 2: column 'layer': found '7'; a whole number from 0 to 2 is needed")]
    [InlineData("\u0001\0\0\0MAP ", "is no text; --tracks takes a table (CSV)")]
    [InlineData("\uFFFDPNG\r\n\u001a\n", "is no text; --tracks takes a table (CSV)")]
    [InlineData("frame,particle,x,y\n0,-1,1,1\n", "line 2: column 'particle': found '-1'")]
    [InlineData("frame,particle,x,y\n0,0,1\n", "line 2: column 'y': the row has 3 cells only")]
    [InlineData("frame,particle,x,y\n0,0,1,1\n0,0,2,2\n", "line 3: column 'particle': particle 0 is in frame 0 twice (see line 2)")]
    public void A_bad_table_is_refused_with_its_line_and_column(string text, string said)
    {
        var error = Assert.Throws<InputException>(() => TrackFile.Parse(new StringReader(text), "t.csv"));

        Assert.Contains("t.csv", error.Message, StringComparison.Ordinal);
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
    }
}
