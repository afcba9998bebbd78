using LiveLtem.Core;
using LiveLtem.Core.Live;

namespace LiveLtem.Viewer.Tests;

/// <summary>What an operator does with the page while a session runs.</summary>
public sealed class OperatorTests(BrowserFixture browser)
{
    [Fact(Timeout = 60_000)]
    public async Task A_paused_view_holds_its_frame_while_newer_ones_come_and_scrubs_through_them()
    {
        await using var watched = await Watched.StartAsync(browser);
        for (var number = 1; number <= 4; number++)
        {
            await watched.ShowAsync(new Scene { Offset = 20 * number }, number);
        }

        await watched.SetLimitsAsync(0, 255);
        var scene = new Scene();
        var (x, y, _) = await watched.OnScreenAsync(scene, 10, scene.Side / 2.0);
        await watched.Page.PressAsync(" ");
        await watched.Page.UntilAsync("document.getElementById('view-state').dataset.state === 'paused'");
        for (var number = 5; number <= 7; number++)
        {
            watched.Publish(new Scene { Offset = 20 * number }, number);
            await watched.Page.UntilAsync($"Number(document.getElementById('scrub').max) === {number - 1}");
        }

        Assert.Equal("4", await watched.Page.TextAsync("frame-number"));
        Assert.StartsWith("3 frames · ", await watched.Page.TextAsync("behind"), StringComparison.Ordinal);
        Assert.InRange((await watched.LookAsync())[(int)x, (int)y].R, 179, 181);

        await watched.Page.PressAsync("ArrowLeft");
        await watched.Page.PressAsync("ArrowLeft");
        await watched.Page.UntilAsync("document.getElementById('frame-number').textContent === '2'");
        Assert.InRange((await watched.LookAsync())[(int)x, (int)y].R, 139, 141);
        Assert.Equal("of this frame", await watched.Page.TextAsync("overlay-age"));
        await watched.Page.PressAsync("Home");
        await watched.Page.UntilAsync("document.getElementById('frame-number').textContent === '1'");

        await watched.Page.PressAsync("End");
        await watched.Page.UntilAsync("document.getElementById('frame-number').textContent === '7' && document.getElementById('view-state').dataset.state === 'live'");
        await watched.ShowAsync(scene, 8);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_note_about_a_particle_reaches_the_session_and_comes_back_into_the_list()
    {
        var scene = new Scene();
        await using var watched = await Watched.StartAsync(browser);
        await watched.ShowAsync(scene, 3);
        var (x, y) = scene.Centres[1];
        var (sx, sy, _) = await watched.OnScreenAsync(scene, x, y);
        await watched.Page.ClickAsync(sx, sy);
        await watched.Page.UntilAsync("document.getElementById('particle-title').textContent === 'Particle 1'");
        await watched.Page.PressAsync("a");
        await watched.Page.UntilAsync("document.getElementById('annotate-dialog').open");
        await watched.Page.TypeAsync("corner etches first");
        await watched.Page.ClickAsync("#annotate-dialog button[type=submit]");
        await watched.Page.UntilAsync("!document.getElementById('annotate-dialog').open && document.getElementById('events').textContent.includes('corner etches first')");

        var note = Assert.IsType<Annotation>(Assert.Single(watched.Operator.EventsAfter(0)));
        Assert.Equal((3, "corner etches first", 1), (note.Frame, note.Text, note.Particle));
        Assert.Equal(x, note.XPx!.Value, 3);
        Assert.Equal(y, note.YPx!.Value, 3);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_model_is_chosen_used_on_request_and_stays_where_it_cannot_be_had()
    {
        // The browser itself writes a line for an answer of 400.
        await using var watched = await Watched.StartAsync(browser, mayComplain: true);
        await watched.ShowAsync(new Scene(), 1);
        await watched.Page.UntilAsync("document.getElementById('model').value === 'none' && document.getElementById('model-button').disabled");
        Assert.Equal(4, await watched.Page.EvaluateAsync<int>("document.getElementById('model').options.length"));
        await watched.Page.PressAsync("v");
        await watched.Page.UntilAsync("document.activeElement.id === 'model'");

        await ChooseAsync("segment");
        Assert.Empty(watched.Operator.EventsAfter(0));
        await watched.Page.ClickAsync("#model-button");
        await watched.Page.UntilAsync("document.getElementById('detector').textContent === 'Detector: segment on CPU'");
        await watched.Page.UntilAsync("document.getElementById('events').textContent.includes('model segment on CPU from frame 3')");
        Assert.Equal("segment", Assert.IsType<ModelChange>(Assert.Single(watched.Operator.EventsAfter(0))).Model.Name);
        await watched.Page.UntilAsync("document.getElementById('model-button').disabled");

        await ChooseAsync("damaged");
        await watched.Page.ClickAsync("#model-button");
        await watched.Page.UntilAsync("document.getElementById('toast').textContent === 'model damaged: its network is not the one that its card describes'");
        await watched.Page.UntilAsync("document.getElementById('model').value === 'segment'");

        Task<bool> ChooseAsync(string name) => watched.Page.EvaluateAsync<bool>(
            $"(() => {{ const list = document.getElementById('model'); list.value = '{name}'; return list.dispatchEvent(new Event('change')); }})()");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_picked_particle_shows_its_history_until_Escape()
    {
        var scene = new Scene();
        await using var watched = await Watched.StartAsync(browser);
        for (var number = 1; number <= 5; number++)
        {
            await watched.ShowAsync(scene, number);
        }

        await watched.Page.PressAsync(".");
        await watched.Page.UntilAsync("document.getElementById('particle-facts').textContent.includes('5 frames')");
        Assert.Contains("cube, 4-fold", await watched.Page.TextAsync("particle-facts"), StringComparison.Ordinal);
        Assert.Contains("turned 5.00 ± 0.50°", await watched.Page.TextAsync("particle-facts"), StringComparison.Ordinal);
        Assert.Equal(4, await watched.Page.EvaluateAsync<int>("document.querySelectorAll('#particle .uplot canvas').length"));
        await watched.Page.PressAsync("Escape");
        await watched.Page.UntilAsync("document.getElementById('particle').hidden");
    }

    [Fact(Timeout = 60_000)]
    public async Task Recording_starts_at_once_and_stops_only_after_a_question()
    {
        await using var watched = await Watched.StartAsync(browser);
        await watched.Page.ClickAsync("#rec-button");
        await watched.Page.UntilAsync("document.getElementById('rec-text').textContent.startsWith('REC')");
        Assert.Equal(RecordingState.On, watched.Operator.Status.Recording.State);
        await watched.Page.PressAsync("r");
        await watched.Page.UntilAsync("document.getElementById('record-dialog').open");
        Assert.Equal(RecordingState.On, watched.Operator.Status.Recording.State);
        await watched.Page.ClickAsync("#record-dialog button[type=submit]");
        await watched.Page.UntilAsync("document.getElementById('rec-text').textContent === 'not recording'");
        Assert.Equal(RecordingState.Off, watched.Operator.Status.Recording.State);
    }

    [Fact(Timeout = 60_000)]
    public async Task Conditions_reach_the_session_and_a_refusal_is_shown_as_it_was_said()
    {
        // The browser itself writes a line for an answer of 400.
        await using var watched = await Watched.StartAsync(browser, mayComplain: true);
        await watched.Page.UntilAsync("document.getElementById('dose-line').textContent.includes('counts per electron and dark level are missing')");
        await watched.Page.UntilAsync("document.getElementById('conditions').textContent.includes('pixel size')");
        await watched.Page.PressAsync("e");
        await FillAsync("pixel_size_nm", "0");
        await watched.Page.ClickAsync("#conditions-dialog button[type=submit]");
        await watched.Page.UntilAsync("document.querySelector('#conditions-dialog .error').textContent.includes('pixel_size_nm')");
        await FillAsync("pixel_size_nm", "0.25");
        await FillAsync("note", "higher magnification");
        await watched.Page.ClickAsync("#conditions-dialog button[type=submit]");
        await watched.Page.UntilAsync("!document.getElementById('conditions-dialog').open && document.getElementById('segment').textContent === '1' && document.getElementById('conditions').textContent.includes('0.25')");
        Assert.Equal(0.25, watched.Operator.Status.Calibration.PixelSizeNm!.Value);
        await watched.Page.UntilAsync("document.getElementById('events').textContent.includes('segment 1 begins: higher magnification')");

        Task<bool> FillAsync(string name, string value) => watched.Page.EvaluateAsync<bool>(
            $"(() => {{ document.querySelector('#conditions-dialog input[name={name}]').value = '{value}'; return true; }})()");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_raised_alert_is_in_the_bar_until_it_is_cleared()
    {
        await using var watched = await Watched.StartAsync(browser);
        var alert = new SessionAlert { Id = 1, Kind = "disk_space", Severity = "critical", State = "raised", Message = "the disk is nearly full" };
        watched.Operator.Raise(alert);
        await watched.Page.UntilAsync("!document.getElementById('alert-chip').hidden && document.getElementById('alert-chip').textContent === '▲ the disk is nearly full'");
        watched.Operator.Raise(alert with { State = "cleared" });
        await watched.Page.UntilAsync("document.getElementById('alert-chip').hidden && document.getElementById('alerts').textContent.includes('cleared')");
    }

    [Fact(Timeout = 60_000)]
    public async Task The_page_survives_a_restart_of_the_server_and_begins_the_new_session_afresh()
    {
        var scene = new Scene();
        await using var watched = await Watched.StartAsync(browser, mayComplain: true);
        await watched.ShowAsync(scene, 41);
        await watched.StopServerAsync();
        await watched.Page.UntilAsync("document.getElementById('link').textContent.includes('connection lost') && !document.getElementById('banner').hidden");
        Assert.Equal("41", await watched.Page.TextAsync("frame-number"));
        await watched.StartServerAgainAsync("second");
        await watched.Page.UntilAsync("document.getElementById('session').textContent === 'second' && document.getElementById('banner').hidden");
        await watched.Page.UntilAsync("document.getElementById('frame-number').textContent === '–'");
        await watched.ShowAsync(scene, 7);
        Assert.Equal("0", await watched.Page.EvaluateAsync<string>("document.getElementById('scrub').max"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Every_button_has_a_key_and_a_tooltip_and_every_field_a_name()
    {
        await using var watched = await Watched.StartAsync(browser);
        const string Nameless =
            """
            [...document.querySelectorAll('header button, main button:not(.entry-button)')].filter((b) => !b.hidden).filter((b) => !b.title || !b.getAttribute('aria-keyshortcuts') || !(b.textContent.trim() || b.ariaLabel)).map((b) => b.outerHTML)
              .concat([...document.querySelectorAll('input, select, textarea')].filter((i) => !i.labels.length && !i.ariaLabel).map((i) => i.outerHTML)).join('\n')
            """;
        Assert.Equal("", await watched.Page.EvaluateAsync<string>(Nameless));
        await watched.Page.PressAsync("?");
        await watched.Page.UntilAsync("document.getElementById('help-dialog').open");
        Assert.Contains("Pause or resume the view", await watched.Page.TextAsync("help-keys"), StringComparison.Ordinal);
    }
}
