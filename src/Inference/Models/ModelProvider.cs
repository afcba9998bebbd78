namespace LiveLtem.Inference.Models;

/// <summary>What runs a network.</summary>
public enum ModelProvider
{
    /// <summary>DirectML where it works, else the processor.</summary>
    Auto,

    /// <summary>The processor.</summary>
    Cpu,

    /// <summary>A graphics card by DirectML (Windows); the processor where that fails.</summary>
    DirectMl,
}
