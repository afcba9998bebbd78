using LiveLtem.Training.Native;

namespace LiveLtem.Training.Tests.Native;

public sealed class TorchFailureTests
{
    [Theory]
    [InlineData(
        "The size of tensor a (9) must match the size of tensor b (10) at non-singleton dimension 3\nException raised from infer_size_impl at /pytorch/aten/src/ATen/ExpandUtils.cpp:31 (most recent call first):\nframe #0: c10::Error",
        "The size of tensor a (9) must match the size of tensor b (10) at non-singleton dimension 3")]
    [InlineData(
        "[enforce fail at alloc_cpu.cpp:118] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 4398046511104 bytes. Error code 12 (Cannot allocate memory)\nframe #0: c10",
        "DefaultCPUAllocator: can't allocate memory: you tried to allocate 4398046511104 bytes. Error code 12 (Cannot allocate memory)")]
    [InlineData(
        "Expected false to be true, but got false.  (Could this error message be improved?  If so, please report an enhancement request to PyTorch.)\nException raised from toFloat",
        "Expected false to be true, but got false")]
    [InlineData("", "")]
    public void What_libtorch_says_is_told_without_where_it_was(string message, string sentence) =>
        Assert.Equal(sentence, TorchFailure.Sentence(message));
}
