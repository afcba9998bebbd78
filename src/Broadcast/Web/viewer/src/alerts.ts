// The session's alerts: what stands, what somebody has seen to, what is over. An entry stays the same element while its alert changes, so that
// no press is lost to a redraw, however fast alerts come and go.
import { acknowledge } from './api';
import { byId, node, text } from './dom';
import { fixed, integer } from './format';
import type { Store } from './store';
import type { Alert } from './wire';

const mostOver = 100;
const signs = { info: 'ⓘ', warning: '△', critical: '▲' } as const;
const states = { raised: '● raised', acknowledged: '✓ acknowledged', cleared: '○ over' } as const;
const stateOrder = { raised: 0, acknowledged: 1, cleared: 2 } as const;
const severityOrder = { critical: 0, warning: 1, info: 2 } as const;

interface Entry {
  item: HTMLLIElement;
  kind: HTMLElement;
  message: HTMLElement;
  when: HTMLElement;
  seen: HTMLButtonElement;
  alert: Alert;
}

export class AlertList {
  private readonly list = byId('alerts');
  private readonly entries = new Map<number, Entry>();
  /** Asked for and not yet told of. */
  private readonly asked = new Set<number>();
  private raised: Alert[] = [];

  constructor(store: Store, private readonly goTo: (frame: number | null) => void, private readonly say: (message: string) => void) {
    store.on(['alerts'], ({ alerts }) => this.draw([...alerts.values()]));
    store.on(['status'], ({ status }) => this.drawMissing(status?.alerts_missing ?? []));
    store.touch('alerts', 'status');
  }

  /** Says of the worst raised alert that it was seen; of the newest of those. */
  async acknowledgeWorst(): Promise<void> {
    if (this.raised.length === 0) {
      this.say('no alert is raised');
      return;
    }

    await this.acknowledge([this.raised[0]]);
  }

  async acknowledgeAll(): Promise<void> {
    await this.acknowledge(this.raised);
  }

  private async acknowledge(alerts: readonly Alert[]): Promise<void> {
    for (const { id } of alerts) {
      this.asked.add(id);
      this.entries.get(id)?.seen.setAttribute('disabled', '');
      try {
        await acknowledge(id);
      } catch (error) {
        this.say((error as Error).message);
      } finally {
        this.asked.delete(id);
        this.entries.get(id)?.seen.toggleAttribute('disabled', false);
      }
    }
  }

  private draw(all: Alert[]): void {
    all.sort((a, b) => stateOrder[a.state] - stateOrder[b.state] || (a.state === 'raised' ? severityOrder[a.severity] - severityOrder[b.severity] : 0) || b.id - a.id);
    this.raised = all.filter((a) => a.state === 'raised');
    const seen = all.filter((a) => a.state === 'acknowledged').length;
    const over = all.length - this.raised.length - seen;
    text(byId('alert-count'), [this.raised.length > 0 ? `${integer(this.raised.length)} raised` : '', seen > 0 ? `${integer(seen)} ✓` : ''].filter(Boolean).join(', '));
    byId('alert-count').title = `${integer(this.raised.length)} raised, ${integer(seen)} acknowledged, ${integer(over)} over`;
    byId('acknowledge-all').hidden = this.raised.length < 2;
    this.drawChip();

    const shown = all.slice(0, this.raised.length + seen + mostOver);
    const ids = new Set(shown.map((a) => a.id));
    for (const [id, entry] of this.entries) {
      if (!ids.has(id)) {
        entry.item.remove();
        this.entries.delete(id);
      }
    }

    shown.forEach((alert, i) => {
      const entry = this.entries.get(alert.id) ?? this.add(alert);
      this.fill(entry, alert);
      if (this.list.children[i] !== entry.item) {
        this.list.insertBefore(entry.item, this.list.children[i] ?? null);
      }
    });
    text(byId('alerts-more'), all.length === 0 ? 'none so far' : all.length > shown.length ? `${integer(over)} are over: here are the newest ${mostOver}, the session has all` : '');
  }

  private drawChip(): void {
    const worst = this.raised[0];
    const chip = byId('alert-chip');
    chip.hidden = !worst;
    chip.dataset.severity = worst?.severity ?? '';
    text(chip, worst ? `${signs[worst.severity]} ${this.raised.length > 1 ? `${this.raised.length} alerts: ` : ''}${worst.message}` : '');
  }

  private add(alert: Alert): Entry {
    const item = node('li', 'alert');
    const open = node('button', 'entry-button');
    const entry: Entry = { item, alert, kind: node('b', ''), message: node('span', ''), when: node('small', ''), seen: node('button', 'alert-seen', 'Acknowledge') };
    open.append(entry.kind, entry.message, entry.when);
    open.addEventListener('click', () => this.goTo(entry.alert.frame));
    entry.seen.addEventListener('click', () => void this.acknowledge([entry.alert]));
    item.append(open, entry.seen);
    this.entries.set(alert.id, entry);
    return entry;
  }

  private fill(entry: Entry, alert: Alert): void {
    entry.alert = alert;
    entry.item.dataset.state = alert.state;
    entry.item.dataset.severity = alert.severity;
    text(entry.kind, `${signs[alert.severity] ?? ''} ${alert.kind.replaceAll('_', ' ')}`);
    text(entry.message, alert.message);
    text(entry.when, [alert.severity, states[alert.state] ?? alert.state, when(alert)].filter(Boolean).join(' · '));
    const open = entry.item.firstElementChild as HTMLElement;
    open.title = alert.frame === null ? 'It belongs to no frame' : `Go to frame ${alert.frame}`;
    entry.seen.hidden = alert.state !== 'raised';
    entry.seen.title = `Somebody has seen alert ${alert.id} and deals with it${this.raised[0] === alert ? ' (Y)' : ''}`;
    entry.seen.setAttribute('aria-label', `Acknowledge ${alert.kind.replaceAll('_', ' ')}, alert ${alert.id}`);
    entry.seen.toggleAttribute('disabled', this.asked.has(alert.id));
    if (this.raised[0] === alert) {
      entry.seen.setAttribute('aria-keyshortcuts', 'Y');
    } else {
      entry.seen.removeAttribute('aria-keyshortcuts');
    }
  }

  private drawMissing(missing: readonly string[]): void {
    const box = byId('alerts-missing');
    box.hidden = missing.length === 0;
    text(byId('alerts-missing-head'), `${missing.length === 1 ? 'One rule is' : `${missing.length} rules are`} not evaluated`);
    const list = byId('alerts-missing-list');
    if (list.dataset.shown !== missing.join('\n')) {
      list.dataset.shown = missing.join('\n');
      list.replaceChildren(...missing.map((rule) => node('li', '', rule.replace(/^[a-z_]+/, (kind) => kind.replaceAll('_', ' ')))));
    }
  }
}

// Since when, or from when to when, and how often. While it stands, the count is that of the last time it was told: at least so often.
function when(alert: Alert): string {
  const stands = alert.state !== 'cleared';
  const time = alert.time_s === null ? '' : fixed(alert.time_s, alert.time_s < 100 ? 2 : 0, 's');
  const last = alert.frame_last !== null && alert.frame_last !== alert.frame && !stands ? `–${alert.frame_last}` : '';
  const frame = alert.frame === null ? '' : `frame${last ? 's' : ''} ${alert.frame}${last}`;
  const count = alert.count > 1 ? `${stands ? '≥\u2009' : ''}${integer(alert.count)}×` : '';
  return [time, frame, count].filter(Boolean).join(' · ');
}
