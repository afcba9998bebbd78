using System.CommandLine;
using LiveLtem.Core;

namespace LiveLtem.App.Verbs;

/// <summary><c>liveltem train</c>: a program of its own, which the launcher of a checkout builds and runs, so that this one never needs libtorch.</summary>
internal static class TrainVerb
{
    /// <summary>Creates the verb: it is reached only where there is no checkout.</summary>
    public static Command Create()
    {
        var verb = new Command(
            "train",
            "Trains the networks that find particles, on simulated pictures and on labelled frames of your own, and the denoiser, on a recording.\n\nExample:\n  liveltem train segment --steps 12000 --name mine")
        {
            TreatUnmatchedTokensAsErrors = false,
        };
        verb.SetAction(int (_) => throw new InputException(
            "training needs the source tree: run './liveltem train' in a checkout, then copy the model and its card into this program's folder 'models'"));
        return verb;
    }
}
