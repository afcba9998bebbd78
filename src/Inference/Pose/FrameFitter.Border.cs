using LiveLtem.Core;

namespace LiveLtem.Inference.Pose;

/// <content>Particles that the border cuts.</content>
internal sealed partial class FrameFitter
{
    private const int CutAngles = 8;
    private const int CutSteps = 5;

    // What only memory says is there has no piece of the mask to say it.
    private static bool IsCutByBorder(Frame frame, Hypothesis hypothesis)
    {
        var pose = hypothesis.Pose;
        return hypothesis.Blob.AtBorder || (hypothesis.Blob.Component == 0 && pose.Layer == 0
            && (pose.X < pose.Reach || pose.Y < pose.Reach || pose.X > frame.Width - 1 - pose.Reach || pose.Y > frame.Height - 1 - pose.Reach));
    }

    // Of a long particle that the border cuts the guess is the visible part's middle; its own lies farther out along its axis, too far for a fit to get there.
    private ShapePose BestCut(Frame frame, ShapePose guess)
    {
        var best = guess;
        var least = Pose.Misfit(guess, first: true);
        for (var i = 0; i < CutAngles; i++)
        {
            var angle = guess.Angle + (Math.PI * i / CutAngles);
            var (sin, cos) = Math.SinCos(angle);
            for (var k = 1 - CutSteps; k < CutSteps; k++)
            {
                var along = guess.S1 * k / CutSteps;
                var cut = guess with { Angle = angle, X = guess.X + (along * cos), Y = guess.Y + (along * sin) };
                if (k != 0 && Depth(cut) > Depth(guess))
                {
                    continue;
                }

                var misfit = Pose.Misfit(cut, first: false);
                if (misfit < least)
                {
                    least = misfit;
                    best = cut;
                }
            }
        }

        return best;

        double Depth(in ShapePose pose) => Math.Min(Math.Min(pose.X, pose.Y), Math.Min(frame.Width - 1 - pose.X, frame.Height - 1 - pose.Y));
    }
}
