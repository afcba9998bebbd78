namespace LiveLtem.Core.Tests;

public sealed class IoReasonTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_the_system_refuses_is_told_in_our_words_without_the_path()
    {
        File.WriteAllText(_folder.File("file"), "x");
        Assert.Equal("no such file or folder", Reason(() => File.ReadAllBytes(_folder.File("gone"))));
        Assert.Equal("its folder is missing, or a part of the path is a file", Reason(() => File.ReadAllBytes(_folder.File("gone/file"))));
        Assert.Equal("there is no permission, or it is a folder", Reason(() => File.ReadAllBytes(_folder.Root)));
        using (var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, 0))
        {
            socket.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(_folder.File("socket")));
            Assert.Equal("it is no file that can be read", Reason(() => File.ReadAllBytes(_folder.File("socket"))));
        }

        using var open = new FileStream(_folder.File("file"), FileMode.Open, FileAccess.Write, FileShare.None);
        Assert.Equal("another program has it open", Reason(() => File.WriteAllText(_folder.File("file"), "y")));
        Assert.Equal("the index has a hole", IoReason.Of(new IOException("the index has a hole.")));
    }

    [Fact]
    public void A_full_disk_is_told_as_one()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "this system has no device that is always full");
        Assert.Equal("the disk is full", Reason(() =>
        {
            using var full = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0);
            full.WriteByte(1);
        }));
    }

    private static string Reason(Action action)
    {
        var error = Assert.ThrowsAny<Exception>(action);
        Assert.True(error is IOException or UnauthorizedAccessException, error.ToString());
        return IoReason.Of(error);
    }
}
