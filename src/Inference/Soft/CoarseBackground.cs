namespace LiveLtem.Inference.Soft;

/// <summary>What the liquid alone would show: cells of pixels without molecules, averaged over frames, smoothed over neighbours.</summary>
/// <remarks>Counts are kept relative to each frame's own level, so that a beam that changes does not leave its shade behind. Not thread-safe.</remarks>
internal sealed class CoarseBackground
{
    private const double Memory = 32;
    private const int Rounds = 4;
    private const float LeastWeight = 1e-3f;
    private readonly int _cell;
    private readonly int _rows;
    private readonly int _columns;
    private readonly float[] _sums;
    private readonly float[] _weights;
    private readonly float[] _frameSums;
    private readonly float[] _frameWeights;
    private readonly float[] _smooth;
    private readonly float[] _smoothWeights;
    private readonly float[] _left;
    private readonly PlaneBlur _blur;
    private double _seen;

    /// <param name="rows">Rows of the planes.</param>
    /// <param name="columns">Columns of the planes.</param>
    /// <param name="cell">Side of a cell, px of the planes.</param>
    /// <param name="sigma">Smoothing, px of the planes.</param>
    public CoarseBackground(int rows, int columns, int cell, double sigma)
    {
        _cell = cell;
        _rows = (rows + cell - 1) / cell;
        _columns = (columns + cell - 1) / cell;
        _sums = new float[_rows * _columns];
        _weights = new float[_rows * _columns];
        _frameSums = new float[_rows * _columns];
        _frameWeights = new float[_rows * _columns];
        _smooth = new float[_rows * _columns];
        _smoothWeights = new float[_rows * _columns];
        _left = new float[_rows * _columns];
        _blur = new PlaneBlur(sigma / cell);
    }

    /// <summary>Forgets all frames.</summary>
    public void Clear()
    {
        _sums.AsSpan().Clear();
        _weights.AsSpan().Clear();
        _seen = 0;
    }

    /// <summary>Takes a frame in.</summary>
    /// <param name="plane">Counts over those without beam.</param>
    /// <param name="isMolecule">Pixels that do not count, or null.</param>
    /// <returns>The frame's level: its counts over the background's, 1 for the first.</returns>
    public double Add(Plane plane, bool[]? isMolecule)
    {
        Sum(plane, isMolecule);
        var level = _seen == 0 ? 1 : LevelOfSums();
        if (!(level > 0.05))
        {
            return level;
        }

        _seen = Math.Min(_seen + 1, Memory);
        var share = (float)(1 / _seen);
        for (var i = 0; i < _sums.Length; i++)
        {
            _sums[i] += share * ((float)(_frameSums[i] / level) - _sums[i]);
            _weights[i] += share * (_frameWeights[i] - _weights[i]);
        }

        Smooth();
        return level;
    }

    /// <summary>A row of the background, between the cells' centres by straight lines.</summary>
    /// <param name="y">Row, px of the planes; may lie between rows.</param>
    /// <param name="step">Planes' px from value to value.</param>
    /// <param name="first">Place of the first value, px of the planes.</param>
    /// <param name="into">Takes the row.</param>
    public void Row(double y, double first, double step, Span<float> into)
    {
        var v = Math.Clamp(((y + 0.5) / _cell) - 0.5, 0, _rows - 1);
        var top = Math.Min((int)v, Math.Max(0, _rows - 2));
        var below = Math.Min(top + 1, _rows - 1);
        var share = (float)(v - top);
        var upper = _smooth.AsSpan(top * _columns, _columns);
        var lower = _smooth.AsSpan(below * _columns, _columns);

        // Straight lines from centre to centre, level outside the first and the last: so pixel after pixel adds the same.
        var x = 0;
        for (var cell = -1; cell < _columns; cell++)
        {
            int left = Math.Max(cell, 0), right = Math.Min(cell + 1, _columns - 1);
            var from = upper[left] + (share * (lower[left] - upper[left]));
            var to = upper[right] + (share * (lower[right] - upper[right]));
            var end = cell == _columns - 1 ? into.Length : Math.Min(into.Length, (int)Math.Ceiling(((((cell + 1.5) * _cell) - 0.5) - first) / step));
            var slope = (float)((to - from) * step / _cell);
            var value = from + (float)((to - from) * ((((first + (x * step)) + 0.5) / _cell) - 0.5 - cell));
            for (; x < end; x++)
            {
                into[x] = value;
                value += slope;
            }
        }
    }

    private void Sum(Plane plane, bool[]? isMolecule)
    {
        _frameSums.AsSpan().Clear();
        _frameWeights.AsSpan().Clear();
        for (var y = 0; y < plane.Rows; y++)
        {
            var row = plane.Row(y);
            var at = y / _cell * _columns;
            for (var x = 0; x < row.Length; x++)
            {
                if (isMolecule is null || !isMolecule[(y * plane.Columns) + x])
                {
                    var cell = at + (x / _cell);
                    _frameSums[cell] += row[x];
                    _frameWeights[cell]++;
                }
            }
        }
    }

    // Cells are compared by their means: which pixels of a cell count changes from frame to frame.
    private double LevelOfSums()
    {
        double counts = 0, expected = 0;
        for (var i = 0; i < _frameSums.Length; i++)
        {
            counts += _frameSums[i];
            expected += _frameWeights[i] * _smooth[i];
        }

        return expected > 0 ? counts / expected : 1;
    }

    // Smoothing flattens what curves; smoothing what it left over and adding it on (Tukey's twicing) gives most of that back.
    private void Smooth()
    {
        _blur.Apply(_weights, _rows, _columns, _smoothWeights);
        double sum = 0, weight = 0;
        for (var i = 0; i < _sums.Length; i++)
        {
            sum += _sums[i];
            weight += _weights[i];
        }

        var mean = (float)(weight > 0 ? sum / weight : 0);
        _smooth.AsSpan().Fill(mean);
        for (var round = 0; round < Rounds; round++)
        {
            for (var i = 0; i < _sums.Length; i++)
            {
                _left[i] = _sums[i] - (_weights[i] * _smooth[i]);
            }

            _blur.Apply(_left, _rows, _columns, _left);
            for (var i = 0; i < _smooth.Length; i++)
            {
                _smooth[i] += _smoothWeights[i] > LeastWeight * _cell * _cell ? _left[i] / _smoothWeights[i] : 0;
            }
        }

        for (var i = 0; i < _smooth.Length; i++)
        {
            _smooth[i] = Math.Max(_smooth[i], 1e-6f);
        }
    }
}
