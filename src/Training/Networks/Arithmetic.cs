using TorchSharp;
using static TorchSharp.torch;

namespace LiveLtem.Training.Networks;

/// <summary>Sums, products and the like of tensors and numbers, to be used in place of TorchSharp's operators and methods that take a number. Those named
/// by a verb change their tensor.</summary>
/// <remarks>
/// TorchSharp makes a <see cref="Scalar"/> of each number, one even for the sum of two tensors, and hands its address to native code. Nothing refers to the
/// object from then on: a garbage collection, which may come at any time from the threads that make samples, frees the number while native code reads it. The
/// step then fails, or goes on with a wrong number, and the same seed no longer gives the same weights. Here every number lives until its call is over.
/// Tensors have finalizers just so: all work on them happens where a dispose scope, a field or a <c>using</c> keeps them.
/// </remarks>
internal static class Arithmetic
{
    /// <summary>The sum of two tensors.</summary>
    public static Tensor Plus(this Tensor tensor, Tensor other)
    {
        using var one = 1.ToScalar();
        return tensor.add(other, one);
    }

    /// <summary>A tensor and a number added.</summary>
    public static Tensor Plus(this Tensor tensor, double number)
    {
        using var scalar = number.ToScalar();
        using var one = 1.ToScalar();
        return tensor.add(scalar, one);
    }

    /// <summary>A tensor times a number.</summary>
    public static Tensor Times(this Tensor tensor, double number)
    {
        using var scalar = number.ToScalar();
        return tensor.mul(scalar);
    }

    /// <summary>A tensor divided by a number.</summary>
    public static Tensor Over(this Tensor tensor, double number)
    {
        using var scalar = number.ToScalar();
        return tensor.div(scalar);
    }

    /// <summary>A tensor with what is smaller than a number raised to it.</summary>
    public static Tensor AtLeast(this Tensor tensor, double number)
    {
        using var scalar = number.ToScalar();
        return tensor.clamp_min(scalar);
    }

    /// <summary>Where a tensor is at least a number.</summary>
    public static Tensor IsAtLeast(this Tensor tensor, double number)
    {
        using var scalar = number.ToScalar();
        return tensor.ge(scalar);
    }

    /// <summary>Sets all of a tensor to a number.</summary>
    public static Tensor Fill(this Tensor tensor, double number)
    {
        using var scalar = number.ToScalar();
        return tensor.fill_(scalar);
    }

    /// <summary>Adds a number to a tensor.</summary>
    public static Tensor Add(this Tensor tensor, double number)
    {
        using var scalar = number.ToScalar();
        using var one = 1.ToScalar();
        return tensor.add_(scalar, one);
    }

    /// <summary>Multiplies a tensor by a number.</summary>
    public static Tensor Multiply(this Tensor tensor, double number)
    {
        using var scalar = number.ToScalar();
        return tensor.mul_(scalar);
    }

    /// <summary>Adds to a tensor another one times a number.</summary>
    public static Tensor Add(this Tensor tensor, Tensor other, double times)
    {
        using var scalar = times.ToScalar();
        return tensor.add_(other, scalar);
    }

    /// <summary>Adds to a tensor the product of two others times a number.</summary>
    public static Tensor AddProduct(this Tensor tensor, Tensor a, Tensor b, double times)
    {
        using var scalar = times.ToScalar();
        return tensor.addcmul_(a, b, scalar);
    }

    /// <summary>Adds to a tensor the quotient of two others times a number.</summary>
    public static Tensor AddQuotient(this Tensor tensor, Tensor above, Tensor below, double times)
    {
        using var scalar = times.ToScalar();
        return tensor.addcdiv_(above, below, scalar);
    }
}
