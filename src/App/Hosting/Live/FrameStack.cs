using System.Runtime.InteropServices;
using LiveLtem.Acquisition.Correction;
using LiveLtem.Core;
using LiveLtem.Core.Mrc;

namespace LiveLtem.App.Hosting.Live;

/// <summary>Frames of a live session on disk, for the training program to learn from: corrected, as floats, of large ones the middle.</summary>
internal sealed class FrameStack : IDisposable
{
    /// <summary>Longest side that is kept, px.</summary>
    public const int LargestSide = 768;

    private readonly FileStream _file;
    private readonly FrameCorrector _corrector;
    private readonly FramePool _pool;
    private readonly float[] _picture;
    private readonly float[] _part;
    private MrcWriter _writer;

    /// <summary>Starts an empty one.</summary>
    /// <param name="file">The stack's from now on.</param>
    /// <param name="corrector">Takes the camera's own pattern out.</param>
    /// <param name="pool">Where corrected frames come from.</param>
    public FrameStack(FileStream file, FrameCorrector corrector, FramePool pool)
    {
        (_file, _corrector, _pool) = (file, corrector, pool);
        (Height, Width) = (Math.Min(corrector.Height, LargestSide), Math.Min(corrector.Width, LargestSide));
        _picture = new float[corrector.Height * corrector.Width];
        _part = new float[Height * Width];
        _writer = new MrcWriter(file, Height, Width, PixelType.Float32);
    }

    /// <summary>Rows kept of each frame.</summary>
    public int Height { get; }

    /// <summary>Columns kept of each frame.</summary>
    public int Width { get; }

    /// <summary>Frames in it.</summary>
    public int Frames => _writer.Frames;

    /// <summary>Adds a frame as it was received.</summary>
    public void Add(Frame frame)
    {
        using (var corrected = _corrector.Apply(frame, _pool))
        {
            corrected.CopyTo(_picture);
        }

        var (top, left) = ((_corrector.Height - Height) / 2, (_corrector.Width - Width) / 2);
        for (var y = 0; y < Height; y++)
        {
            _picture.AsSpan(((y + top) * _corrector.Width) + left, Width).CopyTo(_part.AsSpan(y * Width));
        }

        _writer.Write(MemoryMarshal.AsBytes(_part.AsSpan()));
    }

    /// <summary>Forgets what is in it.</summary>
    public void Clear()
    {
        _file.SetLength(0);
        _writer = new MrcWriter(_file, Height, Width, PixelType.Float32);
    }

    /// <summary>Makes it readable for others.</summary>
    public void Complete()
    {
        _writer.UpdateHeader();
        _file.Flush();
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
