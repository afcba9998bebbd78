namespace LiveLtem.App.Hosting;

/// <summary>Changes the denoiser between two frames. Called from one thread, in the order in which frames are denoised.</summary>
internal interface IDenoiserSwitch
{
    /// <summary>A frame is about to be denoised: what shall hold from it on is put on now.</summary>
    /// <param name="frame">Its number.</param>
    void Before(long frame);

    /// <summary>No frame comes any more.</summary>
    void End();
}
