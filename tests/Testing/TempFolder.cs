namespace LiveLtem.Testing;

/// <summary>A folder that is empty at first and gone after the test.</summary>
public sealed class TempFolder : IDisposable
{
    /// <summary>Creates the folder under the system's temporary one.</summary>
    public TempFolder()
    {
        Root = Directory.CreateTempSubdirectory("liveltem-test-").FullName;
    }

    /// <summary>Full path of the folder.</summary>
    public string Root { get; }

    /// <summary>Full path of a file in it, which need not exist.</summary>
    public string File(string name) => System.IO.Path.Combine(Root, name);

    /// <summary>Deletes the folder and all that is in it.</summary>
    public void Dispose()
    {
        if (Directory.Exists(Root))
        {
            Directory.Delete(Root, recursive: true);
        }
    }
}
