using System.Numerics.Tensors;
using LiveLtem.HardwareSim.Randomness;
using LiveLtem.HardwareSim.Scenes;

namespace LiveLtem.HardwareSim.Rendering;

/// <summary>Draws a frame of a scene as expected electrons: beam × liquid × particles, blurred by the lens.</summary>
/// <remarks>Each layer is a plane of its own, so that one out of focus is blurred more; planes multiply, as thicknesses add. Drawn with a
/// margin, so that what lies outside the frame blurs into it. Not thread-safe.</remarks>
public sealed class FrameRenderer
{
    private readonly SceneSettings _settings;
    private readonly LiquidField _liquid;
    private readonly (double X, double Y, double Sigma, double Depth)[] _dirt;
    private readonly int _size;
    private readonly int _margin;
    private readonly int _side;
    private readonly float[] _part;
    private readonly float[] _sum;
    private readonly float[] _product;
    private readonly Dictionary<int, GaussianBlur> _blurs = [];

    /// <summary>Prepares to draw scenes with these settings.</summary>
    public FrameRenderer(SceneSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        _settings = settings;
        _size = settings.SizePx;
        _margin = (int)Math.Ceiling(4 * settings.LensBlurPx) + 2;
        _side = _size + (2 * _margin);
        _part = new float[_side * _side];
        _sum = new float[_side * _side];
        _product = new float[_side * _side];
        _liquid = new LiquidField(settings.Options.Seed, _size, settings.Defaults.LiquidUnevenness);
        var random = new SimRandom(settings.Options.Seed, Streams.Dirt);
        _dirt = new (double, double, double, double)[(int)Math.Round(settings.Defaults.DirtPer512 * Math.Pow(_size / 512.0, 2))];
        for (var i = 0; i < _dirt.Length; i++)
        {
            _dirt[i] = (random.Uniform(-20, _size + 20), random.Uniform(-20, _size + 20), random.Uniform(2, 9), random.Uniform(0.05, 0.25) * settings.Contrast);
        }
    }

    /// <summary>Draws one frame.</summary>
    /// <param name="frame">What it shows.</param>
    /// <param name="electrons">Out: expected electrons a pixel before the detector's own blur, row-major [size, size].</param>
    public void Render(SceneFrame frame, Span<float> electrons)
    {
        ArgumentNullException.ThrowIfNull(frame);
        _product.AsSpan().Fill(1);
        DrawLayer(frame, second: false);
        if (frame.Particles.Any(p => p.Layer == 2))
        {
            DrawLayer(frame, second: true);
        }

        for (var y = 0; y < _size; y++)
        {
            var row = electrons.Slice(y * _size, _size);
            _product.AsSpan(((y + _margin) * _side) + _margin, _size).CopyTo(row);
            if (_settings.Options.Bright)
            {
                // Dark field: what a particle takes from the direct beam is added to the picture.
                TensorPrimitives.Subtract(2f, row, row);
            }
        }

        _liquid.Multiply(electrons, _settings.ElectronsPerPixel * frame.DoseFactor, frame.DriftXPx, frame.DriftYPx);
    }

    private void DrawLayer(SceneFrame frame, bool second)
    {
        var parts = frame.Particles.Count > 0 ? frame.Particles[0].Path.Count : 1;
        _sum.AsSpan().Clear();
        for (var part = 0; part < parts; part++)
        {
            _part.AsSpan().Fill(1);
            foreach (var particle in frame.Particles)
            {
                if ((particle.Layer == 2) == second)
                {
                    var pose = particle.Path[part];
                    TransmissionCanvas.Multiply(
                        _part, _side, _side, particle.Shape, pose.XPx + _margin, pose.YPx + _margin, pose.AngleDeg, _settings.AttenuationPerNm);
                }
            }

            TensorPrimitives.Add(_sum, _part, _sum);
        }

        TensorPrimitives.Multiply(_sum, 1f / parts, _sum);
        if (!second)
        {
            DrawDirt(frame);
            if (frame.Bubble is { } bubble)
            {
                DrawBubble(bubble);
            }
        }

        Blur(second, frame.DefocusPx).Apply(_sum, _side, _side);
        TensorPrimitives.Multiply(_product, _sum, _product);
    }

    private void DrawDirt(SceneFrame frame)
    {
        foreach (var (x, y, sigma, depth) in _dirt)
        {
            var cx = x + frame.DriftXPx + _margin;
            var cy = y + frame.DriftYPx + _margin;
            var reach = 3 * sigma;
            for (var j = Math.Max(0, (int)(cy - reach)); j <= Math.Min(_side - 1, (int)(cy + reach)); j++)
            {
                for (var i = Math.Max(0, (int)(cx - reach)); i <= Math.Min(_side - 1, (int)(cx + reach)); i++)
                {
                    var r2 = ((i - cx) * (i - cx)) + ((j - cy) * (j - cy));
                    _sum[(j * _side) + i] *= (float)(1 - (depth * Math.Exp(-0.5 * r2 / (sigma * sigma))));
                }
            }
        }
    }

    // A lens of gas: where liquid is missing the beam comes through.
    private void DrawBubble(Bubble bubble)
    {
        for (var y = 0; y < _side; y++)
        {
            for (var x = 0; x < _side; x++)
            {
                var r2 = (Math.Pow(x - bubble.XPx - _margin, 2) + Math.Pow(y - bubble.YPx - _margin, 2)) / (bubble.RadiusPx * bubble.RadiusPx);
                if (r2 < 1)
                {
                    _sum[(y * _side) + x] *= (float)Math.Exp(bubble.ThicknessNm * Math.Sqrt(1 - r2) / SceneSettings.WaterMeanFreePathNm);
                }
            }
        }
    }

    private GaussianBlur Blur(bool second, double defocusPx)
    {
        var extra = second ? _settings.Defaults.SecondLayerBlurPx : 0;
        var sigma = Math.Sqrt((_settings.LensBlurPx * _settings.LensBlurPx) + (extra * extra) + (defocusPx * defocusPx));
        var key = (int)Math.Round(sigma * 1000);
        if (!_blurs.TryGetValue(key, out var blur))
        {
            _blurs[key] = blur = new GaussianBlur(sigma);
        }

        return blur;
    }
}
