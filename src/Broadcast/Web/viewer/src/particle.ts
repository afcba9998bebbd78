// The picked particle: what it is and how it moved, for as long as this page has its points.
import { indexOfParticle, sampleOf, type Sample } from './analyses';
import { Chart } from './charts';
import { byId, text } from './dom';
import { fixed, significant, unknown } from './format';
import { colourOf } from './palette';
import type { State, Store } from './store';

const everyMs = 300;
const mostSamples = 6000;

const shapes: Record<number, string> = { 0: 'round', 1: 'irregular', 2: 'rod, 2-fold', 3: '3-fold', 4: 'cube, 4-fold', 6: '6-fold' };

export class ParticlePanel {
  private readonly panel = byId('particle');
  private charts: Chart[] = [];
  private samples: Sample[] = [];
  private of: number | null = null;
  private unit = '';
  private drawnAt = 0;

  constructor(private readonly store: Store) {
    store.on(['selected', 'analysed', 'status'], (s) => this.update(s));
  }

  private update(state: State): void {
    const { selected, status } = state;
    this.panel.hidden = selected === null;
    if (selected === null) {
      this.of = null;
      return;
    }

    const nm = status?.calibration.pixel_size_nm?.value ?? null;
    const unit = nm ? 'nm' : 'px';
    if (this.of !== selected || this.unit !== unit) {
      this.of = selected;
      this.unit = unit;
      this.samples = this.store.analyses.history(selected);
      this.makeCharts(selected);
      this.drawnAt = 0;
    } else {
      this.append(selected);
    }

    const now = performance.now();
    if (now - this.drawnAt >= everyMs) {
      this.drawnAt = now;
      this.draw(selected, nm ?? 1);
    }
  }

  /** Takes over what the analysis added since. */
  private append(particle: number): void {
    const ring = this.store.analyses;
    const newest = this.samples[this.samples.length - 1]?.frame ?? -Infinity;
    for (let i = ring.indexAt(newest) + 1; i < ring.length; i++) {
      const sample = sampleOf(ring.at(i)!, particle);
      if (sample) {
        this.samples.push(sample);
      }
    }

    this.samples.splice(0, Math.max(0, this.samples.length - mostSamples));
  }

  private makeCharts(particle: number): void {
    const colour = colourOf(particle);
    const xLabel = this.samples.some((s) => s.timeS !== null) ? 'time, s' : 'frame';
    const area = this.unit === 'nm' ? 'nm²' : 'px²';
    const titles: [string, string][] = [['chart-x', `x, ${this.unit}`], ['chart-y', `y, ${this.unit}`], ['chart-rotation', 'rotation, °'], ['chart-area', `area, ${area}`]];
    this.charts = titles.map(([id, title]) => {
      const host = byId(id);
      host.replaceChildren();
      return new Chart({ host, height: 132, title, xLabel, colour, band: true });
    });
  }

  private draw(particle: number, scale: number): void {
    const s = this.samples;
    const last = s[s.length - 1];
    text(byId('particle-title'), `Particle ${particle}`);
    byId('particle-title').style.color = colourOf(particle);
    if (!last) {
      text(byId('particle-facts'), 'not in the buffer');
      return;
    }

    text(byId('particle-facts'), this.facts(particle, last, scale));
    byId('chart-rotation').hidden = !s.some((p) => Number.isFinite(p.rotationDeg));
    const time = s.map((p) => p.timeS ?? p.frame);
    const values: [(p: Sample) => number, (p: Sample) => number][] = [
      [(p) => p.x * scale, (p) => p.xErr * scale],
      [(p) => p.y * scale, (p) => p.yErr * scale],
      [(p) => p.rotationDeg, (p) => p.angleErrDeg],
      [(p) => p.areaPx * scale * scale, () => NaN],
    ];
    values.forEach(([value, error], i) => {
      const known = (v: number): number | null => (Number.isFinite(v) ? v : null);
      this.charts[i].set([
        time,
        s.map((p) => known(value(p))),
        s.map((p) => known(value(p) - error(p))),
        s.map((p) => known(value(p) + error(p))),
      ]);
    });
  }

  private facts(particle: number, last: Sample, scale: number): string {
    const { analyses } = this.store;
    const points = analyses.at(analyses.indexAt(last.frame))?.points;
    const i = points ? indexOfParticle(points, particle) : -1;
    const symmetry = points && i >= 0 ? shapes[points.symmetry[i]] ?? `${points.symmetry[i]}-fold` : unknown;
    const first = this.samples[0];
    const age = last.timeS !== null && first.timeS !== null ? ` over ${fixed(last.timeS - first.timeS, 1, 's')}` : '';
    const newest = analyses.newest?.frame ?? last.frame;
    return [
      symmetry,
      `${this.samples.length} frames${age} in the buffer`,
      `x ${pm(last.x * scale, last.xErr * scale)}, y ${pm(last.y * scale, last.yErr * scale)} ${this.unit}`,
      Number.isFinite(last.rotationDeg) ? `turned ${pm(last.rotationDeg, last.angleErrDeg)}°` : '',
      `area ${significant(last.areaPx * scale * scale)} ${this.unit}²`,
      newest > last.frame + 3 ? `last seen ${newest - last.frame} frames ago` : '',
    ].filter(Boolean).join('   ');
  }
}

function pm(value: number, error: number): string {
  if (!Number.isFinite(error) || error <= 0) {
    return fixed(value, 2);
  }

  const digits = Math.min(4, Math.max(0, 1 - Math.floor(Math.log10(error))));
  return `${value.toFixed(digits)} ± ${error.toFixed(digits)}`;
}
