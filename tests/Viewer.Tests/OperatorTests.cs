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
        await watched.Page.UntilAsync("document.getElementById('alert-chip').hidden && document.getElementById('alerts').textContent.includes('over')");
    }

    [Fact(Timeout = 60_000)]
    public async Task An_alert_shows_what_when_and_how_often_and_is_acknowledged_by_its_button_or_the_key()
    {
        await using var watched = await Watched.StartAsync(browser);
        var jump = new SessionAlert { Id = 1, Kind = "drift_jump", Severity = "warning", State = "raised", Frame = 45, FrameLast = 45, TimeS = 1.8, Message = "the picture jumped by 11.3 px" };
        var bubble = new SessionAlert { Id = 2, Kind = "bubble", Severity = "critical", State = "raised", Frame = 70, FrameLast = 101, TimeS = 2.8, Count = 32, Message = "gas about 30, 153" };
        watched.Operator.Raise(jump with { Id = 1 });
        watched.Operator.Raise(bubble);
        watched.Operator.Raise(jump with { Id = 3, State = "cleared", FrameLast = 49, Count = 5 });

        // Worst first; what is over last.
        const string Texts = "[...document.querySelectorAll('#alerts .alert')].map((item) => [...item.querySelectorAll('b, .entry-button > span, small')].map((e) => e.textContent).join(' | ')).join('\\n')";
        await watched.Page.UntilAsync("document.querySelectorAll('#alerts .alert').length === 3");
        Assert.Equal(
            """
            ▲ bubble | gas about 30, 153 | critical · ● raised · 2.80 s · frame 70 · ≥ 32×
            △ drift jump | the picture jumped by 11.3 px | warning · ● raised · 1.80 s · frame 45
            △ drift jump | the picture jumped by 11.3 px | warning · ○ over · 1.80 s · frames 45–49 · 5×
            """.ReplaceLineEndings("\n"),
            (await watched.Page.EvaluateAsync<string>(Texts)).Replace('\u2009', ' '));
        Assert.Equal("2 raised", await watched.Page.TextAsync("alert-count"));

        // An entry stays the same element while others come over it: a press on it is not lost.
        await watched.Page.EvaluateAsync<bool>("(() => { window.held = document.querySelectorAll('#alerts .alert-seen')[0]; return true; })()");
        watched.Operator.Raise(bubble with { Id = 4 });
        await watched.Page.UntilAsync("document.querySelectorAll('#alerts .alert').length === 4 && window.held.isConnected && window.held !== document.querySelector('#alerts .alert-seen')");
        await watched.Page.EvaluateAsync<bool>("(() => { window.held.click(); return true; })()");
        await watched.Page.UntilAsync("document.getElementById('alert-count').textContent === '2 raised, 1 ✓'");
        Assert.Contains(watched.Operator.EventsAfter(0), happening => happening is AlertChange { Alert: { Id: 2, State: "acknowledged" } });

        // The key takes the worst, with Shift all.
        await watched.Page.PressAsync("y");
        await watched.Page.UntilAsync("document.getElementById('alert-count').textContent === '1 raised, 2 ✓'");
        Assert.Contains(watched.Operator.EventsAfter(0), happening => happening is AlertChange { Alert: { Id: 4, State: "acknowledged" } });
        await watched.Page.PressAsync("y");
        await watched.Page.UntilAsync("document.getElementById('alert-chip').hidden && document.querySelectorAll('#alerts .alert-seen:not([hidden])').length === 0");
        await watched.Page.PressAsync("y");
        await watched.Page.UntilAsync("document.getElementById('toast').textContent === 'no alert is raised'");
    }

    [Fact(Timeout = 60_000)]
    public async Task Every_raised_alert_is_acknowledged_by_one_button_and_a_refusal_is_shown_as_it_was_said()
    {
        // The browser itself writes a line for an answer of 400.
        await using var watched = await Watched.StartAsync(browser, mayComplain: true);
        var alert = new SessionAlert { Id = 1, Kind = "bubble", Severity = "critical", State = "raised", Frame = 1, Message = "gas" };
        for (var id = 1; id <= 3; id++)
        {
            watched.Operator.Raise(alert with { Id = id });
        }

        await watched.Page.UntilAsync("!document.getElementById('acknowledge-all').hidden && document.getElementById('alert-count').textContent === '3 raised'");
        await watched.Page.EvaluateAsync<bool>("(() => { document.getElementById('acknowledge-all').click(); return true; })()");
        await watched.Page.UntilAsync("document.getElementById('alert-count').textContent === '3 ✓' && document.getElementById('acknowledge-all').hidden");

        // Over for the session before this page heard of it.
        watched.Server.Publisher.OnEvent(new AlertChange { Id = 1000, Time = TimeProvider.System.GetUtcNow(), Alert = alert with { Id = 9 } });
        await watched.Page.UntilAsync("document.getElementById('alert-count').textContent === '1 raised, 3 ✓'");
        await watched.Page.PressAsync("y");
        await watched.Page.UntilAsync("document.getElementById('toast').textContent.startsWith('alert 9 is over')");
    }

    [Fact(Timeout = 60_000)]
    public async Task Thousands_of_alerts_leave_the_page_with_those_that_stand_and_the_newest_of_the_others()
    {
        await using var watched = await Watched.StartAsync(browser);
        var alert = new SessionAlert { Id = 1, Kind = "bubble", Severity = "critical", State = "raised", Frame = 1, Message = "gas" };
        watched.Operator.Raise(alert);
        for (var id = 2; id <= 3000; id++)
        {
            watched.Operator.Raise(alert with { Id = id, State = "cleared", Message = $"gas {id}" });
        }

        await watched.Page.UntilAsync("document.getElementById('alerts').textContent.includes('gas 3000')");
        Assert.Equal(101, await watched.Page.EvaluateAsync<int>("document.querySelectorAll('#alerts .alert').length"));
        Assert.Equal("▲ gas", await watched.Page.TextAsync("alert-chip"));
        Assert.Contains("are over: here are the newest 100, the session has all", await watched.Page.TextAsync("alerts-more"), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Rules_that_cannot_be_evaluated_are_listed_with_their_reasons()
    {
        await using var watched = await Watched.StartAsync(browser);
        watched.Operator.Change(status => status with { AlertsMissing = ["etching_fast: it needs the pixel size", "dose_rate_high: no limit is set (alerts.dose_rate_high.threshold)"] });
        await watched.Page.UntilAsync("document.getElementById('alerts-missing-head').textContent === '2 rules are not evaluated'");
        Assert.Equal("etching fast: it needs the pixel size", await watched.Page.EvaluateAsync<string>("document.querySelector('#alerts-missing-list li').textContent"));
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
