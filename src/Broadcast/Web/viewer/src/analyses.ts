// What the analysis found, frame by frame: outlines and the points of the tracks, for as long as there is room.
import type { Overlay, Tracks } from './wire';

/** The points of one frame, one entry a particle; NaN where unknown. */
export interface Points {
  readonly count: number;
  readonly particle: Int32Array;
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly xErr: Float32Array;
  readonly yErr: Float32Array;
  readonly angleDeg: Float32Array;
  readonly angleErrDeg: Float32Array;
  readonly rotationDeg: Float64Array;
  readonly areaPx: Float32Array;
  readonly majorPx: Float32Array;
  readonly minorPx: Float32Array;
  readonly symmetry: Uint8Array;
  readonly layer: Uint8Array;
  readonly flags: Uint8Array;
  /** -1 where it is not told. */
  readonly state: Int16Array;
  readonly timeS: number | null;
}

export interface Contour {
  readonly id: number;
  readonly layer: number;
  /** x, y, x, y, … px of the camera's frame. */
  readonly xy: Float32Array;
}

export interface Analysis {
  readonly frame: number;
  contours: Contour[] | null;
  points: Points | null;
  bytes: number;
}

/** One measurement of one particle, as its history shows it. */
export interface Sample {
  frame: number;
  timeS: number | null;
  x: number;
  y: number;
  xErr: number;
  yErr: number;
  rotationDeg: number;
  angleErrDeg: number;
  areaPx: number;
}

export const Flag = { border: 1, contact: 2, covered: 4, gap: 8, rotation_ambiguous: 16 } as const;

function flagBits(text: string | null): number {
  let bits = 0;
  for (const name of (text ?? '').split('|')) {
    bits |= Flag[name as keyof typeof Flag] ?? 0;
  }

  return bits;
}

const f32 = (column: (number | null)[]): Float32Array => Float32Array.from(column, (v) => v ?? NaN);
const f64 = (column: (number | null)[]): Float64Array => Float64Array.from(column, (v) => v ?? NaN);

export function pointsFrom(tracks: Tracks): Points {
  return {
    count: tracks.particle.length,
    particle: Int32Array.from(tracks.particle),
    x: Float64Array.from(tracks.x),
    y: Float64Array.from(tracks.y),
    xErr: f32(tracks.x_err),
    yErr: f32(tracks.y_err),
    angleDeg: f32(tracks.angle_deg),
    angleErrDeg: f32(tracks.angle_err_deg),
    rotationDeg: f64(tracks.rotation_deg),
    areaPx: f32(tracks.area_px),
    majorPx: f32(tracks.major_px),
    minorPx: f32(tracks.minor_px),
    symmetry: Uint8Array.from(tracks.symmetry),
    layer: Uint8Array.from(tracks.layer),
    flags: Uint8Array.from(tracks.flags, flagBits),
    state: Int16Array.from(tracks.state, (v) => v ?? -1),
    timeS: tracks.time_s[0] ?? null,
  };
}

const bytesPerPoint = 72;

/** Bounded store of analyses, oldest first, by frame number. */
export class AnalysisRing {
  private readonly items: Analysis[] = [];
  private bytes = 0;

  constructor(private readonly maxBytes: number, private readonly maxCount: number) {}

  get length(): number {
    return this.items.length;
  }

  get newest(): Analysis | undefined {
    return this.items[this.items.length - 1];
  }

  at(index: number): Analysis | undefined {
    return this.items[index];
  }

  addOverlay(frame: number, overlay: Overlay): void {
    const contours = overlay.contours.map(([id, layer, xy]) => ({ id, layer, xy: Float32Array.from(xy) }));
    const analysis = this.entry(frame);
    analysis.contours = contours;
    this.grow(analysis, contours.reduce((sum, c) => sum + c.xy.byteLength + 64, 0));
  }

  addTracks(frame: number, tracks: Tracks): void {
    const analysis = this.entry(frame);
    analysis.points = pointsFrom(tracks);
    this.grow(analysis, analysis.points.count * bytesPerPoint);
  }

  /** Index of the newest analysis of that frame or an earlier one, -1 where there is none. */
  indexAt(frame: number): number {
    for (let low = 0, high = this.items.length; ; ) {
      if (low === high) {
        return low - 1;
      }

      const middle = (low + high) >> 1;
      if (this.items[middle].frame <= frame) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
  }

  /** Everything still held about one particle, oldest first. */
  history(particle: number): Sample[] {
    const samples: Sample[] = [];
    for (const analysis of this.items) {
      const sample = sampleOf(analysis, particle);
      if (sample) {
        samples.push(sample);
      }
    }

    return samples;
  }

  clear(): void {
    this.items.length = 0;
    this.bytes = 0;
  }

  private entry(frame: number): Analysis {
    const index = this.indexAt(frame);
    const found = this.items[index];
    if (found?.frame === frame) {
      return found;
    }

    const analysis: Analysis = { frame, contours: null, points: null, bytes: 0 };
    this.items.splice(index + 1, 0, analysis);
    return analysis;
  }

  private grow(analysis: Analysis, bytes: number): void {
    analysis.bytes += bytes;
    this.bytes += bytes;
    while (this.items.length > 1 && (this.bytes > this.maxBytes || this.items.length > this.maxCount)) {
      this.bytes -= this.items.shift()!.bytes;
    }
  }
}

/** Index of a particle among the points of a frame, -1 where it is not there. */
export function indexOfParticle(points: Points, particle: number): number {
  return points.particle.indexOf(particle);
}

export function sampleOf(analysis: Analysis, particle: number): Sample | null {
  const points = analysis.points;
  const i = points ? indexOfParticle(points, particle) : -1;
  if (!points || i < 0) {
    return null;
  }

  return {
    frame: analysis.frame,
    timeS: points.timeS,
    x: points.x[i],
    y: points.y[i],
    xErr: points.xErr[i],
    yErr: points.yErr[i],
    rotationDeg: points.rotationDeg[i],
    angleErrDeg: points.angleErrDeg[i],
    areaPx: points.areaPx[i],
  };
}
