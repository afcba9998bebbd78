using System.Globalization;
using System.Runtime.InteropServices;

namespace LiveLtem.Training.Export;

/// <summary>Builds an ONNX model, node by node (github.com/onnx/onnx, onnx.proto; the numbers below are its field numbers).</summary>
/// <param name="name">Of the graph.</param>
internal sealed class OnnxGraph(string name)
{
    private const int FormatVersion = 8;
    private const int OperatorSet = 17;

    private readonly ProtoWriter _graph = new ProtoWriter().Text(2, name);
    private int _values;

    /// <summary>Types of elements that are used here.</summary>
    internal enum Element
    {
        /// <summary>32-bit float.</summary>
        Float = 1,

        /// <summary>Byte.</summary>
        Byte = 2,

        /// <summary>64-bit integer.</summary>
        Long = 7,
    }

    /// <summary>Adds a node with one output.</summary>
    /// <param name="operation">Operator, such as <c>Conv</c>.</param>
    /// <param name="inputs">Names of values; an empty one is left out.</param>
    /// <param name="attributes">Long, long[], float or string values by name.</param>
    /// <param name="output">Name of the output, else one is made up.</param>
    /// <returns>Name of the output.</returns>
    public string Node(string operation, IEnumerable<string> inputs, IEnumerable<(string Name, object Value)>? attributes = null, string? output = null)
    {
        output ??= string.Create(CultureInfo.InvariantCulture, $"{operation.ToLowerInvariant()}_{++_values}");
        Node(operation, inputs, [output], attributes);
        return output;
    }

    /// <summary>Adds a node.</summary>
    /// <param name="operation">Operator.</param>
    /// <param name="inputs">Names of values.</param>
    /// <param name="outputs">Names of its outputs.</param>
    /// <param name="attributes">Long, long[], float or string values by name.</param>
    public void Node(string operation, IEnumerable<string> inputs, IEnumerable<string> outputs, IEnumerable<(string Name, object Value)>? attributes = null)
    {
        var node = new ProtoWriter();
        foreach (var input in inputs)
        {
            node.Text(1, input);
        }

        foreach (var output in outputs)
        {
            node.Text(2, output);
        }

        node.Text(4, operation);
        foreach (var (key, value) in attributes ?? [])
        {
            node.Message(5, Attribute(key, value));
        }

        _graph.Message(1, node);
    }

    /// <summary>Adds a constant.</summary>
    /// <param name="label">Its name.</param>
    /// <param name="values">Its elements: float, byte or long.</param>
    /// <param name="shape">Its dimensions; none for a scalar.</param>
    /// <returns>Its name.</returns>
    public string Constant<T>(string label, ReadOnlySpan<T> values, params ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        var tensor = new ProtoWriter();
        foreach (var dimension in shape)
        {
            tensor.Number(1, dimension);
        }

        var element = typeof(T) == typeof(float) ? Element.Float : typeof(T) == typeof(byte) ? Element.Byte : Element.Long;
        tensor.Number(2, (long)element).Text(8, label).Raw(9, LittleEndian(values));
        _graph.Message(5, tensor);
        return label;
    }

    /// <summary>Declares an input.</summary>
    /// <param name="label">Its name.</param>
    /// <param name="element">Type of its elements.</param>
    /// <param name="shape">Dimensions: numbers, or names of what is only known when it runs.</param>
    public void Input(string label, Element element, params ReadOnlySpan<object> shape) => _graph.Message(11, Value(label, element, shape));

    /// <summary>Declares an output.</summary>
    /// <param name="label">Its name.</param>
    /// <param name="element">Type of its elements.</param>
    /// <param name="shape">Dimensions: numbers, or names of what is only known when it runs.</param>
    public void Output(string label, Element element, params ReadOnlySpan<object> shape) => _graph.Message(12, Value(label, element, shape));

    /// <summary>The whole file.</summary>
    /// <param name="metadata">What else to say in it.</param>
    public byte[] ToBytes(IEnumerable<KeyValuePair<string, string>> metadata)
    {
        var model = new ProtoWriter()
            .Number(1, FormatVersion)
            .Text(2, "LiveLTEM")
            .Message(7, _graph)
            .Message(8, new ProtoWriter().Text(1, "").Number(2, OperatorSet));
        foreach (var (key, value) in metadata)
        {
            model.Message(14, new ProtoWriter().Text(1, key).Text(2, value));
        }

        return model.Bytes.ToArray();
    }

    private static ProtoWriter Attribute(string key, object value)
    {
        var attribute = new ProtoWriter().Text(1, key);
        switch (value)
        {
            case float number:
                return attribute.Single(2, number).Number(20, 1);
            case long number:
                return attribute.Number(3, number).Number(20, 2);
            case string text:
                return attribute.Text(4, text).Number(20, 3);
            case long[] numbers:
                foreach (var number in numbers)
                {
                    attribute.Number(8, number);
                }

                return attribute.Number(20, 7);
            default:
                throw new ArgumentException($"attribute {key} is a {value.GetType().Name}", nameof(value));
        }
    }

    private static ProtoWriter Value(string label, Element element, ReadOnlySpan<object> shape)
    {
        var dimensions = new ProtoWriter();
        foreach (var dimension in shape)
        {
            dimensions.Message(1, dimension is string symbol ? new ProtoWriter().Text(2, symbol) : new ProtoWriter().Number(1, Convert.ToInt64(dimension, CultureInfo.InvariantCulture)));
        }

        var tensor = new ProtoWriter().Number(1, (long)element).Message(2, dimensions);
        return new ProtoWriter().Text(1, label).Message(2, new ProtoWriter().Message(1, tensor));
    }

    private static byte[] LittleEndian<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes(values).ToArray();
        if (!BitConverter.IsLittleEndian)
        {
            var size = bytes.Length / Math.Max(values.Length, 1);
            for (var at = 0; at < bytes.Length; at += size)
            {
                bytes.AsSpan(at, size).Reverse();
            }
        }

        return bytes;
    }
}
