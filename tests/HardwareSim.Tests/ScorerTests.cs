using CsCheck;
using LiveLtem.Core;
using LiveLtem.HardwareSim.Scoring;

namespace LiveLtem.HardwareSim.Tests;

public class ScorerTests
{
    [Fact]
    public void A_table_against_itself_is_perfect()
    {
        const string Table = "frame,particle,x,y,minor_px,angle_deg,symmetry\n0,0,10,10,8,3,4\n0,1,40,10,8,3,4\n1,0,11,10,8,4,4\n1,1,41,10,8,4,4\n";
        var report = Score(Table, Table);
        Assert.Equal(1, report.Detection.F1);
        Assert.Equal(1, report.Mot!.Mota);
        Assert.Equal(1, report.Identity!.Idf1);
        Assert.Equal(1, report.Hota!.Hota, 12);
        Assert.Equal(1, report.Hota!.LocA, 12);
        Assert.Equal(0, report.Errors.PositionRmsPx);
        Assert.Equal(0, report.Errors.AngleRmsDeg);
        Assert.Equal(1, report.SymmetryAccuracy);
    }

    [Fact]
    public void Precision_recall_and_F1_count_found_false_and_missed()
    {
        // Of three true two are found; one predicted point lies 5 px off, beyond the gate of 4.
        var report = Score(
            "frame,particle,x,y,minor_px\n0,0,10,10,8\n0,1,40,10,8\n1,0,10,10,8\n",
            "frame,particle,x,y\n0,0,10,11\n0,1,40,15\n1,0,10,10\n");
        Assert.Equal(new DetectionScore(2, 1, 1), report.Detection);
        Assert.Equal(2.0 / 3, report.Detection.F1, 12);
        Assert.Equal(2, Score("frame,x,y\n0,10,10\n0,40,10\n", "frame,x,y\n0,10,11\n0,40,15\n", 5).Detection.Found);
    }

    [Fact]
    public void The_assignment_takes_the_most_pairs_and_then_the_nearest()
    {
        // Greedy would pair truth 10 with 11 and leave truth 13 alone.
        var report = Score("frame,x,y,minor_px\n0,10,0,8\n0,13,0,8\n", "frame,x,y\n0,11,0\n0,7,0\n");
        Assert.Equal(new DetectionScore(2, 0, 0), report.Detection);
        Assert.Equal(Math.Sqrt((9 + 4) / 4.0), report.Errors.PositionRmsPx!.Value, 12);
    }

    [Fact]
    public void Hardly_visible_particles_are_neither_missed_nor_false()
    {
        var report = Score(
            "frame,particle,x,y,minor_px,visible\n0,0,10,10,8,1\n0,1,40,10,8,0.2\n1,0,10,10,8,1\n1,1,40,10,8,0.2\n",
            "frame,particle,x,y\n0,5,10,10\n0,6,40,10\n1,5,10,10\n");
        Assert.Equal(new DetectionScore(2, 0, 0), report.Detection);
        Assert.Equal(2, report.Ignored);
        Assert.Equal(1, report.Mot!.Mota);
        Assert.Equal(1, report.Hota!.Hota, 12);
    }

    [Fact]
    public void Errors_are_measured_as_stated()
    {
        var report = Score(
            "frame,x,y,minor_px,x_bound_px,y_bound_px,angle_deg,symmetry,angle_bound_deg,area_px,major_px\n0,10,10,8,0.5,0.5,89,4,1,100,10\n",
            "frame,x,y,x_err,y_err,angle_deg,angle_err_deg,symmetry,area_px,major_px,minor_px\n0,11,9,2,1,1,2,4,110,10.5,7.8\n").Errors;
        Assert.Equal(1, report.PositionRmsPx!.Value, 12);
        Assert.Equal(Math.Sqrt(2), report.PositionMedianPx!.Value, 12);
        Assert.Equal(2, report.PositionOverBound!.Value, 12);
        Assert.Equal((0.25 + 1) / 2, report.PositionNees!.Value, 12);
        Assert.Equal(1, report.BiasXPx!.Value, 12);
        Assert.Equal(-1, report.BiasYPx!.Value, 12);
        // From 89 to 1 modulo 90 is 2 degrees.
        Assert.Equal(2, report.AngleRmsDeg!.Value, 12);
        Assert.Equal(2, report.AngleOverBound!.Value, 12);
        Assert.Equal(1, report.AngleNees!.Value, 12);
        Assert.Equal(0.1, report.AreaBias!.Value, 12);
        Assert.Equal(0.5, report.MajorBiasPx!.Value, 12);
        Assert.Equal(-0.2, report.MinorBiasPx!.Value, 12);
    }

    [Fact]
    public void A_layer_flips_where_it_differs_from_that_of_the_same_particle_in_the_frame_before()
    {
        // Particle 0 goes 1, 2, 2 (one flip, both frames in a layer that it is not in); particle 1 is missed in between, which says nothing of its layer.
        var report = Score(
            "frame,particle,x,y,minor_px,layer\n0,0,10,10,8,1\n0,1,40,10,8,2\n1,0,10,10,8,1\n1,1,40,10,8,2\n2,0,10,10,8,1\n2,1,40,10,8,2\n",
            "frame,particle,x,y,layer\n0,0,10,10,1\n0,1,40,10,2\n1,0,10,10,2\n2,0,10,10,2\n2,1,40,10,1\n");
        Assert.Equal(new LayerStability(1, 2), report.LayerFlips);
        Assert.Equal(500, report.LayerFlips!.PerThousand);
        Assert.Null(Score("frame,particle,x,y,minor_px,layer\n0,0,10,10,8,0\n", "frame,particle,x,y,layer\n0,0,10,10,0\n").LayerFlips);
    }

    [Fact]
    public void Angles_count_only_where_the_symmetry_agrees()
    {
        var report = Score(
            "frame,x,y,minor_px,angle_deg,symmetry\n0,10,10,8,10,4\n0,40,10,8,10,2\n0,70,10,8,,0\n",
            "frame,x,y,angle_deg,symmetry\n0,10,10,13,4\n0,40,10,70,4\n0,70,10,,0\n");
        Assert.Equal(1, report.Errors.Angles);
        Assert.Equal(3, report.Errors.AngleRmsDeg!.Value, 12);
        Assert.Equal(2.0 / 3, report.SymmetryAccuracy!.Value, 12);
    }

    [Fact]
    public void A_swap_of_two_tracks_costs_two_switches()
    {
        const string Truth = "frame,particle,x,y,minor_px\n0,a,10,10,8\n0,b,40,10,8\n1,a,10,10,8\n1,b,40,10,8\n2,a,10,10,8\n2,b,40,10,8\n3,a,10,10,8\n3,b,40,10,8\n";
        var report = Score(Truth, "frame,particle,x,y\n0,0,10,10\n0,1,40,10\n1,0,10,10\n1,1,40,10\n2,1,10,10\n2,0,40,10\n3,1,10,10\n3,0,40,10\n");
        Assert.Equal(2, report.Mot!.IdSwitches);
        Assert.Equal(1 - (2 / 8.0), report.Mot.Mota, 12);
        Assert.Equal(0.5, report.Identity!.Idf1, 12);
        // Every detection is right; each pair of ids shares 2 of 4 + 4 - 2 rows.
        Assert.Equal(1, report.Hota!.DetA, 12);
        Assert.Equal(1 / 3.0, report.Hota.AssA, 12);
        Assert.Equal(Math.Sqrt(1 / 3.0), report.Hota.Hota, 12);
    }

    [Fact]
    public void A_particle_found_again_after_a_miss_is_one_fragmentation_and_no_switch()
    {
        var report = Score(
            "frame,particle,x,y,minor_px\n0,0,10,10,8\n1,0,10,10,8\n2,0,10,10,8\n",
            "frame,particle,x,y\n0,0,10,10\n2,0,10,10\n");
        Assert.Equal(1, report.Mot!.Fragmentations);
        Assert.Equal(0, report.Mot.IdSwitches);
        Assert.Equal(2 / 3.0, report.Mot.Mota, 12);
        Assert.Equal(2 * 2 / 5.0, report.Identity!.Idf1, 12);
        Assert.Equal(2 / 3.0, report.Hota!.Hota, 12);
    }

    [Fact]
    public void HOTA_falls_with_the_distance_by_thresholds_of_similarity()
    {
        // d = 2 of 8: similarity 0.75, so 15 of 19 thresholds (0.05 to 0.75) hold.
        var hota = Score("frame,particle,x,y,minor_px\n0,0,10,10,8\n", "frame,particle,x,y\n0,0,12,10\n").Hota!;
        Assert.Equal(15 / 19.0, hota.Hota, 12);
        Assert.Equal(((15 * 0.75) + 4) / 19.0, hota.LocA, 12);
    }

    [Fact]
    public void The_layer_has_to_agree_for_the_layer_aware_score()
    {
        var report = Score(
            "frame,x,y,minor_px,layer\n0,10,10,8,1\n0,11,10,8,2\n0,40,10,8,1\n",
            "frame,x,y,layer\n0,10,10,2\n0,11,10,1\n0,40,10,2\n");
        Assert.Equal(new DetectionScore(3, 0, 0), report.Detection);
        Assert.Equal(new DetectionScore(2, 1, 1), report.LayerAware);
    }

    [Fact]
    public void Ids_may_be_words_rows_and_columns_in_any_order_and_frames_written_as_floats()
    {
        var report = Score(
            "y,x,particle,frame,minor_px,note\n10,11,P-1,1.0,8,x\n10,10,P-1,0.0,8,\n",
            "particle,frame,x,y\n\"t 7\",1,11,10\n\"t 7\",0,10,10\n");
        Assert.Equal(1, report.Hota!.Hota, 12);
    }

    [Theory]
    [InlineData("frame,x\n0,1\n", "has no column 'y'")]
    [InlineData("frame,x,y\n0,1\n", "line 2: has 2 cells")]
    [InlineData("frame,x,y\n0,1,two\n", "line 2, column 3: 'two'")]
    [InlineData("frame,x,y\n0.5,1,2\n", "line 2, column 1: '0.5'")]
    [InlineData("", "is empty")]
    public void A_damaged_table_is_refused_in_words(string table, string words)
    {
        var error = Assert.ThrowsAny<InputException>(() => Read(table));
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_minor_length_a_gate_is_asked_for()
    {
        var error = Assert.Throws<InputException>(() => Score("frame,x,y\n0,1,1\n", "frame,x,y\n0,1,1\n"));
        Assert.Contains("--gate-px", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_sparse_assignment_equals_brute_force()
    {
        var cases = Gen.Select(Gen.Int[0, 5], Gen.Int[0, 5], Gen.Double[-0.3, 1].Array[25]);
        cases.Sample((rows, columns, weights) =>
        {
            var edges = new List<(int, int, double)>();
            for (var i = 0; i < rows; i++)
            {
                for (var j = 0; j < columns; j++)
                {
                    if (weights[(i * 5) + j] > 0.2)
                    {
                        edges.Add((i, j, weights[(i * 5) + j]));
                    }
                }
            }

            var chosen = SparseAssignment.Solve(rows, columns, edges);
            Assert.Equal(chosen.Count(c => c >= 0), chosen.Where(c => c >= 0).Distinct().Count());
            var total = chosen.Select((c, i) => c < 0 ? 0 : edges.Single(e => e.Item1 == i && e.Item2 == c).Item3).Sum();
            Assert.Equal(Best(0, rows, 0, edges), total, 9);
        });
    }

    private static double Best(int row, int rows, int taken, List<(int Row, int Column, double Weight)> edges) =>
        row == rows
            ? 0
            : edges.Where(e => e.Row == row && (taken & (1 << e.Column)) == 0)
                .Select(e => e.Weight + Best(row + 1, rows, taken | (1 << e.Column), edges)).Append(Best(row + 1, rows, taken, edges)).Max();

    private static ScoreReport Score(string truth, string predicted, double? gate = null) => Scorer.Score(Read(truth), Read(predicted), gate);

    private static PointTable Read(string text)
    {
        using var reader = new StringReader(text);
        return PointTable.Read(reader, "table.csv");
    }
}
