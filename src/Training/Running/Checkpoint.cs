using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using LiveLtem.Core;
using LiveLtem.Inference.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace LiveLtem.Training.Running;

/// <summary>What a checkpoint says besides the weights.</summary>
public sealed record CheckpointHeader
{
    /// <summary>Name of the model.</summary>
    public required string Name { get; init; }

    /// <summary><c>segment</c> or <c>layers</c>.</summary>
    public required string Task { get; init; }

    /// <summary>Form of the network.</summary>
    public required string Network { get; init; }

    /// <summary>Layers.</summary>
    public required int Layers { get; init; }

    /// <summary>Side of a picture, px.</summary>
    public required int Size { get; init; }

    /// <summary>Folder of labelled frames of one's own; null where all pictures are simulated.</summary>
    public string? Folder { get; init; }

    /// <summary>Share of simulated pictures among one's own.</summary>
    public double SimulatedShare { get; init; } = 0.5;

    /// <summary>Simulated pictures to train on have at least this contrast-to-noise; null for the whole range.</summary>
    public double? MinCnr { get; init; }

    /// <summary>Folder of labelled frames to judge on; null where simulated pictures do.</summary>
    public string? HeldOutFolder { get; init; }

    /// <summary>Steps done.</summary>
    public required long Step { get; init; }

    /// <summary>Time spent so far, s.</summary>
    public required double TrainingS { get; init; }

    /// <summary>What it is trained and judged on, for people.</summary>
    public required string Data { get; init; }

    /// <summary>Sizes of the particles that it is trained on.</summary>
    public required ParticleRange ParticlePx { get; init; }

    /// <summary>The command that started it.</summary>
    public required string Command { get; init; }

    /// <summary>How it is trained.</summary>
    public required TrainingOptions Options { get; init; }
}

/// <summary>A training run on disk: one file, replaced as a whole.</summary>
/// <remarks>Magic number, header as JSON with its length ahead, then the tensors: count; for each its name, dimensions, and elements (32-bit floats, or 64-bit integers).
/// Samples depend on their number only and nothing else is drawn after the start, so no state of a random generator is needed.</remarks>
internal static class Checkpoint
{
    private const ulong Magic = 0x31_4d_54_4c_4c_54_4c; // LTLLTM1

    /// <summary>The tensors of a run by the names that a checkpoint gives them; they stay their owners'.</summary>
    /// <param name="network">What learns.</param>
    /// <param name="average">The running mean of its weights.</param>
    /// <param name="optimiser">What moves them.</param>
    public static Dictionary<string, Tensor> TensorsOf(nn.Module network, nn.Module average, AdamW optimiser)
    {
        var tensors = new Dictionary<string, Tensor>();
        foreach (var (name, tensor) in network.state_dict())
        {
            tensors[$"network.{name}"] = tensor;
        }

        foreach (var (name, tensor) in average.state_dict())
        {
            tensors[$"average.{name}"] = tensor;
        }

        for (var i = 0; i < optimiser.First.Count; i++)
        {
            tensors[$"first.{i}"] = optimiser.First[i];
            tensors[$"second.{i}"] = optimiser.Second[i];
        }

        return tensors;
    }

    /// <summary>Writes one; what was there stays until it is whole.</summary>
    /// <param name="path">Where.</param>
    /// <param name="header">What it says.</param>
    /// <param name="tensors">Its tensors by name.</param>
    public static void Write(string path, CheckpointHeader header, IReadOnlyDictionary<string, Tensor> tensors)
    {
        var next = path + ".part";
        using (var file = new FileStream(next, FileMode.Create, FileAccess.Write))
        {
            using var writer = new BinaryWriter(file, Encoding.UTF8, leaveOpen: true);
            writer.Write(Magic);
            writer.Write(JsonSerializer.Serialize(header));
            writer.Write(tensors.Count);
            foreach (var (name, tensor) in tensors)
            {
                writer.Write(name);
                writer.Write(tensor.dtype == ScalarType.Int64);
                writer.Write(tensor.shape.Length);
                foreach (var dimension in tensor.shape)
                {
                    writer.Write(dimension);
                }

                using var free = tensor.detach();
                using var packed = free.contiguous();
                writer.Write(packed.bytes);
            }

            writer.Flush();
            file.Flush(flushToDisk: true);
        }

        File.Move(next, path, overwrite: true);
    }

    /// <summary>Reads one.</summary>
    /// <param name="path">Where.</param>
    /// <returns>What it says, and its tensors, which are the caller's to dispose.</returns>
    /// <exception cref="InputException">It is missing, cut off or something else.</exception>
    public static (CheckpointHeader Header, Dictionary<string, Tensor> Tensors) Read(string path) => Open(path, (header, reader) =>
    {
        var tensors = new Dictionary<string, Tensor>();
        for (var left = reader.ReadInt32(); left > 0; left--)
        {
            var name = reader.ReadString();
            tensors[name] = ReadTensor(reader);
        }

        return (header, tensors);
    });

    /// <summary>Reads what one says.</summary>
    /// <param name="path">Where.</param>
    /// <exception cref="InputException">It is missing, cut off or something else.</exception>
    public static CheckpointHeader ReadHeader(string path) => Open(path, (header, _) => header);

    private static T Open<T>(string path, Func<CheckpointHeader, BinaryReader, T> read)
    {
        if (!File.Exists(path))
        {
            throw new InputException($"{path}: there is no such checkpoint");
        }

        try
        {
            using var reader = new BinaryReader(File.OpenRead(path), Encoding.UTF8);
            if (reader.ReadUInt64() != Magic)
            {
                throw new InputException($"{path}: is no checkpoint of LiveLTEM");
            }

            var header = JsonSerializer.Deserialize<CheckpointHeader>(reader.ReadString()) ?? throw new FormatException("its header is empty");
            return read(header, reader);
        }
        catch (Exception error) when (error is EndOfStreamException or JsonException or FormatException)
        {
            throw new InputException($"{path}: the checkpoint is cut off or damaged ({error.Message}); start over with --restart");
        }
    }

    private static Tensor ReadTensor(BinaryReader reader)
    {
        var whole = reader.ReadBoolean();
        var rank = reader.ReadInt32();
        if (rank is < 0 or > 8)
        {
            throw new FormatException($"a tensor of {rank} dimensions");
        }

        var shape = new long[rank];
        long count = 1;
        for (var i = 0; i < rank; i++)
        {
            shape[i] = reader.ReadInt64();
            count = shape[i] is >= 0 and < int.MaxValue ? count * shape[i] : -1;
        }

        var length = count * (whole ? 8 : 4);
        if (count < 0 || length > int.MaxValue || length > reader.BaseStream.Length - reader.BaseStream.Position)
        {
            throw new FormatException("a tensor longer than the file");
        }

        var bytes = reader.ReadBytes((int)length);
        return (whole
            ? tensor(MemoryMarshal.Cast<byte, long>(bytes).ToArray(), shape)
            : tensor(MemoryMarshal.Cast<byte, float>(bytes).ToArray(), shape)).DetachFromDisposeScope();
    }
}
