using System.CommandLine;
using LiveLtem.App.Hosting;
using LiveLtem.Core;
using LiveLtem.HardwareSim.Scoring;

namespace LiveLtem.App.Verbs;

/// <summary><c>score --truth truth.csv --pred tracks.csv</c>: how good a table is.</summary>
internal static class ScoreVerb
{
    /// <summary>Builds the verb.</summary>
    public static Command Create()
    {
        var truth = new Option<string>("--truth") { Description = "What was there: truth.csv of a simulation, or any frame,particle,x,y table; the movie without noise, clean.mrc; or label images.", Required = true };
        var predicted = new Option<string>("--pred") { Description = "What was found: tracks.csv, or any frame,x,y table; a denoised movie; or label images, masks.tif.", Required = true };
        var gate = new Option<double?>("--gate-px") { Description = "Greatest distance of a match, px (default: half of the particle's minor length)." };
        var layers = new Option<int>("--layers") { Description = "Pages a frame of label images: 2 where layers are told apart.", DefaultValueFactory = _ => 1 };
        var json = new Option<bool>("--json") { Description = "One JSON object for scripts." };
        var command = new Command(
            "score",
            "Detection F1, position and angle errors against their bound, id switches, MOTA, IDF1 and HOTA of a table against the truth; detail correlation, calibration, PSNR and SSIM of a denoised movie; overlap of label images.\n\nExamples:\n  liveltem score --truth sim/truth.csv --pred out/tracks.csv --json\n  liveltem score --truth sim/clean.mrc --pred out/denoised.mrc\n  liveltem score --truth sim/masks.tif --pred out/masks.tif")
        {
            truth, predicted, gate, layers, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (movie, other) = (MovieScore.IsMovie(parsed.GetRequiredValue(truth)), MovieScore.IsMovie(parsed.GetRequiredValue(predicted)));
            if (movie != other)
            {
                throw new InputException("--truth and --pred: one is a movie and the other a table; give two of a kind");
            }

            if (movie)
            {
                Console.Out.WriteLine(await MovieScore.CompareAsync(
                    parsed.GetRequiredValue(truth), parsed.GetRequiredValue(predicted), parsed.GetValue(layers), parsed.GetValue(json), cancellationToken).ConfigureAwait(false));
                return 0;
            }

            var report = Scorer.Score(
                PointTable.Read(parsed.GetRequiredValue(truth)), PointTable.Read(parsed.GetRequiredValue(predicted)), parsed.GetValue(gate));
            Console.Out.WriteLine(parsed.GetValue(json) ? ScoreText.Json(report) : ScoreText.Table(report));
            return 0;
        });
        return command;
    }
}
