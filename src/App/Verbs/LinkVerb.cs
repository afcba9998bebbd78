using System.CommandLine;
using LiveLtem.Core;
using LiveLtem.Tracker.Linking;

namespace LiveLtem.App.Verbs;

/// <summary><c>liveltem link</c>: the linker alone, on positions from anywhere.</summary>
internal static class LinkVerb
{
    public static Command Create()
    {
        var positions = new Argument<string>("positions") { Description = "CSV with the columns frame, x and y (px), in any order, others kept as they are." };
        var output = new Option<string>("--out") { Description = "CSV to write: every row as it was, plus the column particle.", HelpName = "TRACKS.csv", Required = true };
        var range = new Option<double?>("--search-range") { Description = "Largest displacement between frames, px. Learnt from the positions where not given.", HelpName = "PX" };
        var memory = new Option<int?>("--memory") { Description = "Frames for which a particle may vanish and keep its track. 0 with --search-range.", HelpName = "FRAMES" };
        var drift = new Option<string>("--drift") { Description = "auto: a motion that most of at least 8 particles share is taken off first.", DefaultValueFactory = _ => "auto" };
        drift.AcceptOnlyFromAmong("auto", "off");
        var command = new Command("link", "Links positions of particles, from any program, into tracks.\n\nExample: liveltem link positions.csv --out tracks.csv --search-range 12 --memory 2")
        {
            positions,
            output,
            range,
            memory,
            drift,
        };
        command.SetAction(parsed => Run(
            parsed.GetRequiredValue(positions),
            parsed.GetRequiredValue(output),
            new TableLinkOptions
            {
                SearchRangePx = parsed.GetValue(range),
                MemoryFrames = parsed.GetValue(memory),
                RemovesDrift = parsed.GetValue(drift) == "auto",
            }));
        return command;
    }

    private static int Run(string path, string output, TableLinkOptions options)
    {
        var table = PositionTable.Read(path);
        var result = TableLinker.Link(table, options);
        Write(table, result, output);
        if (result.Learnt is { } learnt)
        {
            Console.Error.WriteLine(learnt);
        }

        Console.Error.WriteLine($"{table.Rows} positions in {result.Frames} frames: {result.Tracks} tracks; common motion taken off before {result.FramesMoved} frames");
        return 0;
    }

    /// <summary>Writes beside the target and renames, so that a half-written table never stands under its name.</summary>
    private static void Write(PositionTable table, TableLinkResult result, string output)
    {
        var partial = output + ".partial";
        try
        {
            using (var stream = new BufferedStream(File.Create(partial), 1 << 16))
            {
                table.WriteWith(stream, "particle", result.Particles);
            }

            File.Move(partial, output, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"--out: {output} cannot be written: {IoReason.Of(error)}", error);
        }
    }
}
