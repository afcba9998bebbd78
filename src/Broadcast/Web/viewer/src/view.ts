// Where the image lies on the screen. Image coordinates are camera pixels with pixel centres at integers; screen ones are CSS px from the
// top left corner of the stage.

export type Fit = 'fit' | 'fill' | 'free';

/** A part of the stage in pixels of the screen; `ratio` of them are one CSS px. */
export interface Rect {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly ratio: number;
}

export class View {
  /** Image point in the middle of the stage. */
  cx = 0;
  cy = 0;
  /** CSS px for one camera pixel. */
  scale = 1;
  fit: Fit = 'fit';
  width = 1;
  height = 1;
  private imageWidth = 0;
  private imageHeight = 0;

  /** @returns whether anything changed. */
  setStage(width: number, height: number): boolean {
    if (width === this.width && height === this.height) {
      return false;
    }

    this.width = Math.max(1, width);
    this.height = Math.max(1, height);
    this.refit();
    return true;
  }

  setImage(width: number, height: number): void {
    if (width !== this.imageWidth || height !== this.imageHeight) {
      this.imageWidth = width;
      this.imageHeight = height;
      this.fit = this.fit === 'free' ? 'fit' : this.fit;
      this.refit();
    }
  }

  setFit(fit: Fit): void {
    this.fit = fit;
    this.refit();
  }

  /** Sets the scale about the middle of the stage. */
  setScale(scale: number): void {
    this.zoomAt(this.width / 2, this.height / 2, scale / this.scale);
  }

  zoomAt(sx: number, sy: number, factor: number): void {
    const [x, y] = this.toImage(sx, sy);
    const smallest = 0.5 * Math.min(this.width / Math.max(1, this.imageWidth), this.height / Math.max(1, this.imageHeight));
    this.scale = Math.min(Math.max(this.scale * factor, Math.min(smallest, 1)), 64);
    this.cx = x - (sx - this.width / 2) / this.scale;
    this.cy = y - (sy - this.height / 2) / this.scale;
    this.fit = 'free';
    this.clamp();
  }

  panBy(dx: number, dy: number): void {
    this.cx -= dx / this.scale;
    this.cy -= dy / this.scale;
    this.fit = 'free';
    this.clamp();
  }

  toImage(sx: number, sy: number): [number, number] {
    return [(sx - this.width / 2) / this.scale + this.cx, (sy - this.height / 2) / this.scale + this.cy];
  }

  toScreen(x: number, y: number): [number, number] {
    return [(x - this.cx) * this.scale + this.width / 2, (y - this.cy) * this.scale + this.height / 2];
  }

  /** The part of the stage that the image covers, in whole pixels of the screen; nothing else needs to be drawn. */
  visible(): Rect {
    const ratio = window.devicePixelRatio || 1;
    const [x0, y0] = this.toScreen(-0.5, -0.5);
    const [x1, y1] = this.toScreen(this.imageWidth - 0.5, this.imageHeight - 0.5);
    const left = Math.max(0, Math.round(x0 * ratio));
    const top = Math.max(0, Math.round(y0 * ratio));
    const right = Math.min(Math.round(this.width * ratio), Math.round(x1 * ratio));
    const bottom = Math.min(Math.round(this.height * ratio), Math.round(y1 * ratio));
    return { left, top, width: Math.max(1, right - left), height: Math.max(1, bottom - top), ratio };
  }

  private refit(): void {
    if (this.fit === 'free' || this.imageWidth === 0 || this.imageHeight === 0) {
      return;
    }

    const horizontal = this.width / this.imageWidth;
    const vertical = this.height / this.imageHeight;
    this.scale = this.fit === 'fit' ? Math.min(horizontal, vertical) : Math.max(horizontal, vertical);
    this.cx = (this.imageWidth - 1) / 2;
    this.cy = (this.imageHeight - 1) / 2;
  }

  /** The middle of the stage stays on the image, so that it cannot be lost. */
  private clamp(): void {
    this.cx = Math.min(Math.max(this.cx, -0.5), this.imageWidth - 0.5);
    this.cy = Math.min(Math.max(this.cy, -0.5), this.imageHeight - 0.5);
  }
}
