namespace LiveLtem.App.Hosting;

/// <summary>Changes the detector's network between two frames of the pipeline. Called from one thread, in the order in which frames go to be segmented.</summary>
internal interface IModelSwitch
{
    /// <summary>A frame is about to be segmented: what shall hold from it on is put on now.</summary>
    /// <param name="frame">Its number.</param>
    void Before(long frame);

    /// <summary>No frame comes any more.</summary>
    void End();
}
