namespace LiveLtem.Inference.Pose;

/// <summary>Cholesky for the few equations of one particle; row-major n x n in spans, no allocation.</summary>
internal static class SmallSolver
{
    /// <summary>Factors a symmetric positive matrix in place into its lower triangle.</summary>
    /// <returns>False where the matrix is not positive definite.</returns>
    public static bool Factor(Span<double> matrix, int n)
    {
        for (var j = 0; j < n; j++)
        {
            var d = matrix[(j * n) + j];
            var whole = d;
            for (var k = 0; k < j; k++)
            {
                d -= matrix[(j * n) + k] * matrix[(j * n) + k];
            }

            if (!(d > 1e-12 * Math.Abs(whole)) || !double.IsFinite(d))
            {
                return false;
            }

            d = Math.Sqrt(d);
            matrix[(j * n) + j] = d;
            for (var i = j + 1; i < n; i++)
            {
                var v = matrix[(i * n) + j];
                for (var k = 0; k < j; k++)
                {
                    v -= matrix[(i * n) + k] * matrix[(j * n) + k];
                }

                matrix[(i * n) + j] = v / d;
            }
        }

        return true;
    }

    /// <summary>Solves with a factor of <see cref="Factor"/>; the right-hand side becomes the solution.</summary>
    public static void Solve(ReadOnlySpan<double> factor, int n, Span<double> vector)
    {
        for (var i = 0; i < n; i++)
        {
            var v = vector[i];
            for (var k = 0; k < i; k++)
            {
                v -= factor[(i * n) + k] * vector[k];
            }

            vector[i] = v / factor[(i * n) + i];
        }

        for (var i = n - 1; i >= 0; i--)
        {
            var v = vector[i];
            for (var k = i + 1; k < n; k++)
            {
                v -= factor[(k * n) + i] * vector[k];
            }

            vector[i] = v / factor[(i * n) + i];
        }
    }

    /// <summary>Diagonal element of the inverse.</summary>
    public static double InverseDiagonal(ReadOnlySpan<double> factor, int n, int index)
    {
        Span<double> unit = stackalloc double[n];
        unit[index] = 1;
        Solve(factor, n, unit);
        return unit[index];
    }
}
