using LiveLtem.Core;
using LiveLtem.Core.Live;

namespace LiveLtem.Broadcast.Wire;

/// <summary>How the denoiser lies on the wire: in <c>status</c>, in its events, and as the topic <c>unsupported</c>.</summary>
internal static class DenoiserLayout
{
    /// <summary>Fields of a denoiser.</summary>
    public const int Fields = 6;

    /// <summary>The <see cref="Fields"/> of a denoiser, in a map that is begun already.</summary>
    public static void WriteFields<TWriter>(ref TWriter writer, DenoiserInUse denoiser)
        where TWriter : struct, IWireWriter, allows ref struct
    {
        writer.Field("version"u8, denoiser.Version);
        writer.Field("name"u8, denoiser.Name);
        writer.Field("sha256"u8, denoiser.Sha256);
        writer.Field("first_frame"u8, denoiser.FirstFrame);
        writer.Field("held_out_gain"u8, denoiser.HeldOutGain);
        writer.Field("held_out_gain_before"u8, denoiser.HeldOutGainBefore);
    }

    /// <summary>The denoiser as it stands; null where there is none.</summary>
    public static void WriteStatus<TWriter>(ref TWriter writer, DenoiserStatus? status)
        where TWriter : struct, IWireWriter, allows ref struct
    {
        if (status is null)
        {
            writer.Null();
            return;
        }

        writer.BeginMap(Fields + 2);
        WriteFields(ref writer, status.Denoiser);
        writer.Field("adaptation"u8, status.Adaptation);
        writer.Key("honesty"u8);
        if (status.Honesty is { } honesty)
        {
            writer.BeginMap(7);
            writer.Field("frames"u8, honesty.Frames);
            writer.Field("upsnr_db"u8, honesty.UnsupervisedPsnrDb);
            writer.Field("umse"u8, honesty.UnsupervisedMse);
            writer.Field("umse_err"u8, honesty.UnsupervisedMseErr);
            writer.Field("raw_mse"u8, honesty.RawMse);
            writer.Field("residual_correlation"u8, honesty.ResidualCorrelation);
            writer.Field("unsupported_fraction"u8, honesty.UnsupportedFraction);
            writer.EndMap();
        }
        else
        {
            writer.Null();
        }

        writer.EndMap();
    }

    /// <summary><c>{height, width, runs: [start, length, …]}</c>: pixels of the full frame, counted row by row.</summary>
    public static void WriteMask<TWriter>(ref TWriter writer, UnsupportedMask mask)
        where TWriter : struct, IWireWriter, allows ref struct
    {
        writer.BeginMap(3);
        writer.Field("height"u8, mask.Height);
        writer.Field("width"u8, mask.Width);
        writer.Key("runs"u8);
        writer.BeginArray(mask.Runs.Count);
        foreach (var value in mask.Runs)
        {
            writer.Value((long)value);
        }

        writer.EndArray();
        writer.EndMap();
    }
}
