using System.Xml;
using System.Xml.Linq;

namespace LiveLtem.Acquisition.Files.Tiff;

/// <summary>XML from a file that may be hostile: no DTD, no entities, nothing fetched.</summary>
internal static class SafeXml
{
    /// <summary>The document, or null where it is not well-formed.</summary>
    public static XElement? TryParse(string text)
    {
        // A byte order mark or padding may stand around the document.
        var start = text.IndexOf('<', StringComparison.Ordinal);
        var end = text.LastIndexOf('>');
        if (start < 0 || end < start)
        {
            return null;
        }

        try
        {
            var settings = new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null };
            using var reader = XmlReader.Create(new StringReader(text[start..(end + 1)]), settings);
            return XDocument.Load(reader).Root;
        }
        catch (XmlException)
        {
            return null;
        }
    }

    /// <summary>Elements by name, whatever the namespace (OME's changes with every version).</summary>
    public static IEnumerable<XElement> All(this XElement root, string name) => root.DescendantsAndSelf().Where(e => e.Name.LocalName == name);

    /// <summary>The text of the first such element, or null.</summary>
    public static string? FirstText(this XElement root, string name) => root.All(name).FirstOrDefault()?.Value is { Length: > 0 } text ? text.Trim() : null;
}
