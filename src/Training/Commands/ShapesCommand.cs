using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using LiveLtem.Training.Export;
using LiveLtem.Training.Native;
using LiveLtem.Training.Networks;
using LiveLtem.Training.Running;
using Microsoft.ML.OnnxRuntime;

namespace LiveLtem.Training.Commands;

/// <summary><c>liveltem train shapes</c>: how long networks of several forms take, to choose one by measurement (docs/models.md).</summary>
internal static class ShapesCommand
{
    private static readonly string[] Forms =
    [
        "stem2-w16-d3-c1", "stem2-w16-d4-c1", "stem2-w16-d4-c2", "stem2-w16-d4-c1-cap64", "stem2-w16-d4-c1-cat", "stem2-w16-d4-c1-res", "stem2-w16-d4-c1-sep",
        "stem2-w8-d4-c1", "stem2-w24-d4-c1", "stem4-w16-d3-c1", "stem4-w16-d3-c2", "stem4-w32-d3-c1", "stem4-w32-d2-c2",
    ];

    /// <summary>Creates the verb.</summary>
    public static Command Create()
    {
        var forms = new Argument<string[]>("forms") { Description = "Forms of network; a usual choice if none is given.", Arity = ArgumentArity.ZeroOrMore };
        var layers = new Option<int>("--layers") { Description = "Layers that are told apart.", DefaultValueFactory = _ => 1 };
        var runs = new Option<int>("--runs") { Description = "Runs of each, of which the fastest is shown: the others were disturbed.", DefaultValueFactory = _ => 30 };
        var command = new Command("shapes", "Times networks of several forms, with random weights.") { forms, layers, runs };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            TorchLibrary.Prepare(1);
            Console.Out.WriteLine("| network | weights | 256 px, 1 thread | 512 px | 1024 px | 256 px, 2 threads | 512 px | 1024 px | training step, 1 thread |");
            Console.Out.WriteLine("|---|---|---|---|---|---|---|---|---|");
            var named = parsed.GetValue(forms) is { Length: > 0 } some ? some : Forms;
            foreach (var form in named)
            {
                Measure(NetworkShape.Parse(form) with { Layers = parsed.GetValue(layers) }, parsed.GetValue(runs));
            }

            return 0;
        });
        return command;
    }

    private static void Measure(NetworkShape shape, int runs)
    {
        using var network = new UNet(shape);
        network.eval();
        var model = UNetExporter.Write(network, []);
        var cells = new List<string> { $"`{shape}`", network.ParameterCount.ToString("N0", CultureInfo.InvariantCulture) };
        foreach (var threads in (int[])[1, 2])
        {
            using var options = new SessionOptions { IntraOpNumThreads = threads };
            options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
            using var session = new InferenceSession(model, options);
            foreach (var size in (int[])[256, 512, 1024])
            {
                cells.Add($"{Infer(session, size, runs):f1}");
            }
        }

        cells.Add($"{Learn(shape, Math.Max(runs / 3, 3)):f0}");
        Console.Out.WriteLine($"| {string.Join(" | ", cells)} |");
    }

    private static double Infer(InferenceSession session, int size, int runs)
    {
        var image = new byte[size * size];
        new Random(1).NextBytes(image);
        using var input = OrtValue.CreateTensorValueFromMemory(image, [1, 1, size, size]);
        using var options = new RunOptions();
        return Fastest(runs, () =>
        {
            using var outputs = session.Run(options, [UNetExporter.Input], [input], [UNetExporter.Maps, UNetExporter.Geometry]);
        });
    }

    private static double Learn(NetworkShape shape, int runs)
    {
        const int Size = 128;
        var options = new TrainingOptions();
        using var run = TrainingRun.Start(new CheckpointHeader
        {
            Name = "shape",
            Task = "segment",
            Network = shape.ToString(),
            Layers = shape.Layers,
            Size = Size,
            Step = 0,
            TrainingS = 0,
            Data = "noise",
            ParticlePx = new(8, 24, 64),
            Command = "",
            Options = options,
        });
        var batch = new Batch(options.Batch, Size, shape.Layers);
        new Random(1).NextBytes(batch.Images);
        return Fastest(runs, () => run.Learn(batch));
    }

    private static double Fastest(int runs, Action action)
    {
        action();
        var times = new double[runs];
        for (var i = 0; i < runs; i++)
        {
            var start = Stopwatch.GetTimestamp();
            action();
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        return times.Min();
    }
}
