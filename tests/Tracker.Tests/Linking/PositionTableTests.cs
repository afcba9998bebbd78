using System.Text;
using CsCheck;
using LiveLtem.Core;
using LiveLtem.Tracker.Linking;

namespace LiveLtem.Tracker.Tests.Linking;

public sealed class PositionTableTests
{
    [Fact]
    public void Rows_are_copied_byte_by_byte_and_one_column_is_added()
    {
        var text = "\uFEFFname,\"y\",frame,x,note\r\na, 1.50 ,0,+2e0,\"said \"\"hi\"\", twice\r\nand again\"\r\n\r\n\"b\",-1,\"7.0\",.5,é\r\n";
        var table = Parse(text);
        Assert.Equal([0L, 7L], table.Frames);
        Assert.Equal([new Point2(2, 1.5), new Point2(0.5, -1)], table.Positions);
        Assert.Equal(
            "\uFEFFname,\"y\",frame,x,note,particle\r\na, 1.50 ,0,+2e0,\"said \"\"hi\"\", twice\r\nand again\",3\r\n\r\n\"b\",-1,\"7.0\",.5,é,12\r\n",
            Write(table, [3, 12]));
    }

    [Theory]
    [InlineData("frame;x;y\n0;1;2", "frame;x;y;particle\n0;1;2;0\n")]
    [InlineData("frame\tx\ty\n0\t1\t2\n", "frame\tx\ty\tparticle\n0\t1\t2\t0\n")]
    [InlineData("Frame,X,Y\n0,1,2\n", "Frame,X,Y,particle\n0,1,2,0\n")]
    public void Semicolons_tabs_and_capitals_are_understood(string text, string expected) => Assert.Equal(expected, Write(Parse(text), [0]));

    [Fact]
    public void A_header_without_rows_is_an_empty_table()
    {
        var table = Parse("frame,x,y\n");
        Assert.Equal(0, table.Rows);
        Assert.Equal("frame,x,y,particle\n", Write(table, []));
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("\n\n", "is empty")]
    [InlineData("frame,x\n0,1\n", "line 1: no column 'y'")]
    [InlineData("t,x,y\n0,1,2\n", "line 1: no column 'frame'")]
    [InlineData("frame,x,y,x\n", "line 1: column 'x' is there twice")]
    [InlineData("particle,foo\n1,2\n", "line 1: no column 'frame'")]
    [InlineData("\u0001\0\0\0MAP ", "is no text; a table (CSV) with the columns frame, x and y is needed")]
    [InlineData("frame,x,y,particle\n", "line 1: has a column 'particle' already")]
    [InlineData("frame,x,y\n0,1,2\n1,abc,2\n", "line 3: column 'x': found 'abc'")]
    [InlineData("frame;x;y\n0;1,5;2\n", "line 2: column 'x': found '1,5'; a number with a point for its decimals is needed")]
    [InlineData("frame,x,y\n0,1,\n", "line 2: column 'y': found ''")]
    [InlineData("frame,x,y\n0,1\n", "line 2: column 'y'")]
    [InlineData("frame,x,y\n0.5,1,2\n", "line 2: column 'frame': found '0.5'; a whole frame number is needed")]
    [InlineData("frame,x,y\n0,nan,2\n", "line 2: column 'x': found 'nan'")]
    [InlineData("frame,x,y\n0,1,-Infinity\n", "line 2: column 'y'")]
    [InlineData("frame,x,y\n0,1e200,2\n", "line 2: column 'x'")]
    [InlineData("frame,x,y,n\n0,1,2,\"a\nb\"\n1,?,2,c\n", "line 4: column 'x': found '?'")]
    [InlineData("frame,x,y\n0,1,\"2\n", "line 2: a quoted field is never closed")]
    public void A_bad_table_is_refused_naming_line_and_column(string text, string expected)
    {
        var error = Assert.Throws<InputException>(() => Parse(text));
        Assert.StartsWith("run.csv: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Any_bytes_give_a_table_or_an_input_error() =>
        Gen.Select(Gen.Int[0, Headers.Length - 1], Gen.OneOf(Gen.Byte, Gen.Int[0, Telling.Length - 1].Select(i => Telling[i])).Array[0, 200])
            .Sample((header, bytes) =>
            {
                try
                {
                    PositionTable.Parse([.. Encoding.UTF8.GetBytes(Headers[header]), .. bytes], "fuzz");
                }
                catch (InputException)
                {
                }
            });

    private static readonly string[] Headers = ["frame,x,y\n", "y;frame;x\r\n", ""];

    private static readonly byte[] Telling = [.. ",\"\n1-"u8];

    private static PositionTable Parse(string text) => PositionTable.Parse(Encoding.UTF8.GetBytes(text), "run.csv");

    private static string Write(PositionTable table, int[] particles)
    {
        using var stream = new MemoryStream();
        table.WriteWith(stream, "particle", particles);
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
