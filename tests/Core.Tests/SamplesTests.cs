namespace LiveLtem.Core.Tests;

public sealed class SamplesTests
{
    [Fact]
    public void A_sample_is_found_beside_the_repository() =>
        Assert.True(File.Exists(Samples.Path("MANIFEST.tsv")));

    [Fact]
    public void A_sample_with_a_wrong_name_fails_instead_of_skipping()
    {
        Assert.SkipUnless(Samples.Present, $"no samples in {Samples.Folder}");
        Assert.Throws<FileNotFoundException>(() => Samples.Path("no/such/file"));
    }
}
