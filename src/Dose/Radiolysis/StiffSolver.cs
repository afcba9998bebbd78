namespace LiveLtem.Dose.Radiolysis;

/// <summary>A system dy/dt = f(y), whose rates span many orders of magnitude.</summary>
internal interface IStiffSystem
{
    /// <summary>Number of unknowns.</summary>
    int Size { get; }

    /// <summary>Writes f(y).</summary>
    void Derivative(ReadOnlySpan<double> y, Span<double> derivative);

    /// <summary>Writes df_i/dy_j at [i * Size + j].</summary>
    void Jacobian(ReadOnlySpan<double> y, Span<double> jacobian);
}

/// <summary>Integrates a stiff system with steps of its own choosing.</summary>
/// <remarks>The Rosenbrock method RODAS3: four stages, order 3 with an embedded order 2, L-stable and stiffly accurate (Sandu et al., Atmos. Environ. 31 (1997)
/// 3459, doi:10.1016/S1352-2310(97)83212-8). The step is set by the difference of the two orders. Linear invariants of f (atoms, charge) are kept to rounding.
/// Not thread-safe.</remarks>
internal sealed class StiffSolver
{
    private const double Gamma = 0.5;
    private const int MostSteps = 200_000;
    private readonly IStiffSystem _system;
    private readonly double _relative;
    private readonly double _absolute;
    private readonly double[] _f;
    private readonly double[] _f3;
    private readonly double[] _f4;
    private readonly double[] _jacobian;
    private readonly double[] _matrix;
    private readonly int[] _pivots;
    private readonly double[] _u1;
    private readonly double[] _u2;
    private readonly double[] _u3;
    private readonly double[] _u4;
    private readonly double[] _trial;

    /// <summary>A solver.</summary>
    /// <param name="system">What is integrated.</param>
    /// <param name="relative">Error of one step over each unknown.</param>
    /// <param name="absolute">Error of one step that no unknown need stay below, in its unit.</param>
    public StiffSolver(IStiffSystem system, double relative, double absolute)
    {
        _system = system;
        _relative = relative;
        _absolute = absolute;
        var n = system.Size;
        (_f, _f3, _f4, _u1, _u2, _u3, _u4, _trial) = (new double[n], new double[n], new double[n], new double[n], new double[n], new double[n], new double[n], new double[n]);
        (_jacobian, _matrix, _pivots) = (new double[n * n], new double[n * n], new int[n]);
    }

    /// <summary>Steps taken since the solver was made, refused ones too.</summary>
    public int Steps { get; private set; }

    /// <summary>Goes from one time to another.</summary>
    /// <param name="y">The state; replaced.</param>
    /// <param name="from">Time of the state, s.</param>
    /// <param name="to">Time to reach, s, later than <paramref name="from"/>.</param>
    /// <param name="step">First step to try, s; replaced by the one to go on with.</param>
    /// <param name="taken">Told of each step's time and state, or null.</param>
    /// <exception cref="ArithmeticException">The steps became too small or too many.</exception>
    public void Advance(Span<double> y, double from, double to, ref double step, Action<double, ReadOnlySpan<double>>? taken = null)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(from, to);
        var n = _system.Size;
        var time = from;
        var refused = false;
        var fresh = true;
        while (time < to)
        {
            if (++Steps > MostSteps)
            {
                throw new ArithmeticException(FormattableString.Invariant($"the reactions could not be followed past {time:G3} s in {MostSteps} steps; look for rate constants that are far too large"));
            }

            if (fresh)
            {
                _system.Derivative(y, _f);
                _system.Jacobian(y, _jacobian);
                fresh = false;
            }

            var last = step >= to - time;
            var h = last ? to - time : step;
            if (h <= Math.Abs(time) * 1e-15)
            {
                throw new ArithmeticException(FormattableString.Invariant($"the reactions could not be followed past {time:G3} s: the steps became too small"));
            }

            var error = Try(y, h);
            var scale = Math.Clamp(0.9 / Math.Cbrt(Math.Max(error, 1e-9)), 0.2, refused ? 1 : 6);
            if (!(error <= 1))
            {
                step = h * (double.IsFinite(error) ? Math.Min(scale, 0.8) : 0.1);
                refused = true;
                continue;
            }

            // The last step is cut to the end asked for and says nothing of how far the next may go.
            step = last ? Math.Max(step, h * scale) : h * scale;
            refused = false;
            fresh = true;
            time = last ? to : time + h;
            _trial.AsSpan(0, n).CopyTo(y);
            taken?.Invoke(time, y);
        }
    }

    // In the form of Hairer and Wanner, Solving Ordinary Differential Equations II, IV.7: (1/(h gamma) - J) u_i = f(y + sum a_ij u_j) + sum c_ij/h u_j.
    private double Try(ReadOnlySpan<double> y, double h)
    {
        var n = _system.Size;
        for (var i = 0; i < n * n; i++)
        {
            _matrix[i] = -_jacobian[i];
        }

        for (var i = 0; i < n; i++)
        {
            _matrix[(i * n) + i] += 1 / (h * Gamma);
        }

        if (!Factorise())
        {
            return double.PositiveInfinity;
        }

        _f.CopyTo(_u1, 0);
        Solve(_u1);
        for (var i = 0; i < n; i++)
        {
            _u2[i] = _f[i] + (4 / h * _u1[i]);
        }

        Solve(_u2);
        for (var i = 0; i < n; i++)
        {
            _trial[i] = y[i] + (2 * _u1[i]);
        }

        _system.Derivative(_trial, _f3);
        for (var i = 0; i < n; i++)
        {
            _u3[i] = _f3[i] + ((_u1[i] - _u2[i]) / h);
        }

        Solve(_u3);
        for (var i = 0; i < n; i++)
        {
            _trial[i] = y[i] + (2 * _u1[i]) + _u3[i];
        }

        _system.Derivative(_trial, _f4);
        for (var i = 0; i < n; i++)
        {
            _u4[i] = _f4[i] + ((_u1[i] - _u2[i] - (8.0 / 3 * _u3[i])) / h);
        }

        Solve(_u4);
        var worst = 0.0;
        for (var i = 0; i < n; i++)
        {
            _trial[i] += _u4[i];
            var allowed = _absolute + (_relative * Math.Max(Math.Abs(y[i]), Math.Abs(_trial[i])));
            var ratio = Math.Abs(_u4[i]) / allowed;
            worst = double.IsNaN(ratio) ? double.PositiveInfinity : Math.Max(worst, ratio);
        }

        return worst;
    }

    private bool Factorise()
    {
        var n = _system.Size;
        for (var k = 0; k < n; k++)
        {
            var pivot = k;
            for (var i = k + 1; i < n; i++)
            {
                pivot = Math.Abs(_matrix[(i * n) + k]) > Math.Abs(_matrix[(pivot * n) + k]) ? i : pivot;
            }

            _pivots[k] = pivot;
            if (!(Math.Abs(_matrix[(pivot * n) + k]) > 0))
            {
                return false;
            }

            for (var j = 0; j < n && pivot != k; j++)
            {
                (_matrix[(k * n) + j], _matrix[(pivot * n) + j]) = (_matrix[(pivot * n) + j], _matrix[(k * n) + j]);
            }

            for (var i = k + 1; i < n; i++)
            {
                var factor = _matrix[(i * n) + k] /= _matrix[(k * n) + k];
                for (var j = k + 1; j < n && factor != 0; j++)
                {
                    _matrix[(i * n) + j] -= factor * _matrix[(k * n) + j];
                }
            }
        }

        return true;
    }

    private void Solve(double[] b)
    {
        var n = _system.Size;
        for (var k = 0; k < n; k++)
        {
            (b[k], b[_pivots[k]]) = (b[_pivots[k]], b[k]);
        }

        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < i; j++)
            {
                b[i] -= _matrix[(i * n) + j] * b[j];
            }
        }

        for (var i = n - 1; i >= 0; i--)
        {
            for (var j = i + 1; j < n; j++)
            {
                b[i] -= _matrix[(i * n) + j] * b[j];
            }

            b[i] /= _matrix[(i * n) + i];
        }
    }
}
