// The figures on the side and in the bar at the top: what the session is doing, in numbers and words.
import { Chart } from './charts';
import { byId, calmly, calmMs, node, text } from './dom';
import { bytes, clock, fixed, integer, significant, unknown } from './format';
import { particleColours } from './palette';
import type { State, Store } from './store';
import type { Calibrated, Status } from './wire';

const chartEveryMs = 500;
/** Part of the pixels at the detector's ceiling from which counts, and the dose by them, are too low. */
const saturationWarning = 1e-3;

export class Figures {
  private readonly particles: Chart;
  private dose: Chart | null = null;
  private chartedAt = 0;

  constructor(private readonly store: Store) {
    this.particles = new Chart({ host: byId('chart-particles'), height: 96, title: 'particles over session time, s', xLabel: null, colour: particleColours[1], whole: true });
    store.on(['link', 'status', 'hello'], (s) => this.drawLink(s));
    store.on(['status', 'hello', 'shownFps'], (s) => this.drawStatus(s));
    store.on(['row', 'status'], calmly(calmMs, () => this.drawRow(store.state)));
    store.on(['status'], () => this.drawCharts());
    // The wait for the next try and the silence of the server grow without any message.
    setInterval(() => this.drawLink(store.state), 500);
    this.drawLink(store.state);
  }

  private drawLink({ link, status, statusAt, hello, shown, restarts }: State): void {
    const chip = byId('link');
    const silentS = (performance.now() - statusAt) / 1000;
    const silent = link.phase === 'open' && status !== null && silentS > 3 && status.state !== 'ended';
    const waitS = Math.max(0, (link.retryAt - performance.now()) / 1000);
    const words = link.phase === 'open' ? (silent ? `connected, silent for ${silentS.toFixed(0)} s` : 'connected')
      : link.phase === 'connecting' && link.failures === 0 ? 'connecting' : status ? 'connection lost' : 'no connection';
    text(chip, `${link.phase === 'open' ? (silent ? '◌' : '●') : '✕'} ${words}`);
    chip.dataset.state = link.phase === 'open' ? (silent ? 'warn' : 'good') : 'bad';
    chip.title = restarts > 0 ? `the session changed ${restarts} time${restarts === 1 ? '' : 's'} since this page was opened` : 'connection to the server';

    const banner = byId('banner');
    const problem = link.phase !== 'open' && (link.failures > 0 || status)
      ? `${status ? 'Connection lost: what you see is the last that came.' : 'The server does not answer.'} ${link.phase === 'waiting' ? `Trying again in ${waitS.toFixed(0)} s` : 'Trying now'} (try ${link.failures + 1}).`
      : link.problem ? `The server sent something this page cannot read: ${link.problem}` : '';
    banner.hidden = problem === '';
    text(banner, problem);
    const waiting = byId('waiting');
    waiting.hidden = shown !== null;
    text(waiting, link.phase !== 'open' ? 'waiting for the server' : hello ? `waiting for the first frame of ${hello.source}` : 'waiting for the session');
  }

  private drawStatus({ status, hello, shownFps }: State): void {
    text(byId('source'), status?.source ?? hello?.source ?? '');
    text(byId('session'), hello?.session ?? '');
    document.title = `LiveLTEM${status ? ` · ${status.source}` : ''}`;
    const phase = byId('phase');
    phase.hidden = !status;
    text(phase, status ? ({ learning: '◔ learning', live: '▶ live', ended: '■ ended', failed: '✕ failed' }[status.state] ?? status.state) : '');
    phase.dataset.state = status?.state === 'live' ? 'good' : status?.state === 'failed' ? 'bad' : 'warn';
    text(byId('elapsed'), clock(status?.elapsed_s));
    text(byId('segment'), status ? String(status.segment) : unknown);
    text(byId('particles'), integer(status?.particles));
    text(byId('tracks'), integer(status?.tracks));
    text(byId('fps-received'), fixed(status?.received_fps, 1));
    text(byId('fps-analysed'), fixed(status?.analysed_fps, 1));
    text(byId('fps-shown'), fixed(shownFps, 1));
    text(byId('latency'), status?.latency_ms ? `${ms(status.latency_ms.p50)} / ${ms(status.latency_ms.p99)}` : unknown);
    text(byId('detector'), status ? `Detector: ${status.detector}${status.model?.provider ? ` on ${status.model.provider}` : ''}` : '');
    text(byId('learnt'), status?.learnt ? `Learnt: ${status.learnt}` : '');
    this.drawRecording(status);
    this.drawEdges(status);
    this.drawConditions(status);
  }

  private drawRow({ row, status }: State): void {
    text(byId('dose-rate'), significant(row?.dose_rate_e_A2_s));
    text(byId('dose'), significant(row?.dose_e_A2));
    const kind = status?.dose_kind ? ` (${status.dose_kind})` : '';
    text(byId('rate-name'), `dose rate${kind}`);
    text(byId('dose-name'), `fluence${kind}`);
    const line = byId('dose-line');
    const missing = status !== null && status.dose_kind === null;
    text(line, status ? `${missing ? '⚠ No dose: ' : 'Dose: '}${status.dose.replace(/^no dose: /i, '')}` : '');
    line.dataset.state = missing ? 'warn' : '';
    const counts = byId('counts');
    const saturated = row ? row.saturated_fraction : 0;
    text(counts, row ? `mean ${significant(row.mean_counts)} counts${saturated > 0 ? `, ${saturated > saturationWarning ? '△ ' : ''}${significant(saturated * 100)}\u2009% saturated` : ''}` : '');
    counts.dataset.state = saturated > saturationWarning ? 'warn' : '';
  }

  private drawCharts(): void {
    const now = performance.now();
    if (now - this.chartedAt < chartEveryMs) {
      return;
    }

    this.chartedAt = now;
    this.particles.set(this.store.particles.data);
    const [times, rates] = this.store.doseRate.data;
    const host = byId('chart-dose');
    host.hidden = !rates.some((v) => v !== null);
    if (!host.hidden) {
      this.dose ??= new Chart({ host, height: 84, title: 'dose rate, e⁻/Å²/s, over session time, s', xLabel: null, colour: particleColours[0], fromZero: true });
      this.dose.set([times, rates]);
    }
  }

  private drawRecording(status: Status | null): void {
    const recording = status?.recording;
    const state = recording?.state ?? 'off';
    byId('rec-light').dataset.state = state;
    text(byId('rec-text'), !recording ? 'recording –' : state === 'on' ? `REC ${integer(recording.frames)} frames` : state === 'failed' ? 'RECORDING FAILED' : 'not recording');
    byId('rec-text').dataset.state = state;
    const button = byId<HTMLButtonElement>('rec-button');
    text(button, state === 'on' ? 'Stop…' : 'Record');
    button.disabled = !recording;
    const line = byId('recording-line');
    text(line, !recording ? '' : [
      recording.problem ? `Recording failed: ${recording.problem}.` : '',
      recording.folder ? `${integer(recording.frames)} frames, ${bytes(recording.bytes)} in ${recording.folder};` : 'No folder to record to;',
      `${integer(recording.not_recorded)} not kept.`,
      recording.disk_free_bytes === null ? '' : `Disk free: ${bytes(recording.disk_free_bytes)}.`,
    ].filter(Boolean).join(' '));
    line.dataset.state = state === 'failed' ? 'bad' : '';
  }

  private drawEdges(status: Status | null): void {
    const body = byId('edges');
    const edges = status?.edges ?? [];
    while (body.children.length < edges.length) {
      const row = node('tr', '');
      row.append(node('td', ''), node('td', ''), node('td', ''), node('td', ''));
      body.append(row);
    }

    while (body.children.length > edges.length) {
      body.lastElementChild!.remove();
    }

    edges.forEach((edge, i) => {
      const cells = body.children[i].children as HTMLCollectionOf<HTMLElement>;
      const full = edge.level === 'full' ? ' ▲' : edge.level === 'filling' ? ' △' : '';
      text(cells[0], edge.name);
      text(cells[1], `${edge.queued}/${edge.capacity}${full}`);
      text(cells[2], integer(edge.dropped));
      text(cells[3], edge.held_back_s > 0 ? fixed(edge.held_back_s, 1, 's') : unknown);
      cells[2].dataset.state = edge.dropped > 0 ? 'warn' : '';
      (body.children[i] as HTMLElement).title = `${edge.policy} edge, ${integer(edge.written)} written, at most ${edge.peak_queued} queued, ${edge.level}`;
    });

    const ledger = status?.ledger;
    const web = status?.subscribers.filter((s) => s.dropped > 0).map((s) => `${s.kind} ${s.name} ${integer(s.dropped)}`) ?? [];
    text(byId('ledger'), ledger ? [
      `Frames: ${integer(ledger.received)} received, ${integer(ledger.processed)} analysed, ${integer(ledger.recorded)} recorded,`,
      `${integer(ledger.lost)} lost, ${integer(ledger.repeated)} repeated.`,
      web.length > 0 ? `Messages dropped for slow readers: ${web.join(', ')}.` : '',
      ...(status?.notes ?? []),
    ].filter(Boolean).join(' ') : (status?.notes ?? []).join(' '));
  }

  private drawConditions(status: Status | null): void {
    const list = byId('conditions');
    const c = status?.calibration ?? {};
    const rows: [string, Calibrated | null | undefined, string][] = [
      ['pixel size', c.pixel_size_nm, 'nm'],
      ['frame time', c.frame_time_s, 's'],
      ['exposure', c.exposure_s, 's'],
      ['counts per e⁻', c.counts_per_electron, ''],
      ['dark level', c.dark_level, 'counts'],
      ['transmission', c.transmission, ''],
      ['dose per frame', c.dose_per_frame_e_A2, 'e⁻/Å²'],
      ['voltage', c.kv, 'kV'],
    ];
    const known = rows.filter(([, v]) => v);
    const missing = rows.filter(([, v]) => !v).map(([name]) => name);
    const key = status ? JSON.stringify([known, missing]) : '';
    if (list.dataset.key === key) {
      return;
    }

    list.dataset.key = key;
    list.replaceChildren(...known.flatMap(([name, v, unit]) => {
      const value = node('dd', '', `${Number(v!.value.toPrecision(6))}${unit ? `\u2009${unit}` : ''}${v!.err ? ` ± ${significant(v!.err)}` : ''}`);
      value.append(node('small', 'origin', v!.origin));
      return [node('dt', '', name), value];
    }), ...(missing.length > 0 && status ? [node('dt', '', 'unknown'), node('dd', 'missing', missing.join(', '))] : []));
  }
}

const ms = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(1));
