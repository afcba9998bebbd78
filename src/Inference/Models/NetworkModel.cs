using System.Collections.Concurrent;
using LiveLtem.Core;
using Microsoft.ML.OnnxRuntime;

namespace LiveLtem.Inference.Models;

/// <summary>A network ready to run.</summary>
/// <remarks>Thread-safe: each run takes a set of preallocated buffers. The session is given no threads of its own, since the pipeline runs whole
/// frames side by side, which needs no waiting between threads.</remarks>
public sealed class NetworkModel : IDisposable
{
    private const string InputName = "image";
    private static readonly string[] OutputNames = ["maps", "geometry"];
    private readonly InferenceSession _session;
    private readonly ConcurrentBag<NetworkRun> _idle = [];
    private readonly ConcurrentBag<NetworkRun> _all = [];

    private NetworkModel(ModelCard card, InferenceSession session, string provider)
    {
        Card = card;
        Provider = provider;
        _session = session;
    }

    /// <summary>Its card.</summary>
    public ModelCard Card { get; }

    /// <summary>What runs it, for people: <c>CPU</c>, <c>DirectML</c>, and why not the other where it was asked for.</summary>
    public string Provider { get; }

    /// <summary>Loads a model and runs it once, so that the first frame does not wait.</summary>
    /// <param name="nameOrFile">Name of a shipped model, or a card's file.</param>
    /// <param name="provider">What shall run it.</param>
    /// <exception cref="InputException">It is missing, damaged, or not a network of this kind.</exception>
    public static NetworkModel Load(string nameOrFile, ModelProvider provider = ModelProvider.Auto)
    {
        var path = ModelStore.Find(nameOrFile);
        var (card, network) = ModelStore.Read(path);
        try
        {
            var (session, words) = Open(network, provider);
            var model = new NetworkModel(card, session, words);
            try
            {
                model.CheckForm();
                model.WarmUp();
                return model;
            }
            catch
            {
                model.Dispose();
                throw;
            }
        }
        catch (OnnxRuntimeException error)
        {
            throw new InputException($"model {card.Name}: its network does not run: {error.Message.ReplaceLineEndings(" ")}", error);
        }
    }

    /// <summary>Takes buffers for pictures of one size; give them back by <see cref="NetworkRun.Dispose"/>.</summary>
    /// <param name="height">Rows, a multiple of <see cref="ModelCard.Multiple"/>.</param>
    /// <param name="width">Columns, likewise.</param>
    public NetworkRun Rent(int height, int width)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(height % Card.Multiple, 0, nameof(height));
        ArgumentOutOfRangeException.ThrowIfNotEqual(width % Card.Multiple, 0, nameof(width));
        while (_idle.TryTake(out var idle))
        {
            if (idle.Height == height && idle.Width == width)
            {
                return idle;
            }

            idle.Free();
        }

        var run = new NetworkRun(this, height, width);
        _all.Add(run);
        return run;
    }

    /// <summary>Frees the session and its buffers.</summary>
    public void Dispose()
    {
        foreach (var run in _all)
        {
            run.Free();
        }

        _session.Dispose();
    }

    internal void Run(RunOptions options, OrtValue input, IReadOnlyList<OrtValue> outputs) =>
        _session.Run(options, [InputName], [input], OutputNames, outputs);

    internal void Return(NetworkRun run) => _idle.Add(run);

    private static (InferenceSession Session, string Provider) Open(byte[] network, ModelProvider provider)
    {
        if (provider == ModelProvider.DirectMl || (provider == ModelProvider.Auto && OperatingSystem.IsWindows()))
        {
            try
            {
                using var graphics = Options();

                // Both are demands of DirectML.
                graphics.ExecutionMode = ExecutionMode.ORT_SEQUENTIAL;
                graphics.EnableMemoryPattern = false;
                graphics.AppendExecutionProvider_DML(0);
                return (new InferenceSession(network, graphics), "DirectML");
            }
            catch (Exception error) when (error is OnnxRuntimeException or EntryPointNotFoundException or DllNotFoundException)
            {
                using var fallback = Options();
                var why = error is OnnxRuntimeException ? error.Message.ReplaceLineEndings(" ") : "this build has no DirectML";
                return (new InferenceSession(network, fallback), $"CPU (DirectML not available: {why})");
            }
        }

        using var options = Options();
        return (new InferenceSession(network, options), "CPU");
    }

    private static SessionOptions Options()
    {
        var options = new SessionOptions
        {
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,

            // What goes wrong comes as an exception too, which says it in one line.
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        return options;
    }

    private void CheckForm()
    {
        var inputs = _session.InputMetadata;
        var outputs = _session.OutputMetadata;
        Demand(inputs.Count == 1 && inputs.ContainsKey(InputName), $"its one input must be '{InputName}', it has {string.Join(", ", inputs.Keys)}");
        Demand(inputs[InputName].ElementDataType == Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.UInt8, $"'{InputName}' must be uint8");
        Demand(inputs[InputName].Dimensions is [1, 1, _, _], $"'{InputName}' must have the shape [1, 1, height, width]");
        foreach (var name in OutputNames)
        {
            Demand(outputs.ContainsKey(name), $"it has no output '{name}'");
        }

        Demand(outputs["maps"].ElementDataType == Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.UInt8, "'maps' must be uint8");
        Demand(outputs["geometry"].ElementDataType == Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float, "'geometry' must be float32");
        Demand(outputs["maps"].Dimensions is [1, var maps, _, _] && maps == Card.Layers * MapLayout.Probabilities, $"'maps' must have {Card.Layers * MapLayout.Probabilities} channels for {Card.Layers} layers");
        Demand(outputs["geometry"].Dimensions is [1, var geometry, _, _] && geometry == Card.Layers * MapLayout.Measures, $"'geometry' must have {Card.Layers * MapLayout.Measures} channels for {Card.Layers} layers");

        void Demand(bool good, string what)
        {
            if (!good)
            {
                throw new InputException($"model {Card.Name}: not a segmentation network of this program: {what}");
            }
        }
    }

    // A wrong stride or multiple shows here and not in the middle of a session: an odd number of multiples is a multiple of nothing larger.
    private void WarmUp()
    {
        var side = Card.Multiple * (Math.Max(2, 64 / Card.Multiple) | 1);
        using var run = Rent(side, side);
        run.Run();
    }
}
