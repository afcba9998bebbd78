using System.Text.Json;
using System.Text.Json.Serialization;
using LiveLtem.Core;

namespace LiveLtem.Inference.Models;

/// <summary>What goes with a model's <c>.onnx</c> file, as JSON beside it: what it is for, what it must be given, how it was made, how good it is.</summary>
public sealed record ModelCard
{
    /// <summary>Newest version of this format that is understood.</summary>
    public const int CurrentFormat = 1;

    /// <summary>Version of the card's format.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>Its name; a profile chooses it by this.</summary>
    public required string Name { get; init; }

    /// <summary><c>segment</c> or <c>layers</c>.</summary>
    public required string Task { get; init; }

    /// <summary>File name of the network, in the card's folder.</summary>
    public required string File { get; init; }

    /// <summary>SHA-256 of that file, lower-case hexadecimal.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Layers that it tells apart: 1 or 2.</summary>
    public required int Layers { get; init; }

    /// <summary>Height and width of its input must be multiples of this, px.</summary>
    public required int Multiple { get; init; }

    /// <summary>Network pixels to one cell of the output <c>geometry</c> along each axis.</summary>
    public required int GeometryStride { get; init; }

    /// <summary>Shorter full length of the particles that it was trained on, network pixels.</summary>
    public required ParticleRange TrainedParticlePx { get; init; }

    /// <summary>Form of the network, for people.</summary>
    public required string Network { get; init; }

    /// <summary>Weights.</summary>
    public required int Parameters { get; init; }

    /// <summary>The command that makes it.</summary>
    public required string Command { get; init; }

    /// <summary>What it was trained on, for people.</summary>
    public required string Data { get; init; }

    /// <summary>Seed of weights and samples.</summary>
    public required long Seed { get; init; }

    /// <summary>Optimiser steps.</summary>
    public required int Steps { get; init; }

    /// <summary>Wall-clock time of the training, s.</summary>
    public required double TrainingS { get; init; }

    /// <summary>Day it was made, ISO 8601.</summary>
    public required string Created { get; init; }

    /// <summary>Largest difference between the trained network and the exported one, of probabilities.</summary>
    public required double ExportMaxDifference { get; init; }

    /// <summary>Figures on pictures that it was not trained on.</summary>
    public required IReadOnlyList<HeldOutFigures> HeldOut { get; init; }

    /// <summary>Checks what a reader relies on.</summary>
    /// <param name="path">The card's file, for messages.</param>
    /// <exception cref="InputException">A value cannot be meant.</exception>
    public void Check(string path)
    {
        Demand(Format is >= 1 and <= CurrentFormat, "format", $"{Format}", $"1 to {CurrentFormat}: a newer card needs a newer LiveLTEM");
        Demand(IsOneLine(Name), "name", Name, "one line of text");
        Demand(Task is "segment" or "layers", "task", Task, "segment or layers");
        Demand(Layers is 1 or 2, "layers", $"{Layers}", "1 or 2");
        Demand(Multiple is >= 1 and <= 256, "multiple", $"{Multiple}", "1 to 256");
        Demand(GeometryStride >= 1 && Multiple % GeometryStride == 0, "geometry_stride", $"{GeometryStride}", "a divisor of multiple");
        Demand(IsOneLine(File) && Path.GetFileName(File) == File, "file", File, "a file name without a folder");
        var sizes = TrainedParticlePx;
        Demand(sizes.Min > 0 && sizes.Best >= sizes.Min && sizes.Max >= sizes.Best && double.IsFinite(sizes.Max), "trained_particle_px", $"{sizes.Min}, {sizes.Best}, {sizes.Max}", "min <= best <= max, above 0");

        void Demand(bool good, string key, string value, string allowed)
        {
            if (!good)
            {
                throw new InputException($"model card {path}: {key}: {string.Concat(value.Select(c => char.IsControl(c) ? ' ' : c))} must be {allowed}");
            }
        }

        static bool IsOneLine(string text) => text.Length > 0 && !text.Any(char.IsControl);
    }

    /// <summary>How cards are written.</summary>
    public static JsonSerializerOptions Json { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,
    };
}

/// <summary>Range of particle sizes, network pixels.</summary>
/// <param name="Min">Smallest.</param>
/// <param name="Best">The size that recordings are scaled to.</param>
/// <param name="Max">Largest.</param>
public sealed record ParticleRange(double Min, double Best, double Max);

/// <summary>Held-out figures at one level of noise.</summary>
/// <param name="Cnr">Contrast-to-noise per network pixel: the pictures of half to twice that.</param>
/// <param name="Pictures">Number of pictures.</param>
/// <param name="Iou">Intersection over union of the foreground, by layer where there are two.</param>
/// <param name="F1">Instances: found centre within half of the shorter length, one to one, in the right layer.</param>
public sealed record HeldOutFigures(double Cnr, int Pictures, double Iou, double F1);
