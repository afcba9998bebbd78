namespace LiveLtem.Dose.Signals;

/// <summary>A jump of the picture.</summary>
/// <param name="XPx">To the right, px of the frame.</param>
/// <param name="YPx">Down, px of the frame.</param>
/// <param name="From">Number of the last frame before it.</param>
internal readonly record struct Jump(double XPx, double YPx, long From)
{
    /// <summary>How far, px.</summary>
    public double Length => Math.Sqrt((XPx * XPx) + (YPx * YPx));
}

/// <summary>Finds the frames where the whole picture lies elsewhere than the drift would have taken it, and stays there.</summary>
/// <remarks>A jump seen once may be noise: the next frame must lie at the same place against the one before the jump, and most of the
/// picture with it.</remarks>
internal sealed class JumpMeter
{
    private const double LeastPeak = 7;
    private const double OverExpected = 1.25;
    private const int DriftFrames = 9;

    // A few particles' own motion is in a few blocks of the picture only.
    private const double LeastAgreement = 2;

    // Against the last frame before the jump, small pixels: drift and motion of the particles on the way.
    private const double SamePlace = 2.5;
    private readonly ShiftMeter _shifts;
    private readonly int _bin;
    private readonly Recent _driftX = new(DriftFrames);
    private readonly Recent _driftY = new(DriftFrames);
    private Spectrum _now;
    private Spectrum _last;
    private Spectrum _before;
    private long? _lastNumber;
    private (Shift Shift, double ExpectedX, double ExpectedY, long From)? _suspect;

    /// <summary>Prepares for pictures of one size.</summary>
    public JumpMeter(int side, int bin)
    {
        _shifts = new ShiftMeter(side);
        (_now, _last, _before) = (new Spectrum(side), new Spectrum(side), new Spectrum(side));
        _bin = bin;
    }

    /// <summary>Spectrum of the newest picture.</summary>
    public Spectrum Newest => _last;

    /// <summary>Spectrum of the picture before it; only once there are two.</summary>
    public Spectrum Previous => _now;

    /// <summary>Whether there are two pictures.</summary>
    public bool HasPrevious { get; private set; }

    /// <summary>Shift between these two, small pixels.</summary>
    public (double XPx, double YPx) Step { get; private set; }

    /// <summary>Forgets everything.</summary>
    public void Reset()
    {
        (_lastNumber, _suspect, HasPrevious) = (null, null, false);
        _driftX.Clear();
        _driftY.Clear();
    }

    /// <summary>Takes the next picture.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="dark">Counts without a beam.</param>
    /// <param name="number">The frame's number.</param>
    /// <param name="leastPx">Shortest jump, px of the frame.</param>
    /// <returns>The jump that is certain with this frame, or null.</returns>
    public Jump? Take(SmallPicture picture, double dark, long number, double leastPx)
    {
        _shifts.Transform(picture, dark, _now);
        Jump? found = null;
        if (_lastNumber is { } lastNumber)
        {
            var frames = Math.Max(1, number - lastNumber);
            var (expectedX, expectedY) = (Median(_driftX) * frames, Median(_driftY) * frames);
            var shift = _shifts.Measure(_last, _now, expectedX, expectedY);
            var suspect = _suspect;
            _suspect = null;
            if (suspect is { } seen && Stays(seen))
            {
                found = new Jump((seen.Shift.XPx - seen.ExpectedX) * _bin, (seen.Shift.YPx - seen.ExpectedY) * _bin, seen.From);
            }

            if (IsJump(shift, expectedX, expectedY, leastPx))
            {
                _suspect = (shift, expectedX, expectedY, lastNumber);

                // Kept as it was: what comes next is measured against it.
                (_before, _last) = (_last, _before);
                (_last, _now) = (_now, _last);
                (Step, HasPrevious, _lastNumber) = ((0, 0), false, number);
                return found;
            }

            if (shift.Peak > LeastPeak && Math.Abs(shift.XPx) < 4 * frames && Math.Abs(shift.YPx) < 4 * frames)
            {
                _driftX.Add(shift.XPx / frames);
                _driftY.Add(shift.YPx / frames);
                Step = (shift.XPx, shift.YPx);
            }
            else
            {
                Step = (expectedX, expectedY);
            }

            HasPrevious = true;
        }

        (_last, _now, _lastNumber) = (_now, _last, number);
        return found;
    }

    private static double Median(Recent values) => values.Count < 3 ? 0 : values.Median();

    private bool IsJump(Shift shift, double expectedX, double expectedY, double leastPx)
    {
        var (dx, dy) = ((shift.XPx - expectedX) * _bin, (shift.YPx - expectedY) * _bin);
        return shift.Peak > LeastPeak && shift.Peak > OverExpected * shift.Expected && Math.Sqrt((dx * dx) + (dy * dy)) >= leastPx;
    }

    private bool Stays((Shift Shift, double ExpectedX, double ExpectedY, long From) seen)
    {
        var again = _shifts.Measure(_before, _now, seen.ExpectedX, seen.ExpectedY);
        return again.Peak > LeastPeak && again.Peak > OverExpected * again.Expected
            && Math.Abs(again.XPx - seen.Shift.XPx) <= SamePlace && Math.Abs(again.YPx - seen.Shift.YPx) <= SamePlace
            && _shifts.Agreement(_before, _now, again, seen.ExpectedX, seen.ExpectedY) >= LeastAgreement;
    }
}
