using LiveLtem.HardwareSim.Randomness;

namespace LiveLtem.HardwareSim.Rendering;

/// <summary>How much beam the liquid lets through across the field, relative to its mean: a tilt and slow waves in thickness.</summary>
/// <remarks>Evaluated on a coarse grid and interpolated: the shortest wave is longer than half of the field.</remarks>
public sealed class LiquidField
{
    private const int Step = 16;
    private readonly int _size;
    private readonly (double Kx, double Ky, double Phase, double Amplitude)[] _waves;
    private readonly double _tiltX;
    private readonly double _tiltY;
    private float[] _nodes = [];

    /// <summary>Creates the field.</summary>
    /// <param name="seed">The scene's seed.</param>
    /// <param name="size">Side of the frame, px.</param>
    /// <param name="unevenness">Rms of the logarithm of the transmission: 0.05 is 5 %.</param>
    public LiquidField(long seed, int size, double unevenness)
    {
        _size = size;
        var random = new SimRandom(seed, Streams.Liquid);
        _waves = new (double, double, double, double)[5];
        for (var i = 0; i < _waves.Length; i++)
        {
            var (sin, cos) = Math.SinCos(random.Uniform(0, 2 * Math.PI));
            var k = 2 * Math.PI / (size * random.Uniform(0.6, 1.8));
            // Five waves of amplitude A have the variance 5 A^2/2; they carry 70 % of it, the tilt the rest.
            _waves[i] = (k * cos, k * sin, random.Uniform(0, 2 * Math.PI), unevenness * Math.Sqrt(0.7 * 2 / _waves.Length));
        }

        var (tiltSin, tiltCos) = Math.SinCos(random.Uniform(0, 2 * Math.PI));
        // A ramp from -1 to 1 has the variance 1/3.
        _tiltX = tiltCos * unevenness * Math.Sqrt(0.3 * 3);
        _tiltY = tiltSin * unevenness * Math.Sqrt(0.3 * 3);
    }

    /// <summary>Relative transmission at a point of the cell.</summary>
    public double At(double x, double y)
    {
        var sum = (_tiltX * ((2 * x / _size) - 1)) + (_tiltY * ((2 * y / _size) - 1));
        foreach (var (kx, ky, phase, amplitude) in _waves)
        {
            sum += amplitude * Math.Cos((kx * x) + (ky * y) + phase);
        }

        return Math.Exp(sum);
    }

    /// <summary>Multiplies a square plane by the field.</summary>
    /// <param name="plane">Row-major [size, size].</param>
    /// <param name="scale">Multiplies too: electrons a pixel.</param>
    /// <param name="driftX">Drift of the cell, px.</param>
    /// <param name="driftY">Drift of the cell, px, y down.</param>
    public void Multiply(Span<float> plane, double scale, double driftX, double driftY)
    {
        var side = ((_size + Step - 1) / Step) + 1;
        if (_nodes.Length != side * side)
        {
            _nodes = new float[side * side];
        }

        for (var j = 0; j < side; j++)
        {
            for (var i = 0; i < side; i++)
            {
                _nodes[(j * side) + i] = (float)(scale * At((i * Step) - driftX, (j * Step) - driftY));
            }
        }

        Span<float> line = stackalloc float[side];
        for (var y = 0; y < _size; y++)
        {
            var j = y / Step;
            var part = (float)(y - (j * Step)) / Step;
            for (var i = 0; i < side; i++)
            {
                var above = _nodes[(j * side) + i];
                line[i] = above + (part * (_nodes[((j + 1) * side) + i] - above));
            }

            var row = plane.Slice(y * _size, _size);
            for (var i = 0; i < side - 1; i++)
            {
                var value = line[i];
                var slope = (line[i + 1] - value) / Step;
                var end = Math.Min(_size, (i + 1) * Step);
                for (var x = i * Step; x < end; x++)
                {
                    row[x] *= value;
                    value += slope;
                }
            }
        }
    }
}
