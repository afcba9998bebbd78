// What lies over the image: outlines, ticks, trails, ids, marks and the scale bar. Everything is placed by the view's own transform, the
// one that the image is drawn with, so that they cannot drift apart.
import { Flag, indexOfParticle, type Analysis, type AnalysisRing } from './analyses';
import { length } from './format';
import { buildPaths, contourDash, type OverlayPaths } from './overlay-paths';
import { colourOf, particleColours } from './palette';
import type { Layers } from './store';
import type { Rect, View } from './view';
import type { SessionEvent, Unsupported } from './wire';

const trailFrames = 30;
const mostLabels = 500;
const font = '11px system-ui, sans-serif';
const letters: [number, string][] = [[Flag.border, 'B'], [Flag.contact, 'C'], [Flag.covered, 'V'], [Flag.gap, 'G'], [Flag.rotation_ambiguous, '?']];

export interface Scene {
  view: View;
  rect: Rect;
  analysis: Analysis | null;
  layers: Layers;
  selected: number | null;
  hovered: number | null;
  /** Annotations with a place, already chosen for this moment. */
  marks: { event: SessionEvent; near: boolean }[];
  nmPerPx: number | null;
  /** Where the picture on the screen shows more than the raw frames carry. */
  unsupported: Unsupported | null;
}

export class OverlayView {
  private paths: OverlayPaths | null = null;
  private pathsOf: Analysis | null = null;
  private pathsKey = '';

  constructor(private readonly canvas: HTMLCanvasElement, private readonly ring: AnalysisRing) {}

  draw(scene: Scene): void {
    const { analysis, layers, rect } = scene;
    // Painted by the processor: a hundred outlines are quick there, and very slow where a graphics card is only imitated.
    const context = this.canvas.getContext('2d', { willReadFrequently: true })!;
    if (this.canvas.width !== rect.width || this.canvas.height !== rect.height) {
      this.canvas.width = rect.width;
      this.canvas.height = rect.height;
    }

    // Drawn in CSS px of the stage, of which this canvas is the part that the image covers.
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, rect.width, rect.height);
    context.setTransform(rect.ratio, 0, 0, rect.ratio, -rect.left, -rect.top);
    if (scene.unsupported && layers.overlay && layers.unsupported) {
      drawUnsupported(context, scene.view, scene.unsupported);
    }

    if (analysis && layers.overlay) {
      this.drawShapes(context, scene, this.pathsFor(analysis));
      this.drawLetters(context, scene, analysis);
      this.drawRing(context, scene, analysis, scene.hovered, 'rgb(255 255 255 / 0.55)');
      this.drawRing(context, scene, analysis, scene.selected, '#fff');
    }

    if (layers.marks) {
      this.drawMarks(context, scene);
    }

    drawScaleBar(context, scene);
  }

  /** The half of an analysis may come later (outlines before points): the paths are made again then. */
  private pathsFor(analysis: Analysis): OverlayPaths {
    const key = `${analysis.contours !== null} ${analysis.points !== null}`;
    if (!this.paths || this.pathsOf !== analysis || this.pathsKey !== key) {
      this.paths = buildPaths(analysis, this.ring, trailFrames);
      this.pathsOf = analysis;
      this.pathsKey = key;
    }

    return this.paths;
  }

  private drawShapes(context: CanvasRenderingContext2D, { view, layers }: Scene, paths: OverlayPaths): void {
    const s = view.scale;
    context.save();
    context.translate(view.width / 2 - view.cx * s, view.height / 2 - view.cy * s);
    context.scale(s, s);
    context.lineJoin = 'round';
    context.lineCap = 'round';
    if (layers.trails) {
      paths.trails.forEach((colours, step) => {
        context.globalAlpha = [0.3, 0.55, 0.9][step];
        context.lineWidth = 1.4 / s;
        colours.forEach((path, colour) => {
          context.strokeStyle = particleColours[colour];
          context.stroke(path);
        });
      });
      context.globalAlpha = 1;
    }

    if (layers.contours) {
      context.lineCap = 'butt';
      for (const { colour, style, path } of paths.contours) {
        context.setLineDash([]);
        context.strokeStyle = 'rgb(0 0 0 / 0.45)';
        context.lineWidth = 3.2 / s;
        context.stroke(path);
        context.setLineDash(contourDash[style].map((d) => d / s));
        context.strokeStyle = particleColours[colour];
        context.lineWidth = (style === 'contact' ? 2.2 : 1.6) / s;
        context.stroke(path);
      }

      context.setLineDash([]);
    }

    if (layers.ticks) {
      context.strokeStyle = 'rgb(0 0 0 / 0.6)';
      context.lineWidth = 3 / s;
      context.stroke(paths.ticks);
      context.strokeStyle = '#fff';
      context.lineWidth = 1.3 / s;
      context.stroke(paths.ticks);
    }

    context.restore();
  }

  private drawLetters(context: CanvasRenderingContext2D, { view, rect, layers }: Scene, analysis: Analysis): void {
    const right = (rect.left + rect.width) / rect.ratio;
    const top = rect.top / rect.ratio;
    const points = analysis.points;
    context.font = font;
    context.textBaseline = 'middle';
    context.lineJoin = 'round';
    let drawn = 0;
    for (let i = 0; points && i < points.count && drawn < mostLabels; i++) {
      const flagged = layers.contours ? letters.filter(([bit]) => points.flags[i] & bit).map(([, letter]) => letter).join('') : '';
      const label = [layers.labels ? String(points.particle[i]) : '', flagged].filter(Boolean).join(' ');
      const [x, y] = view.toScreen(points.x[i], points.y[i]);
      if (!label || x < 0 || y < 0 || x > view.width || y > view.height) {
        continue;
      }

      const beside = Math.max(4, (points.majorPx[i] * view.scale) / 2);
      // Inside the image also where the particle is at its edge.
      outlined(context, label, Math.min(x + beside * 0.72 + 3, right - 8 * label.length), Math.max(y - beside * 0.72 - 3, top + 8), layers.labels ? colourOf(points.particle[i]) : '#fff');
      drawn++;
    }
  }

  private drawRing(context: CanvasRenderingContext2D, { view }: Scene, analysis: Analysis, particle: number | null, colour: string): void {
    const points = analysis.points;
    const i = points && particle !== null ? indexOfParticle(points, particle) : -1;
    if (!points || i < 0) {
      return;
    }

    const [x, y] = view.toScreen(points.x[i], points.y[i]);
    const radius = Math.max(9, (points.majorPx[i] * view.scale) * 0.72 + 5);
    context.lineWidth = 4;
    context.strokeStyle = 'rgb(0 0 0 / 0.5)';
    circle(context, x, y, radius);
    context.lineWidth = 2;
    context.strokeStyle = colour;
    circle(context, x, y, radius);
  }

  private drawMarks(context: CanvasRenderingContext2D, { view, marks }: Scene): void {
    context.font = font;
    context.textBaseline = 'middle';
    for (const { event, near } of marks) {
      const [x, y] = view.toScreen(event.x!, event.y!);
      context.globalAlpha = near ? 1 : 0.55;
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(x, y - 20);
      context.lineTo(x + 12, y - 15.5);
      context.lineTo(x, y - 11);
      context.lineWidth = 4;
      context.strokeStyle = 'rgb(0 0 0 / 0.6)';
      context.stroke();
      context.lineWidth = 1.6;
      context.strokeStyle = '#fff';
      context.stroke();
      if (near) {
        context.fillStyle = '#fff';
        context.fill();
        outlined(context, shorten(event.text ?? '', 40), x + 16, y - 15, '#fff');
      }

      context.globalAlpha = 1;
    }
  }
}

/** Hatched, so that the picture below shows; whole runs at a time, of which there are few. */
function drawUnsupported(context: CanvasRenderingContext2D, view: View, { width, runs }: Unsupported): void {
  const path = new Path2D();
  for (let i = 0; i < runs.length; i += 2) {
    for (let start = runs[i], left = runs[i + 1]; left > 0;) {
      const [row, column] = [Math.floor(start / width), start % width];
      const length = Math.min(left, width - column);
      const [x0, y0] = view.toScreen(column - 0.5, row - 0.5);
      const [x1, y1] = view.toScreen(column + length - 0.5, row + 0.5);
      path.rect(x0, y0, x1 - x0, y1 - y0);
      start += length;
      left -= length;
    }
  }

  context.save();
  context.clip(path);
  context.fillStyle = 'rgb(217 135 181 / 0.3)';
  context.fillRect(0, 0, view.width, view.height);
  context.strokeStyle = 'rgb(217 135 181 / 0.95)';
  context.lineWidth = 1.5;
  context.beginPath();
  for (let x = -view.height; x < view.width; x += 6) {
    context.moveTo(x, view.height);
    context.lineTo(x + view.height, 0);
  }

  context.stroke();
  context.restore();
}

function circle(context: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.stroke();
}

function outlined(context: CanvasRenderingContext2D, label: string, x: number, y: number, colour: string): void {
  context.lineWidth = 3;
  context.strokeStyle = 'rgb(0 0 0 / 0.75)';
  context.strokeText(label, x, y);
  context.fillStyle = colour;
  context.fillText(label, x, y);
}

const shorten = (label: string, most: number): string => (label.length > most ? `${label.slice(0, most - 1)}…` : label);

/** Length of the bar in px of the image and as people say it: 1, 2 or 5 times a power of ten, at most a fifth of the stage. */
export function scaleBar(view: View, nmPerPx: number | null): { px: number; label: string } {
  const unit = nmPerPx ?? 1;
  const most = (Math.min(view.width, 1000) * 0.2) / view.scale * unit;
  const power = 10 ** Math.floor(Math.log10(most));
  const nice = [5, 2, 1].find((n) => n * power <= most)! * power;
  return { px: nice / unit, label: length(nice / unit, nmPerPx) };
}

function drawScaleBar(context: CanvasRenderingContext2D, { view, rect, nmPerPx }: Scene): void {
  const { px, label } = scaleBar(view, nmPerPx);
  const width = px * view.scale;
  const x = rect.left / rect.ratio + 16;
  const y = (rect.top + rect.height) / rect.ratio - 18;
  context.font = '600 13px system-ui, sans-serif';
  const plate = Math.max(width, context.measureText(label).width) + 16;
  context.fillStyle = 'rgb(8 10 13 / 0.72)';
  context.beginPath();
  context.roundRect(x - 8, y - 24, plate, 36, 4);
  context.fill();
  context.fillStyle = '#fff';
  context.fillRect(x, y, width, 4);
  context.textBaseline = 'alphabetic';
  context.fillText(label, x, y - 7);
}
