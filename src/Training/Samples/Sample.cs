using LiveLtem.Inference.Models;

namespace LiveLtem.Training.Samples;

/// <summary>One labelled picture for training: what the network sees and the maps that it should answer with.</summary>
public sealed class Sample
{
    /// <summary>Makes room for a picture.</summary>
    /// <param name="size">Side, network pixels.</param>
    /// <param name="layers">1 or 2.</param>
    public Sample(int size, int layers)
    {
        Size = size;
        Layers = layers;
        Image = new byte[size * size];
        Maps = new float[layers * MapLayout.PerLayer * size * size];
        Instances = new ushort[layers * size * size];
    }

    /// <summary>Side, network pixels.</summary>
    public int Size { get; }

    /// <summary>Layers that are told apart: 1 or 2.</summary>
    public int Layers { get; }

    /// <summary>The picture, normalised as <see cref="PixelScale"/> does, row-major [size, size].</summary>
    public byte[] Image { get; }

    /// <summary>The maps, [layers, <see cref="MapLayout.PerLayer"/>, size, size]; meanings in <see cref="MapLayout"/>.</summary>
    public float[] Maps { get; }

    /// <summary>Which particle a pixel belongs to, [layers, size, size]; 0 where none. Where particles of a layer cover each other: the one whose
    /// centre is nearer by its own size. Not trained on: held-out figures are counted with it.</summary>
    public ushort[] Instances { get; }

    /// <summary>True where the first layer is clearly the sharper one; false where nothing tells which is which, so that either order is right.</summary>
    public bool Ordered { get; set; } = true;

    /// <summary>Contrast-to-noise per network pixel of the typical particle: held-out figures are given by it.</summary>
    public double Cnr { get; set; }
}

/// <summary>Where training pictures come from.</summary>
public interface ISampleSource
{
    /// <summary>Side of its pictures, network pixels.</summary>
    int Size { get; }

    /// <summary>Layers that are told apart: 1 or 2.</summary>
    int Layers { get; }

    /// <summary>Fills a sample. The same index gives the same sample, on whatever thread and in whatever order.</summary>
    /// <param name="index">Which; any number from 0.</param>
    /// <param name="into">Of this source's size and layers.</param>
    void Fill(long index, Sample into);
}
