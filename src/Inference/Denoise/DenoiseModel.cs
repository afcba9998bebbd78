using LiveLtem.Core;
using LiveLtem.Inference.Models;
using Microsoft.ML.OnnxRuntime;
using OpenCvSharp;

namespace LiveLtem.Inference.Denoise;

/// <summary>A denoising network ready to run on frames of one size.</summary>
/// <remarks>Frames whose sides are no multiple of what the network needs go on beyond their borders as in a mirror. Not thread-safe.</remarks>
public sealed class DenoiseModel : IDisposable
{
    /// <summary>Smoothing of what the network says, px.</summary>
    public const double SmoothingPx = 1.2;

    private const string Input = "estimates";
    private const string Output = "correction";
    private readonly InferenceSession _session;
    private readonly RunOptions _options = new();
    private float[] _input = [];
    private float[] _output = [];
    private OrtValue? _inputValue;
    private OrtValue? _outputValue;
    private int _rows;
    private int _columns;

    private DenoiseModel(DenoiseCard card, InferenceSession session)
    {
        Card = card;
        _session = session;
    }

    /// <summary>Its card.</summary>
    public DenoiseCard Card { get; }

    /// <summary>Loads a network and runs it once, so that the first frame does not wait.</summary>
    /// <param name="nameOrFile">Name of a shipped one, or a card's file.</param>
    /// <exception cref="InputException">It is missing, damaged, or not a network of this kind.</exception>
    public static DenoiseModel Load(string nameOrFile)
    {
        var (card, network) = DenoiseCard.Read(nameOrFile);
        try
        {
            using var options = new SessionOptions
            {
                IntraOpNumThreads = 1,
                InterOpNumThreads = 1,
                GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,

                // What goes wrong comes as an exception too, which says it in one line.
                LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
            };
            options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
            var model = new DenoiseModel(card, new InferenceSession(network, options));
            try
            {
                var side = 2 * card.Multiple;
                model.Run(side, side, (_, _) => { }, new float[side * side]);
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

    /// <summary>Fills one of the pictures that the network sees.</summary>
    /// <param name="channel">From 0.</param>
    /// <param name="picture">Row-major [height, width].</param>
    public delegate void Fill(int channel, Span<float> picture);

    /// <summary>Runs the network.</summary>
    /// <param name="height">Rows of the frame.</param>
    /// <param name="width">Columns.</param>
    /// <param name="fill">Gives each channel.</param>
    /// <param name="correction">Out: what to add, row-major [height, width].</param>
    public void Run(int height, int width, Fill fill, Span<float> correction)
    {
        ArgumentNullException.ThrowIfNull(fill);
        Prepare(height, width);
        for (var channel = 0; channel < Card.Channels; channel++)
        {
            fill(channel, correction);
            Mirror(correction, height, width, _input.AsSpan(channel * _rows * _columns, _rows * _columns));
        }

        _session.Run(_options, [Input], [_inputValue!], [Output], [_outputValue!]);
        for (var y = 0; y < height; y++)
        {
            _output.AsSpan(y * _columns, width).CopyTo(correction.Slice(y * width, width));
        }

        Smooth(correction, height, width);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _inputValue?.Dispose();
        _outputValue?.Dispose();
        _options.Dispose();
        _session.Dispose();
    }

    private void Prepare(int height, int width)
    {
        var rows = RoundUp(height);
        var columns = RoundUp(width);
        if (rows == _rows && columns == _columns)
        {
            return;
        }

        _inputValue?.Dispose();
        _outputValue?.Dispose();
        (_rows, _columns) = (rows, columns);
        _input = GC.AllocateUninitializedArray<float>(Card.Channels * rows * columns, pinned: true);
        _output = GC.AllocateUninitializedArray<float>(rows * columns, pinned: true);
        _inputValue = OrtValue.CreateTensorValueFromMemory(_input, [1, Card.Channels, rows, columns]);
        _outputValue = OrtValue.CreateTensorValueFromMemory(_output, [1, 1, rows, columns]);
    }

    // Each place of the coarse grid on which the network thinks gives its pixels on its own; a molecule knows of no such grid.
    private static unsafe void Smooth(Span<float> picture, int height, int width)
    {
        fixed (float* address = picture)
        {
            using var mat = Mat.FromPixelData(height, width, MatType.CV_32FC1, (nint)address);
            Cv2.GaussianBlur(mat, mat, default, SmoothingPx, SmoothingPx, BorderTypes.Reflect101);
        }
    }

    private int RoundUp(int length) => (length + Card.Multiple - 1) / Card.Multiple * Card.Multiple;

    private void Mirror(ReadOnlySpan<float> picture, int height, int width, Span<float> padded)
    {
        for (var y = 0; y < _rows; y++)
        {
            var from = picture.Slice(Reflected(y, height) * width, width);
            var to = padded.Slice(y * _columns, _columns);
            from.CopyTo(to);
            for (var x = width; x < _columns; x++)
            {
                to[x] = from[Reflected(x, width)];
            }
        }
    }

    // A frame may be smaller than what is missing to the next multiple.
    private static int Reflected(int i, int length)
    {
        var turn = i % (2 * length);
        return turn < length ? turn : (2 * length) - 1 - turn;
    }
}
