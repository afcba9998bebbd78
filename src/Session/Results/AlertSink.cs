using LiveLtem.Core;
using LiveLtem.Core.Live;
using LiveLtem.Session.Tables;

namespace LiveLtem.Session.Results;

/// <summary>Writes <c>alerts.jsonl</c> at the end: one line an alert as it stood then; a recording without any has an empty file.</summary>
internal sealed class AlertSink(string folder, Func<IReadOnlyList<SessionAlert>> alerts) : IResultSink
{
    private readonly ResultFile _file = new(Path.Combine(folder, "alerts.jsonl"));
    private bool _written;

    public void OnFrame(FrameRow row)
    {
    }

    public void OnTracks(FrameTracks tracks, FrameRow row)
    {
    }

    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        if (_written)
        {
            return;
        }

        _written = true;
        await using (var writer = new StreamWriter(_file.Create()))
        {
            foreach (var alert in alerts())
            {
                await writer.WriteAsync($"{AlertLine.Write(alert).ToJsonString()}\n").ConfigureAwait(false);
            }
        }

        _file.Commit();
    }

    public ValueTask DisposeAsync() => CompleteAsync(CancellationToken.None);
}
