// The middle of the page: image, overlay, pointer. Draws once a picture of the screen and only what changed.
import { type Analysis, type Points } from './analyses';
import { byId, calmly, calmMs, text } from './dom';
import { unknown } from './format';
import { ImageView } from './image-view';
import { OverlayView } from './overlay-view';
import { pixelAt } from './pixels';
import type { State, Store } from './store';
import { View, type Rect } from './view';
import type { Unsupported } from './wire';

/** An annotation stands out in the frames around its own. */
const markFrames = 100;
const worstHoldMs = 1000;
/** A mask that is older than this many frames says nothing of the picture. */
const maskFrames = 32;

export class Stage {
  readonly view = new View();
  private readonly host = byId('stage');
  private readonly overlay: OverlayView;
  private readonly image: ImageView;
  private readonly overlayCanvas = byId<HTMLCanvasElement>('overlay');
  private readonly imageCanvas = byId<HTMLCanvasElement>('image');
  private readonly age = byId('overlay-age');
  private placed = '';
  private worst = { behind: 0, at: 0 };
  private worstTimer = 0;

  constructor(private readonly store: Store, onResized: () => void) {
    this.image = new ImageView(this.imageCanvas, () => store.touch('shown'));
    this.overlay = new OverlayView(this.overlayCanvas, store.analyses);
    new ResizeObserver(() => {
      if (this.view.setStage(this.host.clientWidth, this.host.clientHeight)) {
        store.touch('shown');
        onResized();
      }
    }).observe(this.host);
    store.on(['shown', 'look'], (s) => this.drawImage(s));
    store.on(['shown', 'analysed', 'layers', 'selected', 'pointer', 'events', 'status', 'unsupported'], (s) => this.drawOverlay(s));
    store.on(['pointer'], (s) => this.tellPointer(s));
    store.on(['shown', 'analysed', 'status'], calmly(calmMs, () => this.tellPointer(store.state)));
  }

  /** The analysis that belongs to the frame on the screen: of the same number, else the newest before it. */
  analysis(): Analysis | null {
    const { shown } = this.store.state;
    const ring = this.store.analyses;
    return shown ? ring.at(ring.indexAt(shown.number)) ?? null : null;
  }

  /** The image point under the pointer, inside the image or not, or null. */
  pointed(): [number, number] | null {
    const { pointer } = this.store.state;
    return pointer ? this.view.toImage(...pointer) : null;
  }

  /** The particle at that image point, or null. */
  particleAt(x: number, y: number): number | null {
    const points = this.store.state.layers.overlay ? this.analysis()?.points : null;
    return points ? nearest(points, x, y, 8 / this.view.scale) : null;
  }

  /** After a pan or zoom. */
  moved(): void {
    this.store.touch('shown', 'pointer');
  }

  /** The picture as it is on the screen, with overlay and scale bar. */
  async snapshot(): Promise<Blob> {
    const { state } = this.store;
    this.drawImage(state);
    this.drawOverlay(state);
    const canvas = new OffscreenCanvas(this.imageCanvas.width, this.imageCanvas.height);
    const context = canvas.getContext('2d')!;
    context.drawImage(this.imageCanvas, 0, 0);
    context.drawImage(this.overlayCanvas, 0, 0);
    return canvas.convertToBlob({ type: 'image/png' });
  }

  private drawImage({ shown, look }: State): void {
    for (const canvas of [this.imageCanvas, this.overlayCanvas]) {
      canvas.hidden = shown === null;
    }

    if (shown) {
      this.view.setImage(shown.fullWidth, shown.fullHeight);
      const rect = this.view.visible();
      this.place(rect);
      this.image.draw(shown, this.view, rect, look);
    }

    text(byId('zoom'), shown ? `${(this.view.scale * (window.devicePixelRatio || 1) * 100).toFixed(0)}\u2009%${shown.bin > 1 ? `, ${shown.bin}×${shown.bin} binned` : ''}` : unknown);
  }

  /** Lays both canvases over the part of the stage that the image covers. */
  private place(rect: Rect): void {
    const key = `${rect.left} ${rect.top} ${rect.width} ${rect.height} ${rect.ratio}`;
    if (key === this.placed) {
      return;
    }

    this.placed = key;
    for (const { style } of [this.imageCanvas, this.overlayCanvas]) {
      style.left = `${rect.left / rect.ratio}px`;
      style.top = `${rect.top / rect.ratio}px`;
      style.width = `${rect.width / rect.ratio}px`;
      style.height = `${rect.height / rect.ratio}px`;
    }
  }

  private drawOverlay(state: State): void {
    const { shown, layers, selected, events, status } = state;
    const pointed = this.pointed();
    const analysis = this.analysis();
    this.tellAge(state, analysis);
    if (!shown) {
      return;
    }

    this.overlay.draw({
      view: this.view,
      rect: this.view.visible(),
      analysis,
      layers,
      selected,
      hovered: pointed ? this.particleAt(...pointed) : null,
      marks: events
        .filter((e) => e.kind === 'annotation' && typeof e.x === 'number' && typeof e.y === 'number')
        .map((event) => ({ event, near: event.frame !== null && Math.abs(event.frame - shown.number) <= markFrames })),
      nmPerPx: status?.calibration.pixel_size_nm?.value ?? null,
      unsupported: this.unsupported(state),
    });
  }

  /** The mask is made every few frames; it is of the picture on the screen, or of one just before. */
  private unsupported({ shown, unsupported }: State): Unsupported | null {
    return shown?.denoised && unsupported && Math.abs(shown.number - unsupported.frame) <= maskFrames ? unsupported.mask : null;
  }

  /** Live, the worst of the last second is told: from frame to frame the overlay catches up and falls behind faster than can be read. */
  private tellAge({ shown, layers, status, paused }: State, analysis: Analysis | null): void {
    const behind = shown && analysis ? shown.number - analysis.frame : null;
    const now = performance.now();
    if (paused || behind === null || behind >= this.worst.behind || now - this.worst.at > worstHoldMs) {
      this.worst = { behind: behind ?? 0, at: now };
    } else {
      clearTimeout(this.worstTimer);
      this.worstTimer = setTimeout(() => this.tellAge(this.store.state, this.analysis()), worstHoldMs);
    }

    this.age.dataset.behind = behind === null ? '' : String(behind);
    const frames = this.worst.behind;
    this.age.dataset.state = layers.overlay && shown && (behind === null || frames > 0) ? 'warn' : '';
    text(this.age, !shown ? unknown
      : !layers.overlay ? 'off'
      : behind === null ? (status?.state === 'learning' ? 'none yet: learning' : 'none for this frame')
      : frames === 0 ? 'of this frame'
      : `${frames} frame${frames === 1 ? '' : 's'} behind`);
  }

  private tellPointer({ shown, status }: State): void {
    const readout = byId('readout');
    const pointed = this.pointed();
    const x = pointed ? Math.round(pointed[0]) : -1;
    const y = pointed ? Math.round(pointed[1]) : -1;
    if (!shown || !pointed || x < 0 || y < 0 || x >= shown.fullWidth || y >= shown.fullHeight) {
      text(readout, unknown);
      return;
    }

    const column = Math.min(Math.floor(x / shown.bin), shown.width - 1);
    const row = Math.min(Math.floor(y / shown.bin), shown.height - 1);
    const nm = status?.calibration.pixel_size_nm?.value;
    const value = pixelAt(shown, column, row);
    const parts = [
      `x ${x}  y ${y} px`,
      nm ? `${(x * nm).toFixed(1)}, ${(y * nm).toFixed(1)} nm` : 'nm: pixel size unknown',
      `${Number.isInteger(value) ? value : Number(value.toPrecision(5))} counts${shown.bin > 1 ? ` (mean of ${shown.bin}×${shown.bin})` : ''}`,
    ];
    const particle = this.particleAt(...pointed);
    if (particle !== null) {
      parts.push(`particle ${particle}`);
    }

    text(readout, parts.join('   '));
  }
}

function nearest(points: Points, x: number, y: number, slack: number): number | null {
  let best: number | null = null;
  let bestDistance = Infinity;
  for (let i = 0; i < points.count; i++) {
    const distance = Math.hypot(points.x[i] - x, points.y[i] - y);
    if (distance < bestDistance && distance <= points.majorPx[i] * 0.6 + slack) {
      bestDistance = distance;
      best = points.particle[i];
    }
  }

  return best;
}
