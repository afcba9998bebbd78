using LiveLtem.Core;
using LiveLtem.Training.Commands;
using LiveLtem.Training.Running;

namespace LiveLtem.Training.Tests.Commands;

public sealed class TrainRequestTests
{
    private static readonly TrainRequest Good = new() { Task = "segment", Name = "mine", Size = 128, Command = "liveltem train segment", Options = new TrainingOptions() };

    public static TheoryData<string, string> Bad => new()
    {
        { "steps", "--steps 0" },
        { "batch", "--batch 1000" },
        { "memory", "--batch 256 of --size 1024: more than fits into memory; choose a batch of at most 32" },
        { "epoch", "--epoch 0" },
        { "threads", "--threads 0" },
        { "rate", "--rate 2" },
        { "size", "--size 100" },
        { "name", "--name '../x'" },
        { "share", "--simulated-share 2" },
        { "lonely share", "--simulated-share needs --data" },
        { "network", "'stem9'" },
    };

    [Fact]
    public void A_good_request_becomes_a_training() => Assert.Equal(("mine", 1, "stem2-w16-d4-c1"), (Good.Check().Name, Good.Check().Layers, Good.Check().Network));

    [Theory]
    [MemberData(nameof(Bad))]
    public void What_is_out_of_range_is_named(string what, string expected)
    {
        var options = Good.Options;
        var request = what switch
        {
            "steps" => Good with { Options = options with { Steps = 0 } },
            "batch" => Good with { Options = options with { Batch = 1000 } },
            "memory" => Good with { Size = 1024, Options = options with { Batch = 256 } },
            "epoch" => Good with { Options = options with { Epoch = 0 } },
            "threads" => Good with { Options = options with { Threads = 0 } },
            "rate" => Good with { Options = options with { Rate = 2 } },
            "size" => Good with { Size = 100 },
            "name" => Good with { Name = "../x" },
            "share" => Good with { Data = new DirectoryInfo("frames"), SimulatedShare = 2 },
            "lonely share" => Good with { SimulatedShare = 0.2 },
            _ => Good with { Network = "stem9-w16" },
        };
        Assert.Contains(expected, Assert.Throws<InputException>(request.Check).Message, StringComparison.Ordinal);
    }
}
