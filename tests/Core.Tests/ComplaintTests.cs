namespace LiveLtem.Core.Tests;

public sealed class ComplaintTests
{
    [Fact]
    public void Whatever_ends_a_command_is_one_line_with_its_exit_code()
    {
        Assert.Equal((2, "liveltem: a.mrc: cut off"), Said(new InputException("a.mrc: cut off")));
        Assert.Equal((1, "liveltem: libtorch failed; go on with --resume"), Said(new FailureException("libtorch failed; go on with --resume")));
        Assert.Equal((1, "liveltem: stopped."), Said(new OperationCanceledException()));
        Assert.Equal((2, "liveltem: must be one of: 'a', 'b'. See help"), Said(new InputException("must be one of:\n\t'a'\n\t'b'. See\thelp")));
        Assert.Equal((1, "liveltem: disk full (IOException)"), Said(new IOException("disk\nfull")));
    }

    private static (int Code, string Line) Said(Exception error)
    {
        using var to = new StringWriter();
        var code = Complaint.About(error, to);
        return (code, Assert.Single(to.ToString().TrimEnd().Split('\n')));
    }
}
