using System.IO.Hashing;

namespace LiveLtem.Session.Log;

/// <summary>What the frames of a damaged session are, where its files do not agree.</summary>
/// <param name="Shape">Size and type, or null where nothing is certain enough to read by.</param>
/// <param name="IsCertain">Whether something may be cut off or written anew by it: a frame verified, or two files agree and none has a better word.</param>
internal readonly record struct ShapeChoice(FrameShape? Shape, bool IsCertain)
{
    private const int FramesTried = 8;

    /// <summary>Asks the head, the stack itself and the copy in the database; the pixels decide.</summary>
    /// <param name="folder">The session, its index mended.</param>
    /// <param name="head">What <c>session.json</c> says, or null.</param>
    /// <param name="copy">What the copy of it in the database says, or null.</param>
    public static ShapeChoice Make(string folder, FrameShape? head, FrameShape? copy)
    {
        var said = new[] { head, StackShape.Find(folder), copy }.OfType<FrameShape>().GroupBy(shape => shape).OrderByDescending(group => group.Count()).ToList();
        foreach (var group in said)
        {
            if (Verifies(folder, group.Key))
            {
                return new ShapeChoice(group.Key, IsCertain: true);
            }
        }

        return said.Count > 0 && (said.Count == 1 || said[0].Count() > 1)
            ? new ShapeChoice(said[0].Key, said[0].Count() > 1)
            : new ShapeChoice(null, IsCertain: false);
    }

    private static bool Verifies(string folder, FrameShape shape)
    {
        using var frames = SessionFrames.Open(folder, shape);
        var pixels = new byte[frames.WholeFrames > 0 ? shape.Bytes : 0];
        return frames.Kept().Take(FramesTried).Any(record => frames.TryReadPixels(record.Position, pixels) && XxHash64.HashToUInt64(pixels) == record.Hash);
    }
}
