using LiveLtem.Inference.Models;
using LiveLtem.Training.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace LiveLtem.Training.Tests.Losses;

[Collection(TorchTests.Name)]
public sealed class MapLossTests
{
    private const int Size = 16;
    private const int Stride = 2;

    [Fact]
    public void Layers_that_nothing_tells_apart_may_come_in_either_order()
    {
        using var scope = NewDisposeScope();
        var (logits, geometry, maps) = Draw(3);
        using var loss = new MapLoss(new LossOptions(), 2, Stride);
        bool[] free = [false, false, false];
        var given = Value(loss, logits, geometry, maps, free);
        var swapped = Value(loss, logits, geometry, maps.flip(1), free);
        Assert.Equal(given, swapped, 1e-5);

        // Each sample for itself: the free order costs no more than any one order for all.
        bool[] bound = [true, true, true];
        Assert.True(given <= Math.Min(Value(loss, logits, geometry, maps, bound), Value(loss, logits, geometry, maps.flip(1), bound)) + 1e-6);
    }

    [Fact]
    public void Layers_with_an_order_are_held_to_it_sample_by_sample()
    {
        using var scope = NewDisposeScope();
        var (logits, geometry, maps) = Draw(1);
        using var loss = new MapLoss(new LossOptions(), 2, Stride);
        var (right, wrong) = (Value(loss, logits, geometry, maps, [true]), Value(loss, logits, geometry, maps.flip(1), [true]));
        Assert.NotEqual(right, wrong, 1e-3);

        // One sample bound, one free, of which the second has its layers the other way round.
        var (better, worse) = right < wrong ? (maps, maps.flip(1)) : (maps.flip(1), maps);
        var two = Value(loss, cat([logits, logits]), cat([geometry, geometry]), cat([worse, worse]), [true, false]);
        Assert.Equal((right + wrong) / 2, two, 1e-4);
    }

    [Fact]
    public void The_right_answer_costs_little_and_gradients_reach_every_map()
    {
        using var scope = NewDisposeScope();
        var (logits, geometry, maps) = Draw(2);
        using var loss = new MapLoss(new LossOptions(), 2, Stride);
        var sure = ((maps.narrow(2, 0, 3).ge(0.5).to(ScalarType.Float32) * 20) - 10).reshape(2, 6, Size, Size);
        var hard = maps.clone();
        hard.narrow(2, 0, 3).copy_(maps.narrow(2, 0, 3).ge(0.5));
        var cells = nn.functional.avg_pool2d(maps.narrow(2, 3, 3).reshape(2, 6, Size, Size), Stride);
        Assert.InRange(Value(loss, sure, cells, hard, [true, true]), 0, 0.05);

        logits.requires_grad = true;
        geometry.requires_grad = true;
        var (total, _) = loss.Of(logits, geometry, maps, [false, true]);
        total.backward();
        Assert.True(logits.grad!.abs().sum([0, 2, 3]).min().item<float>() > 0);
        Assert.True(geometry.grad!.abs().sum([0, 2, 3]).min().item<float>() > 0);
    }

    [Fact]
    public void Geometry_counts_near_centres_only()
    {
        using var scope = NewDisposeScope();
        var (logits, geometry, maps) = Draw(1);
        maps.narrow(2, MapLayout.Centre, 1).zero_();
        using var loss = new MapLoss(new LossOptions(), 2, Stride);
        var (_, parts) = loss.Of(logits, geometry, maps, [true]);
        Assert.Equal(0, MapLoss.Read(parts).Geometry);
    }

    private static double Value(MapLoss loss, Tensor logits, Tensor geometry, Tensor maps, bool[] ordered)
    {
        using var scope = NewDisposeScope();
        return loss.Of(logits, geometry, maps, ordered).Loss.item<float>();
    }

    private static (Tensor Logits, Tensor Geometry, Tensor Maps) Draw(int samples)
    {
        random.manual_seed(11);
        var maps = rand([samples, 2, MapLayout.PerLayer, Size, Size]);
        // The geometry is the same all over a particle.
        var geometry = maps.narrow(2, 3, 3);
        geometry.copy_(geometry.mean([3, 4], keepdim: true).expand_as(geometry));
        return (randn([samples, 6, Size, Size]), randn([samples, 6, Size / Stride, Size / Stride]), maps);
    }
}
