using System.Globalization;

namespace LiveLtem.Session.Log;

/// <summary>xxHash64 as 16 hexadecimal digits, as <c>xxhsum -H64</c> prints it.</summary>
internal static class HashText
{
    public static string Of(ulong hash) => hash.ToString("x16", CultureInfo.InvariantCulture);

    public static bool TryParse(string text, out ulong hash) => ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out hash);
}
