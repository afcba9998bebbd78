using LiveLtem.Dose.Radiolysis;

namespace LiveLtem.Dose.Tests.Radiolysis;

public sealed class StiffSolverTests
{
    [Fact]
    public void Production_and_first_order_loss_follow_their_exponential()
    {
        var y = Solve(new Given(1, (c, d) => d[0] = 3 - (2 * c[0]), (_, j) => j[0] = -2), [0], 0.7);

        Assert.Equal(1.5 * (1 - Math.Exp(-1.4)), y[0], 1e-6);
    }

    [Fact]
    public void Pairs_that_recombine_follow_the_hyperbolic_tangent()
    {
        // dc/dt = R - 2 k c^2: c = sqrt(R/2k) tanh(t sqrt(2 k R)).
        const double R = 4e-3;
        const double K = 5e9;
        foreach (var time in (double[])[1e-5, 1e-4, 1e-3, 1])
        {
            var y = Solve(new Given(1, (c, d) => d[0] = R - (2 * K * c[0] * c[0]), (c, j) => j[0] = -4 * K * c[0]), [0], time);

            Assert.Equal(1, y[0] / (Math.Sqrt(R / (2 * K)) * Math.Tanh(time * Math.Sqrt(2 * K * R))), 1e-4);
        }
    }

    [Fact]
    public void Robertsons_reactions_reach_the_published_values()
    {
        // Hairer and Wanner, Solving Ordinary Differential Equations II, IV.10, and the documentation of LSODE: y(40).
        var robertson = new Given(
            3,
            (y, d) => (d[0], d[1], d[2]) = ((-0.04 * y[0]) + (1e4 * y[1] * y[2]), (0.04 * y[0]) - (1e4 * y[1] * y[2]) - (3e7 * y[1] * y[1]), 3e7 * y[1] * y[1]),
            (y, j) =>
            {
                (j[0], j[1], j[2]) = (-0.04, 1e4 * y[2], 1e4 * y[1]);
                (j[3], j[4], j[5]) = (0.04, (-1e4 * y[2]) - (6e7 * y[1]), -1e4 * y[1]);
                (j[6], j[7], j[8]) = (0, 6e7 * y[1], 0);
            });
        var y = Solve(robertson, [1, 0, 0], 40);

        Assert.Equal(0.7158270688, y[0], 2e-6);
        Assert.Equal(9.185534765e-6, y[1], 1e-10);
        Assert.Equal(0.2841637457, y[2], 2e-6);
        Assert.Equal(1, y[0] + y[1] + y[2], 1e-13);
    }

    [Fact]
    public void A_tenfold_tighter_tolerance_brings_the_error_down()
    {
        double Error(double tolerance)
        {
            // dy/dt = -y^3, y = 1/sqrt(1 + 2 t).
            double[] y = [1];
            var step = 1e-6;
            new StiffSolver(new Given(1, (c, d) => d[0] = -c[0] * c[0] * c[0], (c, j) => j[0] = -3 * c[0] * c[0]), tolerance, 1e-14).Advance(y, 0, 12, ref step);
            return Math.Abs(y[0] - 0.2);
        }

        // The steps follow the error of the lower order, so the error of the higher one falls at least as fast as the tolerance's power of 2/3.
        Assert.InRange(Error(1e-4), 1e-9, 1e-4);
        Assert.True(Error(1e-6) < Error(1e-4) / 20);
        Assert.True(Error(1e-8) < Error(1e-6) / 20);
    }

    [Fact]
    public void Rates_that_are_no_numbers_end_with_a_sentence_instead_of_a_hang()
    {
        var error = Assert.Throws<ArithmeticException>(() => Solve(new Given(1, (c, d) => d[0] = c[0] > 1 ? double.NaN : 1, (_, j) => j[0] = 0), [0], 2));

        Assert.Contains("could not be followed past", error.Message, StringComparison.Ordinal);
    }

    private static double[] Solve(Given system, double[] y, double time)
    {
        var step = 1e-9;
        new StiffSolver(system, 1e-7, 1e-16).Advance(y, 0, time, ref step);
        return y;
    }

    private delegate void Fill(ReadOnlySpan<double> y, Span<double> output);

    private sealed class Given(int size, Fill derivative, Fill jacobian) : IStiffSystem
    {
        public int Size => size;

        public void Derivative(ReadOnlySpan<double> y, Span<double> output) => derivative(y, output);

        public void Jacobian(ReadOnlySpan<double> y, Span<double> output) => jacobian(y, output);
    }
}
