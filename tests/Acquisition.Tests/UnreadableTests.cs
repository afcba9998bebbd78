using LiveLtem.Core;
using LiveLtem.Testing;

namespace LiveLtem.Acquisition.Tests;

public sealed class UnreadableTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("formats/dm3", "Gatan DM3")]
    [InlineData("formats/dm4", "Gatan DM4")]
    [InlineData("formats/ser", "TIA")]
    [InlineData("formats/emd", "HDF5")]
    [InlineData("formats/tvips", "TVIPS")]
    [InlineData("formats/mib", "Merlin")]
    [InlineData("formats/blo", "BLO")]
    [InlineData("formats/seq", "SEQ")]
    [InlineData("formats/unf", "")]
    [InlineData("formats/holder_log", "text")]
    [InlineData("streams", "")]
    [InlineData("streams/v2variants", "")]
    public void Every_other_sample_gives_one_line_that_says_what_it_is(string folder, string named)
    {
        foreach (var file in Samples.Files(folder))
        {
            var error = Assert.Throws<FrameFormatException>(() => AcquisitionServices.CreateFrameSources().Open(file));

            Assert.StartsWith(Path.GetFileName(file) + ": ", error.Message, StringComparison.Ordinal);
            Assert.Contains(named, error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', error.Message);
            Assert.True(error.Message.Contains("readable: ", StringComparison.Ordinal) || error.Message.Contains("empty", StringComparison.Ordinal), error.Message);
        }
    }

    [Fact]
    public void An_empty_file_a_missing_one_and_noise_each_get_their_own_line()
    {
        File.WriteAllBytes(_folder.File("empty.mrc"), []);
        var noise = new byte[5000];
        new Random(1).NextBytes(noise);
        File.WriteAllBytes(_folder.File("noise.tif"), noise);
        var sources = AcquisitionServices.CreateFrameSources();

        Assert.Contains("empty", Assert.Throws<FrameFormatException>(() => sources.Open(_folder.File("empty.mrc"))).Message, StringComparison.Ordinal);
        Assert.Contains("no such file", Assert.Throws<InputException>(() => sources.Open(_folder.File("gone.mrc"))).Message, StringComparison.Ordinal);
        Assert.Contains("not a format", Assert.Throws<FrameFormatException>(() => sources.Open(_folder.File("noise.tif"))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("frame,particle,x,y\n0,0,1,2\n", "a table of tracks", "'liveltem analyze --tracks'")]
    [InlineData("\uFEFF\"Particle\";\"Y\";\"X\";\"Frame\"\r\n", "a table of tracks", "'liveltem analyze --tracks'")]
    [InlineData("x\ty\tmass\tframe\n1\t2\t3\t0\n", "a table of positions", "'liveltem link'")]
    [InlineData("date,pressure,x\n1,2,3\n", "a text", "readable: ")]
    public void A_table_is_told_with_the_verb_that_takes_it(string text, string named, string hint)
    {
        File.WriteAllText(_folder.File("table.csv"), text);
        var error = Assert.Throws<FrameFormatException>(() => AcquisitionServices.CreateFrameSources().Open(_folder.File("table.csv")));

        Assert.StartsWith($"table.csv: {named}, which is no recording", error.Message, StringComparison.Ordinal);
        Assert.Contains(hint, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_address_names_the_known_ones_and_a_registered_one_is_opened()
    {
        var sources = AcquisitionServices.CreateFrameSources();
        var error = Assert.Throws<InputException>(() => sources.Open("smi:crystal"));
        Assert.Contains("watch:", error.Message, StringComparison.Ordinal);
        string? asked = null;
        sources.AddScheme("sim", (address, _) =>
        {
            asked = address;
            throw new InputException("seen");
        });

        Assert.Throws<InputException>(() => sources.Open("sim:crystal?seed=1"));
        Assert.Equal("sim:crystal?seed=1", asked);
    }
}
