// The histogram of counts with the limits on it; both can be dragged.
import { byId, canvasContext } from './dom';
import type { State, Store } from './store';

const grab = 12;

export class Histogram {
  private readonly canvas = byId<HTMLCanvasElement>('histogram');
  private dragged: 'low' | 'high' | null = null;
  /** Range drawn; held while a limit is dragged, so that it does not run away under the hand. */
  private from = 0;
  private to = 0;

  constructor(private readonly store: Store, private readonly onLimits: (low: number, high: number) => void) {
    store.on(['distribution', 'look', 'autoContrast'], (s) => this.draw(s));
    new ResizeObserver(() => this.draw(store.state)).observe(this.canvas);
    this.canvas.addEventListener('pointerdown', (e) => this.press(e));
    this.canvas.addEventListener('pointermove', (e) => this.move(e));
    for (const type of ['pointerup', 'pointercancel'] as const) {
      this.canvas.addEventListener(type, () => (this.dragged = null));
    }
  }

  private draw({ distribution, look, autoContrast }: State): void {
    const { context, width, height } = canvasContext(this.canvas);
    if (!distribution) {
      return;
    }

    if (this.dragged === null) {
      this.from = Math.min(distribution.from, look.low);
      this.to = Math.max(distribution.to, look.high);
    }

    const { bins, from, to } = distribution;
    const x = (value: number): number => ((value - this.from) / (this.to - this.from)) * width;
    // The square root lets the few counts of the particles be seen beside those of the liquid.
    const tallest = Math.sqrt(Math.max(1, ...bins));
    context.fillStyle = '#5d6b7a';
    const step = (to - from) / bins.length;
    for (let i = 0; i < bins.length; i++) {
      const bar = (Math.sqrt(bins[i]) / tallest) * (height - 4);
      const left = x(from + i * step);
      context.fillRect(left, height - bar, Math.max(1, x(from + (i + 1) * step) - left + 0.3), bar);
    }

    const low = x(look.low);
    const high = x(look.high);
    context.fillStyle = 'rgb(8 10 13 / 0.6)';
    context.fillRect(0, 0, low, height);
    context.fillRect(high, 0, width - high, height);
    context.strokeStyle = 'rgb(255 255 255 / 0.5)';
    context.lineWidth = 1.2;
    context.beginPath();
    for (let i = 0; i <= 40; i++) {
      const at = low + ((high - low) * i) / 40;
      context.lineTo(at, height - 2 - (i / 40) ** look.gamma * (height - 4));
    }

    context.stroke();
    context.fillStyle = autoContrast ? '#9fb0c3' : '#f0e442';
    for (const at of [low, high]) {
      context.fillRect(at - 1, 0, 2, height);
      context.beginPath();
      context.roundRect(at - 4, 0, 8, 12, 2);
      context.fill();
    }
  }

  private valueAt(e: PointerEvent): number {
    const box = this.canvas.getBoundingClientRect();
    return this.from + ((e.clientX - box.left) / box.width) * (this.to - this.from);
  }

  private press(e: PointerEvent): void {
    if (this.to <= this.from) {
      // Nothing is drawn yet: a place in the histogram means no count.
      return;
    }

    const { look } = this.store.state;
    const value = this.valueAt(e);
    const perPx = (this.to - this.from) / this.canvas.clientWidth;
    const toLow = Math.abs(value - look.low);
    const toHigh = Math.abs(value - look.high);
    // Anywhere else in the histogram the nearer limit jumps there.
    this.dragged = toLow < toHigh ? 'low' : 'high';
    this.canvas.setPointerCapture(e.pointerId);
    if (Math.min(toLow, toHigh) > grab * perPx) {
      this.move(e);
    }
  }

  private move(e: PointerEvent): void {
    if (this.dragged === null) {
      return;
    }

    const { look } = this.store.state;
    const smallest = (this.to - this.from) / 500;
    const value = this.valueAt(e);
    if (this.dragged === 'low') {
      this.onLimits(Math.min(value, look.high - smallest), look.high);
    } else {
      this.onLimits(look.low, Math.max(value, look.low + smallest));
    }
  }
}
