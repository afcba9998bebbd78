using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace LiveLtem.App.Tests;

/// <summary>Holds the arrows between the projects: what two stages share is a type in Core.</summary>
public sealed partial class ArchitectureTests
{
    // What each project may use, by its folder: the table of docs/architecture.md.
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["src/Core"] = [],
        ["src/Acquisition"] = ["src/Core"],
        ["src/Inference"] = ["src/Core"],
        ["src/Tracker"] = ["src/Core"],
        ["src/Dose"] = ["src/Core"],
        ["src/Session"] = ["src/Core"],
        ["src/Broadcast"] = ["src/Core"],
        ["src/Training"] = ["src/Core", "src/Inference", "hardware-sim"],
        ["hardware-sim"] = ["src/Core"],
    };

    // The vocabulary opens no file and no socket, so it needs no more than these.
    private static readonly string[] CorePackages =
        ["HdrHistogram", "Microsoft.Extensions.Logging.Abstractions", "Microsoft.Extensions.Options", "System.IO.Hashing", "System.Numerics.Tensors"];

    private static readonly string[] CoreBannedReferences = ["System.Net.Sockets", "System.Net.Http", "OpenCvSharp", "Parquet"];

    public static TheoryData<string> Projects =>
        [.. ProjectFiles("src").Concat(ProjectFiles("hardware-sim")).Select(Relative)];

    public static TheoryData<string> AllProjects =>
        [.. ProjectFiles("src").Concat(ProjectFiles("hardware-sim")).Concat(ProjectFiles("tests")).Concat(ProjectFiles("benchmarks")).Select(Relative)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_only_what_its_arrows_allow(string project)
    {
        var folder = Folder(project);
        if (folder == "src/App")
        {
            return; // the host wires everything
        }

        Assert.True(Allowed.TryGetValue(folder, out var allowed), $"{project} is not in the table of arrows: add it with what it may use");
        Assert.Empty(References(project).Except(allowed!));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_built_assembly_uses_no_sibling(string project)
    {
        var folder = Folder(project);
        if (folder == "src/App" || Loaded(project) is not { } assembly)
        {
            return; // a project that the host does not load is held by its project file
        }

        var mine = Allowed.GetValueOrDefault(folder, []).Select(AssemblyName).ToHashSet();
        var used = assembly.GetReferencedAssemblies().Select(name => name.Name!)
            .Where(name => name == "liveltem" || name.StartsWith("LiveLtem.", StringComparison.Ordinal));
        Assert.Empty(used.Except(mine));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_type_lives_in_the_namespace_of_its_folder(string project)
    {
        var folder = Folder(project);
        var expected = folder == "src/App" ? "LiveLtem.App" : AssemblyName(folder);
        foreach (var file in Sources(folder))
        {
            var match = NamespaceLine().Match(File.ReadAllText(file));
            if (!match.Success)
            {
                continue; // assembly attributes, generated globals
            }

            var below = Path.GetRelativePath(Path.Combine(Repository.Root, folder), Path.GetDirectoryName(file)!).Replace('\\', '/');
            var wanted = below == "." ? expected : $"{expected}.{below.Replace('/', '.').Replace("-", "", StringComparison.Ordinal)}";
            Assert.Equal($"{Relative(file)}: {wanted}", $"{Relative(file)}: {match.Groups["name"].Value}");
        }
    }

    [Theory]
    [MemberData(nameof(AllProjects))]
    public void A_project_names_no_package_version_of_its_own(string project)
    {
        var document = XDocument.Load(Path.Combine(Repository.Root, project));
        var versioned = document.Descendants("PackageReference")
            .Where(reference => reference.Attribute("Version") is not null || reference.Attribute("VersionOverride") is not null || reference.Element("Version") is not null)
            .Select(reference => (string?)reference.Attribute("Include"));
        Assert.Empty(versioned);
        Assert.Empty(document.Descendants("TargetFramework"));
    }

    [Fact]
    public void Core_needs_few_packages_and_no_network()
    {
        var document = XDocument.Load(Path.Combine(Repository.Root, "src/Core/LiveLtem.Core.csproj"));
        Assert.Empty(document.Descendants("PackageReference").Select(reference => (string)reference.Attribute("Include")!).Except(CorePackages));
        var core = typeof(LiveLtem.Core.Frame).Assembly.GetReferencedAssemblies().Select(name => name.Name!).ToArray();
        Assert.Empty(core.Intersect(CoreBannedReferences));
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = File.ReadAllText(Path.Combine(Repository.Root, "LiveLtem.sln")).Replace('\\', '/');
        Assert.All(AllProjects, row => Assert.Contains($"\"{row.Data}\"", solution, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_package_that_is_referenced_is_explained()
    {
        var explained = File.ReadAllText(Path.Combine(Repository.Root, "docs/dependencies.md"));
        var referenced = AllProjects.SelectMany(row => XDocument.Load(Path.Combine(Repository.Root, row.Data)).Descendants("PackageReference"))
            .Concat(new[] { "props", "targets" }.SelectMany(kind => XDocument.Load(Path.Combine(Repository.Root, $"Directory.Build.{kind}")).Descendants("PackageReference")))
            .Select(reference => (string)reference.Attribute("Include")!)
            .Distinct();
        Assert.All(referenced, name => Assert.Contains($"`{name}`", explained, StringComparison.Ordinal));
    }

    private static IEnumerable<string> ProjectFiles(string below)
    {
        var folder = Path.Combine(Repository.Root, below);
        return Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder, "*.csproj", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            : [];
    }

    private static IEnumerable<string> Sources(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories)
            .Where(file => !BuildOutput().IsMatch(Path.GetRelativePath(Repository.Root, file)));

    private static string Relative(string path) => Path.GetRelativePath(Repository.Root, path).Replace('\\', '/');

    private static string Folder(string project) => Path.GetDirectoryName(project)!.Replace('\\', '/');

    private static string AssemblyName(string folder) => folder == "hardware-sim" ? "LiveLtem.HardwareSim" : $"LiveLtem.{Path.GetFileName(folder)}";

    private static IEnumerable<string> References(string project)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Repository.Root, project))!;
        return XDocument.Load(Path.Combine(Repository.Root, project)).Descendants("ProjectReference")
            .Select(reference => Folder(Relative(Path.GetFullPath(Path.Combine(folder, ((string)reference.Attribute("Include")!).Replace('\\', '/'))))));
    }

    private static Assembly? Loaded(string project)
    {
        var path = Path.Combine(AppContext.BaseDirectory, $"{AssemblyName(Folder(project))}.dll");
        return File.Exists(path) ? Assembly.LoadFrom(path) : null;
    }

    [GeneratedRegex(@"^namespace (?<name>[\w.]+)", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();

    [GeneratedRegex(@"(^|[\\/])(bin|obj)[\\/]")]
    private static partial Regex BuildOutput();
}
