using CsCheck;
using Google.OrTools.Graph;
using LiveLtem.Tracker.Linking;

namespace LiveLtem.Tracker.Tests.Linking;

public sealed class AssignmentSolverTests
{
    /// <summary>Small problems with costs in eighths, so that sums are exact: rows, columns, price unlinked, density of candidates.</summary>
    private static readonly Gen<AssignmentProblem> SmallProblems =
        from rows in Gen.Int[0, 5]
        from columns in Gen.Int[0, 5]
        from unlinked in Gen.Int[-20, 60].Array[rows]
        from costs in Gen.Int[-40, 80].Array[rows * columns]
        from present in Gen.Double[0, 1].Array[rows * columns]
        from density in Gen.Double[0.1, 1]
        select Build(rows, columns, unlinked, costs, i => present[i] < density);

    [Fact]
    public void Cost_equals_brute_force_on_small_sets() =>
        SmallProblems.Sample(
            problem =>
            {
                var columns = new int[problem.Rows];
                var total = new AssignmentSolver().Solve(problem, columns);
                AssertValid(problem, columns, total);
                Assert.Equal(Cheapest(problem, 0, 0), total, 9);
            },
            iter: 20_000);

    [Theory]
    [InlineData(40, 40, 0.5)]
    [InlineData(60, 30, 0.2)]
    [InlineData(30, 70, 0.9)]
    [InlineData(120, 120, 0.05)]
    public void Cost_equals_that_of_OR_Tools(int rows, int columns, double density)
    {
        var random = new Random(rows + columns);
        for (var round = 0; round < 10; round++)
        {
            var unlinked = Enumerable.Range(0, rows).Select(_ => random.Next(200, 800)).ToArray();
            var costs = Enumerable.Range(0, rows * columns).Select(_ => random.Next(0, 1000)).ToArray();
            var problem = Build(rows, columns, unlinked, costs, _ => random.NextDouble() < density);
            var linked = new int[rows];
            var total = new AssignmentSolver().Solve(problem, linked);
            AssertValid(problem, linked, total);
            Assert.Equal(ByOrTools(problem), (long)Math.Round(total * 8));
        }
    }

    [Fact]
    public void One_solver_gives_the_same_for_problem_after_problem()
    {
        var solver = new AssignmentSolver();
        SmallProblems.Sample(
            problem =>
            {
                var again = new int[problem.Rows];
                var fresh = new int[problem.Rows];
                solver.Solve(problem, again);
                new AssignmentSolver().Solve(problem, fresh);
                Assert.Equal(fresh, again);
            },
            threads: 1);
    }

    [Fact]
    public void A_link_that_costs_just_as_much_as_none_is_made()
    {
        var problem = new AssignmentProblem();
        problem.Reset(1, 1, 9);
        problem.Add(0, 0, 9);
        var columns = new int[1];
        Assert.Equal(9, new AssignmentSolver().Solve(problem, columns));
        Assert.Equal(0, columns[0]);
    }

    [Fact]
    public void Groups_that_share_no_candidate_are_separate_components()
    {
        var problem = new AssignmentProblem();
        problem.Reset(5, 5, 10);
        problem.Add(0, 0, 1);
        problem.Add(1, 0, 2);
        problem.Add(2, 3, 1);
        problem.Add(4, 3, 1);
        problem.Add(4, 4, 1);
        var solver = new AssignmentSolver();
        var columns = new int[5];
        Assert.Equal(1 + 10 + 1 + 10 + 1, solver.Solve(problem, columns));
        Assert.Equal(2, solver.Components);
        Assert.Equal([0, -1, 3, -1, 4], columns);
    }

    [Fact]
    public void Work_in_one_huge_component_grows_with_its_rows_and_not_with_their_square()
    {
        // A whole crystal within the gate: every particle has candidates at its own and its neighbours' sites.
        var perRow = new List<double>();
        foreach (var side in new[] { 10, 32, 100 })
        {
            var problem = Crystal(side, spacing: 10, gate: 16, jitter: 2.5);
            var columns = new int[problem.Rows];
            var solver = new AssignmentSolver();
            solver.Solve(problem, columns);
            Assert.Equal(1, solver.Components);
            perRow.Add((double)solver.Work / problem.Rows);
        }

        Assert.True(perRow[2] < 2 * perRow[0], $"work per row at 100, 1,024 and 10,000 particles: {string.Join(", ", perRow)}");
    }

    private static AssignmentProblem Crystal(int side, double spacing, double gate, double jitter)
    {
        var random = new Random(side);
        Point2 Site(int i) => new(
            (i % side * spacing) + ((random.NextDouble() - 0.5) * 2 * jitter), (i / side * spacing) + ((random.NextDouble() - 0.5) * 2 * jitter));
        var from = Enumerable.Range(0, side * side).Select(Site).ToArray();
        var to = Enumerable.Range(0, side * side).Select(Site).ToArray();
        var grid = new PointGrid();
        grid.Build(to, gate);
        var problem = new AssignmentProblem();
        problem.Reset(from.Length, to.Length, gate * gate);
        List<Neighbour> near = [];
        for (var i = 0; i < from.Length; i++)
        {
            near.Clear();
            grid.Within(from[i], gate, near);
            foreach (var n in near)
            {
                problem.Add(i, n.Index, n.DistanceSquared);
            }
        }

        return problem;
    }

    private static AssignmentProblem Build(int rows, int columns, int[] unlinked, int[] costs, Func<int, bool> isPresent)
    {
        var problem = new AssignmentProblem();
        problem.Reset(rows, columns, 0);
        for (var r = 0; r < rows; r++)
        {
            problem.UnlinkedCosts[r] = unlinked[r] / 8.0;
            for (var c = 0; c < columns; c++)
            {
                if (isPresent((r * columns) + c))
                {
                    problem.Add(r, c, costs[(r * columns) + c] / 8.0);
                }
            }
        }

        return problem;
    }

    private static void AssertValid(AssignmentProblem problem, int[] columns, double total)
    {
        var linked = columns.Where(c => c >= 0).ToArray();
        Assert.Equal(linked.Length, linked.Distinct().Count());
        var sum = 0.0;
        for (var r = 0; r < problem.Rows; r++)
        {
            sum += columns[r] < 0 ? problem.UnlinkedCosts[r] : problem.Links.ToArray().Single(l => l.Row == r && l.Column == columns[r]).Cost;
        }

        Assert.Equal(sum, total, 9);
    }

    private static double Cheapest(AssignmentProblem problem, int row, int used)
    {
        if (row == problem.Rows)
        {
            return 0;
        }

        var best = problem.UnlinkedCosts[row] + Cheapest(problem, row + 1, used);
        foreach (var link in problem.Links)
        {
            if (link.Row == row && (used & (1 << link.Column)) == 0)
            {
                best = Math.Min(best, link.Cost + Cheapest(problem, row + 1, used | (1 << link.Column)));
            }
        }

        return best;
    }

    /// <summary>The same problem as a linear sum assignment: a dummy column of its own for each row, a dummy row for each column.</summary>
    private static long ByOrTools(AssignmentProblem problem)
    {
        var assignment = new LinearSumAssignment();
        int rows = problem.Rows, columns = problem.Columns;
        foreach (var link in problem.Links)
        {
            assignment.AddArcWithCost(link.Row, link.Column, (long)(link.Cost * 8));
            assignment.AddArcWithCost(rows + link.Column, columns + link.Row, 0);
        }

        for (var r = 0; r < rows; r++)
        {
            assignment.AddArcWithCost(r, columns + r, (long)(problem.UnlinkedCosts[r] * 8));
        }

        for (var c = 0; c < columns; c++)
        {
            assignment.AddArcWithCost(rows + c, c, 0);
        }

        Assert.Equal(LinearSumAssignment.Status.OPTIMAL, assignment.Solve());
        return assignment.OptimalCost();
    }
}
