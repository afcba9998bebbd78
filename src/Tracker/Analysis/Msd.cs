using LiveLtem.Core;
using LiveLtem.Core.Analysis;

namespace LiveLtem.Tracker.Analysis;

/// <summary>S7: how particles diffuse and turn.</summary>
/// <remarks>
/// <c>D_nm2_s, D_rot_deg2_s</c>: covariance estimator (<see cref="StepSums"/>) over all particles and frames, along x and y together and along
/// the unwrapped rotation, drift taken off (<see cref="DriftPath"/>). It is the short-time coefficient: of a particle bound to a site, that of a
/// frame.
/// <c>alpha</c>: slope of ln(MSD - 4 sigma^2) against ln(t - t_e/3), lags up to 8 frames, weighted by how many displacements each has:
/// MSD = 4 D (t - t_e/3) + 4 sigma^2 gives 1.
/// <c>localization_error_nm</c>: sigma along one axis by the covariance estimator, where the motion is diffusion (alpha 0.8 to 1.25) and it is
/// larger than twice its own error; else the rms of the errors that the fits state.
/// <c>msd.csv</c>: mean square displacements by lag (<see cref="Lags"/>) with noise floor 4 sigma^2 and non-Gaussian parameter.
/// Errors leave out one group of particles after the other (<see cref="Jackknife"/>), or of stretches of time with fewer than eight particles.
/// n: steps from frame to frame.
/// </remarks>
internal sealed class Msd(Conditions conditions) : IQuantity
{
    public const string Name = "msd";

    private const int TimeBlockFrames = 4;
    private const int LeastParticles = 8;
    private const int ForgetFrames = 1024;
    private const int LongestSlopeLag = 8;
    private const string TooShort = "no particle was seen in three frames in a row";
    private readonly SortedDictionary<int, DriftPath> _drift = [];
    private readonly Dictionary<int, Mover> _movers = [];
    private readonly HashSet<int> _seen = [];
    private readonly Partition _byParticle = new();
    private readonly Partition _byTime = new();
    private FrameClock _clock = new(conditions.FrameTimeS);
    private long _frames;

    /// <inheritdoc/>
    public void Take(PhysicsFrame frame)
    {
        _clock.Take(frame);
        foreach (var layer in frame.Points.Where(point => point.IsWhole).GroupBy(point => point.Layer))
        {
            var points = layer.ToList();
            if (!_drift.TryGetValue(layer.Key, out var drift))
            {
                _drift[layer.Key] = drift = new DriftPath();
            }

            drift.Take(points);
            foreach (var point in points)
            {
                Move(frame.Number, point, drift);
            }
        }

        if (++_frames % 256 == 0)
        {
            foreach (var particle in _movers.Where(mover => frame.Number - mover.Value.LastFrame > ForgetFrames).Select(mover => mover.Key).ToList())
            {
                _movers.Remove(particle);
            }
        }
    }

    /// <inheritdoc/>
    public void Cut()
    {
        _movers.Clear();
        foreach (var drift in _drift.Values)
        {
            drift.Cut();
        }

        _clock = _clock.Next();
    }

    /// <inheritdoc/>
    public AnalysisResult Result()
    {
        var sums = _seen.Count >= LeastParticles ? _byParticle : _byTime;
        var dt = _clock.FrameTimeS;
        var blur = Math.Clamp((conditions.ExposureS ?? dt) / dt, 0, 1) is var open && double.IsFinite(open) ? open / 6 : 1.0 / 6;
        var stated = sums.Steps.StatedNoise;
        var measured = sums.Steps.Noise(blur);
        var measuredErr = Jackknife.Error(sums.Steps.Has, group => sums.Steps.Noise(blur, group));
        var slope = Slope(sums, double.IsNaN(stated) ? Math.Max(0, measured) : stated, blur, -1);
        var byCovariance = (slope is >= 0.8 and <= 1.25 && measured > 2 * measuredErr) || double.IsNaN(stated);
        var noise = byCovariance ? Math.Max(0, measured) : stated;
        slope = Slope(sums, noise, blur, -1);
        var sigma = byCovariance && measured <= 0 ? double.NaN : Math.Sqrt(noise);
        var unit = conditions.HasNm ? "nm" : "px";
        return new AnalysisResult
        {
            Name = Name,
            Figures =
            [
                Rate("D_nm2_s", "nm^2/s", true, sums.Steps, dt, sums.Steps.Count / 2, TooShort),
                Rate("D_rot_deg2_s", "deg^2/s", false, sums.Turns, dt, sums.Turns.Count, "no particle with an orientation was seen in three frames in a row"),
                AnalysisFigures.Of("alpha", string.Empty, slope, Jackknife.Error(sums.Steps.Has, group => Slope(sums, noise, blur, group)), sums.Steps.Count / 2, "the displacements do not rise above the noise over at least three lags"),
                AnalysisFigures.Missing(conditions, true, false, dt) is { } missing
                    ? AnalysisFigure.Unknown("localization_error_nm", missing)
                    : AnalysisFigures.Of("localization_error_nm", "nm", sigma, byCovariance ? measuredErr / (2 * sigma) : null, sums.Steps.Count / 2, TooShort),
            ],
            Tables = [Table(sums, noise, dt, unit)],
        };
    }

    private AnalysisFigure Rate(string name, string unit, bool hasLength, StepSums steps, double dt, double n, string why)
    {
        if (AnalysisFigures.Missing(conditions, hasLength, true, dt) is { } missing)
        {
            return AnalysisFigure.Unknown(name, missing);
        }

        var err = Jackknife.Error(steps.Has, group => steps.DPerFrame(group));
        return AnalysisFigures.Of(name, unit, steps.DPerFrame() / dt, err / dt, n, why);
    }

    private static double Slope(Partition sums, double noise, double blur, int without)
    {
        double w = 0, wx = 0, wy = 0, wxx = 0, wxy = 0;
        var lags = 0;
        var most = sums.Lags.Count(0);
        for (var index = 0; index < LongestSlopeLag; index++)
        {
            var above = sums.Lags.Msd(index, without) - (4 * noise);
            var count = sums.Lags.Count(index);
            if (!(above > 0) || count < most / 4)
            {
                continue;
            }

            // Displacements over k frames overlap: they are worth 1/k each.
            var weight = count / Lags.Frames(index);
            var (x, y) = (Math.Log(Lags.Frames(index) - (2 * blur)), Math.Log(above));
            (w, wx, wy, wxx, wxy) = (w + weight, wx + (weight * x), wy + (weight * y), wxx + (weight * x * x), wxy + (weight * x * y));
            lags++;
        }

        return lags < 3 ? double.NaN : ((w * wxy) - (wx * wy)) / ((w * wxx) - (wx * wx));
    }

    private void Move(long frame, in PhysicsPoint point, DriftPath drift)
    {
        if (!_movers.TryGetValue(point.Particle, out var mover))
        {
            _movers[point.Particle] = mover = new Mover();
            if (_seen.Count <= LeastParticles)
            {
                _seen.Add(point.Particle);
            }
        }

        var at = drift.Of(point.Particle);
        var particle = Jackknife.GroupOf(point.Particle);
        var time = (int)(frame / TimeBlockFrames % Jackknife.Groups);
        var factor = drift.Factor;
        mover.Add(new LagBuffer.Sample(frame, at.X, at.Y, Turn(point)), (lag, x, y, turn) =>
        {
            var square = factor * ((x * x) + (y * y));
            _byParticle.Lags.Add(particle, lag, square, turn * turn);
            _byTime.Lags.Add(time, lag, square, turn * turn);
        });
        if (mover.Step is not var (dx, dy, dturn))
        {
            return;
        }

        var (before, beforeTurn) = (mover.StepBefore ?? (double.NaN, double.NaN, double.NaN), mover.StepBefore?.Turn ?? double.NaN);
        foreach (var (sums, group) in new[] { (_byParticle, particle), (_byTime, time) })
        {
            sums.Steps.Add(group, dx, before.X, factor, point.XErr * point.XErr);
            sums.Steps.Add(group, dy, before.Y, factor, point.YErr * point.YErr);
            if (!double.IsNaN(dturn))
            {
                sums.Turns.Add(group, dturn, beforeTurn, 1, point.AngleErrDeg * point.AngleErrDeg);
            }
        }
    }

    // After a step that may have been the other way round, rotation is not continuous.
    private static double Turn(in PhysicsPoint point) =>
        point.IsOriented && (point.Flags & DetectionFlags.RotationAmbiguous) == 0 ? point.RotationDeg : double.NaN;

    private static AnalysisTable Table(Partition sums, double noise, double dt, string unit)
    {
        var rows = new List<double[]>();
        for (var index = 0; index < Lags.Count; index++)
        {
            var lag = index;
            if (sums.Lags.Count(lag) > 0)
            {
                rows.Add(
                [
                    Lags.Frames(lag), Lags.Frames(lag) * dt,
                    sums.Lags.Msd(lag), Jackknife.Error(sums.Lags.Has, group => sums.Lags.Msd(lag, group)) ?? double.NaN, 4 * noise, sums.Lags.NonGaussian(lag), sums.Lags.Count(lag),
                    sums.Lags.TurnMsd(lag), Jackknife.Error(sums.Lags.Has, group => sums.Lags.TurnMsd(lag, group)) ?? double.NaN, 2 * sums.Turns.StatedNoise, sums.Lags.TurnCount(lag),
                ]);
            }
        }

        return new AnalysisTable(
            Name,
            ["lag_frames", "lag_s", $"msd_{unit}2", $"msd_err_{unit}2", $"noise_floor_{unit}2", "alpha2", "n", "msd_rot_deg2", "msd_rot_err_deg2", "noise_floor_rot_deg2", "n_rot"],
            rows);
    }

    private sealed class Partition
    {
        public LagSums Lags { get; } = new();

        public StepSums Steps { get; } = new();

        public StepSums Turns { get; } = new();
    }

    /// <summary>One particle on its way.</summary>
    private sealed class Mover
    {
        private readonly LagBuffer _buffer = new();
        private LagBuffer.Sample? _last;

        public long LastFrame => _buffer.LastFrame;

        /// <summary>The step into the newest frame; null after a gap.</summary>
        public (double X, double Y, double Turn)? Step { get; private set; }

        /// <summary>The step before it; null after a gap.</summary>
        public (double X, double Y, double Turn)? StepBefore { get; private set; }

        public void Add(in LagBuffer.Sample now, Action<int, double, double, double> displaced)
        {
            var at = now;
            _buffer.Add(now, (lag, earlier) => displaced(lag, at.X - earlier.X, at.Y - earlier.Y, at.Turn - earlier.Turn));
            StepBefore = Step;
            Step = null;
            if (_last is { } last && last.Frame == now.Frame - 1)
            {
                Step = (now.X - last.X, now.Y - last.Y, now.Turn - last.Turn);
            }
            else
            {
                StepBefore = null;
            }

            _last = now;
        }
    }
}
