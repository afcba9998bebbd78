using System.CommandLine;
using System.Globalization;
using LiveLtem.Core;
using LiveLtem.Inference.Models;
using LiveLtem.Training.Native;
using LiveLtem.Training.Running;
using LiveLtem.Training.Samples;
using OpenCvSharp;
using static TorchSharp.torch;

namespace LiveLtem.Training.Commands;

/// <summary><c>liveltem train look</c>: held-out pictures beside what they hold and what a network in training makes of them.</summary>
internal static class LookCommand
{
    /// <summary>Creates the verb.</summary>
    public static Command Create()
    {
        var checkpoint = new Argument<FileInfo>("checkpoint") { Description = "Checkpoint of a training." };
        var output = new Option<DirectoryInfo>("--out") { Description = "Folder for the pictures.", HelpName = "DIR", DefaultValueFactory = _ => new DirectoryInfo("look") };
        var count = new Option<int>("--count") { Description = "Pictures.", DefaultValueFactory = _ => 16 };
        var command = new Command(
            "look",
            "Draws held-out pictures, each in a row: picture, truth, answer (foreground red, boundary green, centre blue; then the next layer).\n\nExample:\n  liveltem train look .liveltem/training/mine/checkpoint.bin --out look")
        {
            checkpoint, output, count,
        };
        command.SetAction(parsed =>
        {
            TorchLibrary.Prepare(1);
            using var run = TrainingRun.Resume(parsed.GetValue(checkpoint)!.FullName);
            var source = SampleSources.HeldOut(run.Header);
            var folder = parsed.GetValue(output)!;
            folder.Create();
            run.Average.eval();
            using var quiet = no_grad();
            var sample = new Sample(source.Size, source.Layers);
            for (var i = 0; i < parsed.GetValue(count); i++)
            {
                source.Fill(i, sample);
                using var scope = NewDisposeScope();
                var (logits, _) = run.Average.forward(tensor(sample.Image, [1, 1, source.Size, source.Size]));
                using var row = Draw(sample, logits.sigmoid().contiguous().data<float>().ToArray());
                var path = Path.Combine(folder.FullName, string.Create(CultureInfo.InvariantCulture, $"{i:d3}-cnr{sample.Cnr:f1}.png"));
                if (!Cv2.ImWrite(path, row))
                {
                    throw new InputException($"{path}: cannot be written");
                }
            }

            Console.Out.WriteLine($"{folder}: {parsed.GetValue(count)} pictures");
            return 0;
        });
        return command;
    }

    private static Mat Draw(Sample sample, float[] answer)
    {
        var (size, area) = (sample.Size, sample.Size * sample.Size);
        var row = new Mat(size, size * (1 + (2 * sample.Layers)), MatType.CV_8UC3);
        for (var i = 0; i < area; i++)
        {
            var (y, x) = (i / size, i % size);
            row.Set(y, x, new Vec3b(sample.Image[i], sample.Image[i], sample.Image[i]));
            for (var layer = 0; layer < sample.Layers; layer++)
            {
                row.Set(y, x + (size * (1 + (2 * layer))), Colour(sample.Maps.AsSpan(layer * MapLayout.PerLayer * area), area, i));
                row.Set(y, x + (size * (2 + (2 * layer))), Colour(answer.AsSpan(layer * MapLayout.Probabilities * area), area, i));
            }
        }

        return row;
    }

    private static Vec3b Colour(ReadOnlySpan<float> maps, int area, int i) => new(
        (byte)(255 * maps[(MapLayout.Centre * area) + i]),
        (byte)(255 * maps[(MapLayout.Boundary * area) + i]),
        (byte)(255 * maps[(MapLayout.Foreground * area) + i]));
}
