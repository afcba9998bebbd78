// Limits, gamma and lookup table: what the operator sets and what is taken from the counts.
import { byId, text } from './dom';
import { Histogram } from './histogram';
import type { Look } from './image-view';
import { lutLabels, lutNames, type LutName } from './luts';
import { distribution } from './pixels';
import type { State, Store } from './store';

const lowPercent = 0.5;
const highPercent = 99.5;
const everyMs = 250;
/** Automatic limits follow only when they moved by more than this part of their distance: no flicker. */
const deadBand = 0.03;

export class Contrast {
  private measuredAt = -Infinity;
  private readonly low = byId<HTMLInputElement>('low');
  private readonly high = byId<HTMLInputElement>('high');
  private readonly gamma = byId<HTMLInputElement>('gamma');
  private readonly lut = byId<HTMLSelectElement>('lut');

  constructor(private readonly store: Store) {
    for (const name of lutNames) {
      this.lut.add(new Option(lutLabels[name], name));
    }

    new Histogram(store, (low, high) => this.setLimits(low, high));
    for (const input of [this.low, this.high]) {
      input.addEventListener('change', () => this.typed());
    }

    this.gamma.addEventListener('input', () => this.setLook({ gamma: Number(this.gamma.value) }));
    this.lut.addEventListener('change', () => this.setLook({ lut: this.lut.value as LutName }));
    store.on(['shown'], () => this.measure(false));
    store.on(['look', 'distribution'], (s) => this.show(s));
    this.show(store.state);
  }

  /** Sets limits by hand; the automatic ones rest from then on. */
  setLimits(low: number, high: number): void {
    if (Number.isFinite(low) && Number.isFinite(high) && high > low) {
      this.store.set({ look: { ...this.store.state.look, low, high }, autoContrast: false });
    }
  }

  /** Takes the limits from the frame on the screen, once. */
  autoOnce(): void {
    this.measure(true);
    const { distribution: d } = this.store.state;
    if (d) {
      this.setLimits(d.low, d.high);
    }
  }

  toggleAuto(): void {
    this.store.set({ autoContrast: !this.store.state.autoContrast });
    this.measure(true);
  }

  /** Moves one limit by a part of the distance between both. */
  nudge(which: 'low' | 'high', part: number): void {
    const { low, high } = this.store.state.look;
    const by = (high - low) * part;
    this.setLimits(which === 'low' ? low + by : low, which === 'high' ? high + by : high);
  }

  nudgeGamma(factor: number): void {
    this.setLook({ gamma: Math.min(3, Math.max(0.2, this.store.state.look.gamma * factor)) });
  }

  nextLut(by: number): void {
    const index = lutNames.indexOf(this.store.state.look.lut);
    this.setLook({ lut: lutNames[(index + by + lutNames.length) % lutNames.length] });
  }

  private setLook(patch: Partial<Look>): void {
    this.store.set({ look: { ...this.store.state.look, ...patch } });
  }

  private typed(): void {
    const low = Number(this.low.value);
    const high = Number(this.high.value);
    if (this.low.value !== '' && this.high.value !== '' && high > low) {
      this.setLimits(low, high);
    } else {
      this.show(this.store.state, true);
    }
  }

  private measure(now: boolean): void {
    const { shown, autoContrast, look } = this.store.state;
    const time = performance.now();
    if (!shown || (!now && time - this.measuredAt < everyMs)) {
      return;
    }

    this.measuredAt = time;
    const d = distribution(shown, lowPercent, highPercent);
    this.store.set({ distribution: d });
    if (d && autoContrast) {
      const off = Math.max(Math.abs(d.low - look.low), Math.abs(d.high - look.high));
      if (now || off > deadBand * (d.high - d.low)) {
        this.setLook({ low: d.low, high: d.high });
      }
    }
  }

  private show({ look }: State, force = false): void {
    const write = (input: HTMLInputElement, value: number): void => {
      if (force || document.activeElement !== input) {
        input.value = String(Number(value.toPrecision(5)));
      }
    };
    write(this.low, look.low);
    write(this.high, look.high);
    this.gamma.value = String(look.gamma);
    text(byId('gamma-value'), look.gamma.toFixed(2));
    this.lut.value = look.lut;
  }
}
