using System.Reflection;
using System.Reflection.Emit;
using LiveLtem.Training.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace LiveLtem.Training.Tests.Networks;

/// <summary>Reads the instructions of the program and of TorchSharp: a training finds by luck only what a garbage collection may free.</summary>
public sealed class ArithmeticTests
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<int, OpCode> Instructions = typeof(OpCodes).GetFields().Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => (int)(ushort)code.Value);

    [Fact]
    public void Numbers_for_native_code_are_made_in_Arithmetic_only_where_they_outlive_the_call()
    {
        var types = typeof(UNet).Assembly.GetTypes();
        var calls =
            from type in types
            from method in Methods(type)
            from called in Calls(method)
            where !(type == typeof(Arithmetic) && MakesNumber(called)) && ComesToNumber(called)
            select $"{type.Name}.{method.Name}: {called}";
        var modules =
            from type in types
            from field in type.GetFields(Declared)
            where field.FieldType.Assembly == typeof(Tensor).Assembly && field.FieldType.IsAssignableTo(typeof(nn.Module)) && ForwardMakesNumber(field.FieldType)
            select $"{type.Name}.{field.Name}: {field.FieldType}";
        Assert.Empty(calls.Concat(modules));
    }

    [Fact]
    public void What_TorchSharp_makes_itself_is_seen()
    {
        Assert.True(ForwardMakesNumber(typeof(TorchSharp.Modules.BatchNorm2d)));
        Assert.False(ForwardMakesNumber(typeof(TorchSharp.Modules.Conv2d)));
        Assert.True(ComesToNumber(typeof(Tensor).GetMethod("op_Addition", [typeof(Tensor), typeof(Tensor)])!));
        Assert.True(ComesToNumber(typeof(Tensor).GetMethod("add", [typeof(Scalar)])!));
        Assert.False(ComesToNumber(typeof(Tensor).GetMethod("op_Multiply", [typeof(Tensor), typeof(Tensor)])!));
    }

    private static bool MakesNumber(MethodBase method) =>
        (method.DeclaringType == typeof(Scalar) && method.Name == "op_Implicit") || method.DeclaringType == typeof(ScalarExtensionMethods);

    private static bool ForwardMakesNumber(Type module) => module.GetMethod("forward", [typeof(Tensor)]) is { } forward && ComesToNumber(forward);

    private static bool ComesToNumber(MethodBase method)
    {
        var (seen, left) = (new HashSet<MethodBase>(), new Stack<MethodBase>([method]));
        while (left.TryPop(out var next))
        {
            if (MakesNumber(next))
            {
                return true;
            }

            if (next.Module == typeof(Tensor).Module && seen.Add(next))
            {
                Calls(next).ToList().ForEach(left.Push);
            }
        }

        return false;
    }

    private static IEnumerable<MethodBase> Methods(Type type) => type.GetMethods(Declared).Concat<MethodBase>(type.GetConstructors(Declared));

    private static IEnumerable<MethodBase> Calls(MethodBase method)
    {
        if (method.GetMethodBody()?.GetILAsByteArray() is not { } body)
        {
            yield break;
        }

        var ofType = method.DeclaringType!.GetGenericArguments();
        var ofMethod = method is MethodInfo { IsGenericMethod: true } ? method.GetGenericArguments() : [];
        for (var at = 0; at < body.Length;)
        {
            // Instructions of two bytes begin with 0xFE.
            var code = Instructions[body[at] == 0xFE ? 0xFE00 | body[at + 1] : body[at]];
            at += code.Size;
            if (code.OperandType == OperandType.InlineMethod)
            {
                yield return method.Module.ResolveMethod(BitConverter.ToInt32(body, at), ofType, ofMethod)!;
            }

            at += code.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(body, at)),
                _ => 4,
            };
        }
    }
}
