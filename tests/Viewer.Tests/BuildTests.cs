using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace LiveLtem.Viewer.Tests;

/// <summary>What is served is what the sources say, told without Node: the build leaves hashes of what it read and wrote.</summary>
public sealed class BuildTests
{
    private static readonly string Viewer = Path.Combine(Repository.Root, "src", "Broadcast", "Web", "viewer");
    private static readonly string Dist = Path.Combine(Viewer, "dist");

    [Fact]
    public void The_built_viewer_is_that_of_the_sources()
    {
        string[] sources =
        [
            .. Directory.EnumerateFiles(Path.Combine(Viewer, "src"), "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Viewer, file).Replace('\\', '/')),
            "build.mjs", "package-lock.json", "package.json", "tsconfig.json",
        ];
        Array.Sort(sources, string.CompareOrdinal);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var source in sources)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(source + "\0" + File.ReadAllText(Path.Combine(Viewer, source)).ReplaceLineEndings("\n") + "\0"));
        }

        Assert.True(
            Record().GetProperty("sources").GetString() == Convert.ToHexStringLower(hash.GetHashAndReset()),
            "src/Broadcast/Web/viewer/dist was built from other sources: run 'npm ci && npm run build' in src/Broadcast/Web/viewer and commit dist");
    }

    [Fact]
    public void No_built_file_was_changed_by_hand()
    {
        var built = Record().GetProperty("files").EnumerateObject().ToDictionary(file => file.Name, file => file.Value.GetString());
        var present = Directory.EnumerateFiles(Dist).Where(file => Path.GetFileName(file) != "build.json")
            .ToDictionary(file => Path.GetFileName(file), file => (string?)Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file))));
        Assert.Equal(built.OrderBy(file => file.Key, StringComparer.Ordinal), present.OrderBy(file => file.Key, StringComparer.Ordinal));
    }

    [Fact]
    public void The_licences_of_all_packages_in_the_bundle_are_told_and_no_registry_is_named()
    {
        var licences = File.ReadAllText(Path.Combine(Dist, "licences.txt"));
        using var manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(Viewer, "package.json")));
        foreach (var package in manifest.RootElement.GetProperty("dependencies").EnumerateObject())
        {
            Assert.Contains($"{package.Name} {package.Value.GetString()}", licences, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("resolved", File.ReadAllText(Path.Combine(Viewer, "package-lock.json")), StringComparison.Ordinal);
    }

    private static JsonElement Record() => JsonDocument.Parse(File.ReadAllText(Path.Combine(Dist, "build.json"))).RootElement;
}
