using LiveLtem.Dose.Calibrating;

namespace LiveLtem.Dose.Tests.Calibrating;

public sealed class PhotonTransferTests
{
    private const int Side = 128;

    [Theory]
    [InlineData(0)]
    [InlineData(0.8)]
    public void Counts_per_electron_come_back_whatever_the_detector_spreads(double blurPx)
    {
        // Sixteen measurements of 12 frames: the mean within its error, and the stated error that of the scatter.
        var random = new Random(21);
        var found = Enumerable.Range(0, 16).Select(_ => Measure(random, blurPx, counts: 8, electrons: 5, flicker: 0.02)).ToList();
        var mean = found.Average(one => one.Value);
        var scatter = Math.Sqrt(found.Sum(one => Math.Pow(one.Value - mean, 2)) / 15);

        Assert.Equal(8, mean, 4 * scatter / Math.Sqrt(16));

        // Twice the large blocks' less the small ones': sqrt(6.5/384 blocks of 16 px) = 13 %, and sixteen repeats tell that to 18 % of itself.
        Assert.InRange(scatter / 8, 0.08, 0.18);
        Assert.InRange(Math.Sqrt(found.Average(one => one.Err * one.Err)) / scatter, 0.65, 1.5);
    }

    [Fact]
    public void A_pixel_alone_would_mislead_where_the_detector_spreads()
    {
        // The variance of single pixels, which the block means avoid: spread by 0.8 px it is about a third of the true one.
        var random = new Random(4);
        var (a, b) = (Frame(random, 0.8, 8, 5, 1), Frame(random, 0.8, 8, 5, 1));
        var naive = a.Zip(b, (x, y) => (x - y) * (double)(x - y)).Average() / 2 / (a.Average(x => (double)x) - 100);

        Assert.InRange(naive / 8, 0.25, 0.45);
    }

    [Fact]
    public void The_readouts_noise_and_the_spread_of_an_electrons_signal_are_taken_off()
    {
        var transfer = new PhotonTransfer(Side, Side);
        var random = new Random(8);
        for (var i = 0; i < 40; i++)
        {
            transfer.Add(Frame(random, 0, 8, 5, 1), 100);
        }

        var plain = transfer.CountsPerElectron(new Measured(100, 0), new Measured(0, 0), 0)!.Value;
        var less = transfer.CountsPerElectron(new Measured(100, 0), new Measured(0.1 * transfer.Power.Value, 0), 0.5)!.Value;

        Assert.Equal(0.9 / 1.25, less.Value / plain.Value, 1e-9);
        Assert.Null(transfer.CountsPerElectron(new Measured(500, 0), new Measured(0, 0), 0));
        Assert.Null(new PhotonTransfer(Side, Side).CountsPerElectron(new Measured(100, 0), new Measured(0, 0), 0));
    }

    private static Measured Measure(Random random, double blurPx, double counts, double electrons, double flicker)
    {
        var transfer = new PhotonTransfer(Side, Side);
        for (var i = 0; i < 12; i++)
        {
            transfer.Add(Frame(random, blurPx, counts, electrons, 1 + (flicker * ((2 * random.NextDouble()) - 1))), 100);
        }

        return transfer.CountsPerElectron(new Measured(100, 0), new Measured(0, 0), 0)!.Value;
    }

    // Electrons one by one, each dropped at a place and spread there: no formula for the noise is put in. The area goes on beyond the border.
    private static float[] Frame(Random random, double blurPx, double counts, double electrons, double beam)
    {
        const int Margin = 4;
        var frame = new float[Side * Side];
        Array.Fill(frame, 100f);
        const int Wide = Side + (2 * Margin);
        var expected = electrons * beam * Wide * Wide;
        var total = (int)Math.Round(expected + (Math.Sqrt(expected) * Normal()));
        for (var i = 0; i < total; i++)
        {
            // Uneven by a quarter from left to right: it stays, and must not count as scatter.
            var x = Wide * (random.NextDouble() < 0.125 ? Math.Sqrt(random.NextDouble()) : random.NextDouble());
            var y = Wide * random.NextDouble();
            if (blurPx > 0)
            {
                // A spread signal: four parts of it, each moved on its own and together the whole.
                for (var part = 0; part < 4; part++)
                {
                    Put(x + (blurPx * Normal()), y + (blurPx * Normal()), counts / 4);
                }
            }
            else
            {
                Put(x, y, counts);
            }
        }

        return frame;

        void Put(double x, double y, double amount)
        {
            var (column, row) = ((int)Math.Floor(x) - Margin, (int)Math.Floor(y) - Margin);
            if (column is >= 0 and < Side && row is >= 0 and < Side)
            {
                frame[(row * Side) + column] += (float)amount;
            }
        }

        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
    }
}
