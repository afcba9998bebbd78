// Which states the molecules are in: share of each over the session, and what tells them apart, molecule by molecule, in the last frames.
import type { AnalysisRing } from './analyses';
import { Chart } from './charts';
import { byId, calmly, canvasContext, node } from './dom';
import { particleColours } from './palette';
import { Series } from './series';
import type { Store } from './store';

const drawEveryMs = 500;
/** Analysed frames of which every molecule is a dot. */
const scatterFrames = 60;
const mostDots = 4000;
const mostStates = particleColours.length;
/** Colour is never the only sign. */
const signs = ['●', '▲', '■', '◆', '✚', '▼'];

export class Heterogeneity {
  private readonly shares: Series[] = [];
  private chart: Chart | null = null;
  private drawnFrame = -1;

  constructor(private readonly store: Store) {
    store.on(['status'], calmly(drawEveryMs, () => this.draw()));
    store.on(['hello'], () => this.clear());
  }

  private clear(): void {
    this.shares.forEach((series) => series.clear());
    this.drawnFrame = -1;
    byId('states').hidden = true;
  }

  private draw(): void {
    const ring = this.store.analyses;
    this.take(ring);
    const panel = byId('states');
    panel.hidden = this.shares.every((series) => series.length === 0);
    if (panel.hidden) {
      return;
    }

    this.drawShares();
    this.drawScatter(ring);
  }

  /** The share of each state in the frames analysed since the last time. */
  private take(ring: AnalysisRing): void {
    for (let i = ring.indexAt(this.drawnFrame) + 1; i < ring.length; i++) {
      const { frame, points } = ring.at(i)!;
      if (!points) {
        continue;
      }

      this.drawnFrame = frame;
      const counts: number[] = [];
      let all = 0;
      for (const state of points.state) {
        if (state >= 0 && state < mostStates) {
          counts[state] = (counts[state] ?? 0) + 1;
          all++;
        }
      }

      // Where nothing is told apart yet, there is no share.
      if (all > 0) {
        while (this.shares.length < counts.length) {
          this.shares.push(new Series());
        }

        this.shares.forEach((series, state) => series.add(points.timeS ?? frame, (counts[state] ?? 0) / all));
      }
    }
  }

  private drawShares(): void {
    this.chart ??= new Chart({
      host: byId('chart-states'), height: 96, title: 'share of the molecules in each state, by frame time', xLabel: null,
      colour: particleColours[0], fromZero: true, more: particleColours.slice(1),
    });
    // States come one after another; those that came later lack the times before.
    const times = this.shares.reduce<number[]>((most, { data }) => (data[0].length > most.length ? data[0] : most), []);
    const columns = this.shares.map(({ data: [own, values] }) => {
      const at = new Map(own.map((time, i) => [time, values[i]]));
      return times.map((time) => at.get(time) ?? null);
    });
    while (columns.length < mostStates) {
      columns.push(times.map(() => null));
    }

    this.chart.set([times, ...columns]);
    byId('states-legend').replaceChildren(...this.shares.map(({ data: [, values] }, state) => {
      const now = values[values.length - 1];
      const item = node('span', 'state', `${signs[state]} state ${state}${typeof now === 'number' ? ` ${(100 * now).toFixed(0)}\u2009%` : ''}`);
      item.style.color = particleColours[state];
      return item;
    }));
  }

  private drawScatter(ring: AnalysisRing): void {
    const dots: [number, number, number][] = [];
    for (let i = Math.max(0, ring.length - scatterFrames); i < ring.length && dots.length < mostDots; i++) {
      const points = ring.at(i)!.points;
      for (let k = 0; points && k < points.count; k++) {
        if (points.state[k] >= 0 && points.state[k] < mostStates && points.minorPx[k] > 0) {
          dots.push([points.areaPx[k], points.majorPx[k] / points.minorPx[k], points.state[k]]);
        }
      }
    }

    const { context, width, height } = canvasContext(byId<HTMLCanvasElement>('states-scatter'));
    const box = { left: 44, right: width - 8, top: 16, bottom: height - 26 };
    const [x, y] = [0, 1].map((axis) => span(dots.map((dot) => dot[axis])));
    const toX = (value: number): number => box.left + ((value - x.low) / (x.high - x.low)) * (box.right - box.left);
    const toY = (value: number): number => box.bottom - ((value - y.low) / (y.high - y.low)) * (box.bottom - box.top);
    context.font = '10px system-ui, sans-serif';
    context.fillStyle = '#9fb0c3';
    context.strokeStyle = 'rgb(159 176 195 / 0.3)';
    context.strokeRect(box.left, box.top, box.right - box.left, box.bottom - box.top);
    context.textAlign = 'left';
    context.fillText(`length / width, last ${Math.min(scatterFrames, ring.length)} analysed frames`, box.left, box.top - 5);
    context.textAlign = 'center';
    context.fillText('area, px', (box.left + box.right) / 2, height - 3);
    for (const part of [0, 0.5, 1]) {
      context.textAlign = 'center';
      context.fillText((x.low + part * (x.high - x.low)).toFixed(0), box.left + part * (box.right - box.left), box.bottom + 12);
      context.textAlign = 'right';
      context.fillText((y.low + part * (y.high - y.low)).toFixed(1), box.left - 5, box.bottom - part * (box.bottom - box.top) + 3);
    }

    context.textAlign = 'center';
    context.font = '7px system-ui, sans-serif';
    context.globalAlpha = 0.75;
    for (const [area, ratio, state] of dots) {
      context.fillStyle = particleColours[state];
      context.fillText(signs[state], toX(area), toY(ratio) + 2.5);
    }

    context.globalAlpha = 1;
  }
}

/** From the 1st to the 99th percentile with some room, so that one molecule far off does not press the rest together. */
function span(values: number[]): { low: number; high: number } {
  if (values.length === 0) {
    return { low: 0, high: 1 };
  }

  const sorted = [...values].sort((a, b) => a - b);
  const at = (part: number): number => sorted[Math.round(part * (sorted.length - 1))];
  const room = Math.max(0.08 * (at(0.99) - at(0.01)), 1e-3 * Math.abs(at(0.5)), 1e-6);
  return { low: at(0.01) - room, high: at(0.99) + room };
}
