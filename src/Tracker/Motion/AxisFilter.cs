namespace LiveLtem.Tracker.Motion;

/// <summary>How particles move from frame to frame, by axis.</summary>
/// <param name="StepVariance">Variance of the part of a step that the next one does not remember, px^2.</param>
/// <param name="VelocityVariance">Variance of the part that it does remember, px^2.</param>
/// <param name="Retention">How much of that part the next step keeps, 0 to 1; 0 is a random walk.</param>
public readonly record struct MotionModel(double StepVariance, double VelocityVariance, double Retention)
{
    /// <summary>Variance of a whole step, px^2.</summary>
    public double TotalVariance => StepVariance + VelocityVariance;
}

/// <summary>Kalman filter of one coordinate: position, and a velocity that fades (Ornstein-Uhlenbeck). A value, no allocation.</summary>
/// <remarks>x' = x + v + step noise; v' = retention v + noise, such that v keeps its stationary variance. With retention 0 and no velocity
/// variance it is the filter of a random walk. Kalman 1960, doi:10.1115/1.3662552.</remarks>
public struct AxisFilter
{
    private double _covariance;
    private double _velocityVariance;

    /// <summary>Position, px.</summary>
    public double Position { get; set; }

    /// <summary>Velocity, px a frame.</summary>
    public double Velocity { get; set; }

    /// <summary>Variance of the position, px^2.</summary>
    public double Variance { get; private set; }

    /// <summary>A filter that has seen one measurement.</summary>
    /// <param name="position">Measured, px.</param>
    /// <param name="variance">Of the measurement, px^2.</param>
    /// <param name="model">Motion; gives the velocity's prior variance.</param>
    public static AxisFilter Start(double position, double variance, in MotionModel model) =>
        new() { Position = position, Variance = variance, _velocityVariance = model.VelocityVariance };

    /// <summary>Goes one frame on.</summary>
    /// <param name="model">Motion.</param>
    /// <param name="scale">Step variance of this particle relative to the model's, > 0.</param>
    public void Predict(in MotionModel model, double scale)
    {
        var keep = model.Retention;
        Position += Velocity;
        Variance += (2 * _covariance) + _velocityVariance + (model.StepVariance * scale);
        _covariance = keep * (_covariance + _velocityVariance);
        Velocity *= keep;
        _velocityVariance = (keep * keep * _velocityVariance) + (model.VelocityVariance * scale * (1 - (keep * keep)));
    }

    /// <summary>Takes a measurement in.</summary>
    /// <param name="measured">Position, px.</param>
    /// <param name="variance">Its variance, px^2, > 0.</param>
    public void Update(double measured, double variance)
    {
        var total = Variance + variance;
        var gain = Variance / total;
        var velocityGain = _covariance / total;
        var innovation = measured - Position;
        Position += gain * innovation;
        Velocity += velocityGain * innovation;
        _velocityVariance = Math.Max(0, _velocityVariance - (velocityGain * _covariance));
        _covariance *= 1 - gain;
        Variance *= 1 - gain;
    }
}
