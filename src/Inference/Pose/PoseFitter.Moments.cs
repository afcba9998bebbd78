namespace LiveLtem.Inference.Pose;

/// <content>Measuring without a shape.</content>
internal sealed partial class PoseFitter
{
    /// <summary>Measures a particle without a shape: centre and axis from the moments of what it absorbs within its neighbourhood.</summary>
    /// <param name="region">Where it is; pixels to 1.35 times its outline count, weighted down to zero there.</param>
    /// <remarks>Errors by propagating the pixel noise through the moments; the sign of the axis is that of the third moment along it.</remarks>
    public PoseFit Moments(ShapePose region)
    {
        var count = _box.Count;
        var level = Level();
        double sum = 0, mx = 0, my = 0, mxx = 0, mxy = 0, myy = 0, third = 0;
        var (sin, cos) = Math.SinCos(region.Angle);
        var reach = Math.Max(region.S1, region.S2) * 1.35;
        var variance = (Noise.Variance(_level) / (_level * _level)) * Noise.Excess;
        var sign = region.Contrast < 0 ? -1 : 1;
        for (var pass = 0; pass < 2; pass++)
        {
            double cx = sum > 0 ? mx / sum : 0, cy = sum > 0 ? my / sum : 0;
            if (pass == 1)
            {
                if (!(sum > 0))
                {
                    return new PoseFit(region, 0, 0, 0, 0, 0, 0, double.MaxValue, _inside, 0, false);
                }

                sum = 0;
                mx = my = 0;
            }

            for (var i = 0; i < count; i++)
            {
                var x = _box.X0 + (i % _box.Width) - region.X;
                var y = _box.Y0 + (i / _box.Width) - region.Y;
                if ((x * x) + (y * y) > reach * reach || _work.Inside[i] == 0)
                {
                    continue;
                }

                var absorbed = sign * (1 - (_work.Data[i] / Math.Max(0.05, level * _work.Others[i])));
                sum += absorbed;
                mx += absorbed * x;
                my += absorbed * y;
                if (pass == 1)
                {
                    double dx = x - cx, dy = y - cy;
                    mxx += absorbed * dx * dx;
                    mxy += absorbed * dx * dy;
                    myy += absorbed * dy * dy;
                }
            }
        }

        if (!(sum > 0))
        {
            return new PoseFit(region, 0, 0, 0, 0, 0, 0, double.MaxValue, _inside, 0, false);
        }

        double x0 = mx / sum, y0 = my / sum;
        double xx = mxx / sum, yy = myy / sum, xy = mxy / sum;
        var angle = 0.5 * Math.Atan2(2 * xy, xx - yy);
        (sin, cos) = Math.SinCos(angle);
        var split = ((xx - yy) * (xx - yy)) + (4 * xy * xy);
        double vx = 0, vy = 0, va = 0, signal = 0;
        for (var i = 0; i < count; i++)
        {
            var x = _box.X0 + (i % _box.Width) - region.X;
            var y = _box.Y0 + (i / _box.Width) - region.Y;
            if ((x * x) + (y * y) > reach * reach || _work.Inside[i] == 0)
            {
                continue;
            }

            double dx = x - x0, dy = y - y0;
            var absorbed = sign * (1 - (_work.Data[i] / Math.Max(0.05, level * _work.Others[i])));
            var along = (dx * cos) + (dy * sin);
            third += absorbed * along * along * along;
            vx += dx * dx;
            vy += dy * dy;
            var turn = ((xx - yy) * ((dx * dy) - xy)) - (xy * ((dx * dx) - (dy * dy) - (xx - yy)));
            va += turn * turn;
            signal += absorbed * absorbed;
        }

        if (third < 0)
        {
            angle += Math.PI;
        }

        var mean = (xx + yy) / 2;
        var root = Math.Sqrt(split) / 2;
        var half = Math.Sqrt(Math.Max(0.25, 3 * (mean + root)));
        var width = Math.Sqrt(Math.Max(0.25, 3 * (mean - root)));
        var pose = region with { X = region.X + x0, Y = region.Y + y0, Angle = angle, S1 = half, S2 = width };
        var angleErr = split > 0 ? Math.Sqrt(variance * va) / (split * sum) : Math.PI;
        return new PoseFit(
            pose, Math.Sqrt(variance * vx) / sum, Math.Sqrt(variance * vy) / sum, Math.Min(Math.PI, angleErr), 0.05 * width, 0.05 * width, 0.05,
            _inside, _inside, Math.Max(0, signal - (variance / Noise.Excess * reach * reach * Math.PI)) / (variance / Noise.Excess), true);
    }

    // Brightness of the free pixels along the rim of the box, in units of the background.
    private double Level()
    {
        double sum = 0;
        var n = 0;
        for (var row = 0; row < _box.Height; row++)
        {
            for (var column = 0; column < _box.Width; column++)
            {
                var i = (row * _box.Width) + column;
                var rim = row < 2 || column < 2 || row >= _box.Height - 2 || column >= _box.Width - 2;
                if (rim && _work.Inside[i] > 0 && Math.Abs(_work.Others[i] - 1) < 0.02f)
                {
                    sum += _work.Data[i];
                    n++;
                }
            }
        }

        return n > 8 ? sum / n : 1;
    }
}
