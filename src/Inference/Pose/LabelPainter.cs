namespace LiveLtem.Inference.Pose;

/// <summary>Paints the fitted shapes into a label image.</summary>
internal static class LabelPainter
{
    /// <summary>Paints.</summary>
    /// <param name="particles">Fitted particles; number i gets the label i + 1.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="layers">1 or 2.</param>
    /// <returns>Labels [layers, height, width], 0 background; where two of a layer overlap the nearer centre has the pixel.</returns>
    public static ushort[] Paint(IReadOnlyList<Hypothesis> particles, int height, int width, int layers)
    {
        var labels = new ushort[layers * height * width];
        for (var p = 0; p < particles.Count && p < ushort.MaxValue; p++)
        {
            var pose = particles[p].Pose;
            if (pose.Kind == ShapeKind.Irregular)
            {
                pose = pose with { Kind = ShapeKind.Rod, S1 = Math.Max(pose.S1, pose.S2) };
            }

            var box = FitBox.Around(pose, 1);
            var coverage = new float[box.Count];

            // Half of a narrow blur is the outline itself.
            ShapeRenderer.Draw(pose.Kind == ShapeKind.Rod ? pose with { Contrast = 0.9 } : pose, 0.3, box, coverage, [], 0);
            for (var i = 0; i < coverage.Length; i++)
            {
                var x = box.X0 + (i % box.Width);
                var y = box.Y0 + (i / box.Width);
                var inside = pose.Kind.IsRound() ? coverage[i] > 0.08f : coverage[i] >= 0.5f;
                if (!inside || x < 0 || y < 0 || x >= width || y >= height)
                {
                    continue;
                }

                ref var label = ref labels[(((pose.Layer == 2 ? height : 0) + y) * width) + x];
                if (label == 0 || Distance(particles[label - 1].Pose, x, y) > Distance(pose, x, y))
                {
                    label = (ushort)(p + 1);
                }
            }
        }

        return labels;
    }

    private static double Distance(in ShapePose pose, int x, int y) => Math.Pow(pose.X - x, 2) + Math.Pow(pose.Y - y, 2);
}
