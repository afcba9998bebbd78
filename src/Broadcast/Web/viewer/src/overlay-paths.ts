// The overlay of one analysed frame as ready paths in image coordinates: made once, then stroked under any zoom.
import { Flag, type Analysis, type AnalysisRing, type Points } from './analyses';
import { colourIndex, particleColours } from './palette';

/** How a contour is drawn says what is special about it, besides the letter beside it. */
export type ContourStyle = 'plain' | 'border' | 'contact' | 'lower';

export const contourDash: Record<ContourStyle, readonly number[]> = {
  plain: [],
  border: [7, 4],
  contact: [2, 3],
  lower: [10, 3, 2, 3],
};

const trailSteps = 3;
/** Most segments of trails in one picture; with more particles the trails are shorter. */
const mostSegments = 30_000;

export interface OverlayPaths {
  readonly contours: { colour: number; style: ContourStyle; path: Path2D }[];
  /** A line from the centre along each particle's angle. */
  readonly ticks: Path2D;
  /** By age, oldest first, and colour. */
  readonly trails: Path2D[][];
}

export function buildPaths(analysis: Analysis, ring: AnalysisRing, trailFrames: number): OverlayPaths {
  return { contours: contourPaths(analysis), ticks: tickPath(analysis.points), trails: trailPaths(analysis, ring, trailFrames) };
}

function contourPaths(analysis: Analysis): OverlayPaths['contours'] {
  const flags = new Map<number, number>();
  const points = analysis.points;
  for (let i = 0; points && i < points.count; i++) {
    flags.set(points.particle[i], points.flags[i]);
  }

  const groups = new Map<string, { colour: number; style: ContourStyle; path: Path2D }>();
  for (const { id, layer, xy } of analysis.contours ?? []) {
    const style = styleOf(flags.get(id) ?? 0, layer);
    const colour = colourIndex(id);
    const key = `${colour} ${style}`;
    let group = groups.get(key);
    if (!group) {
      groups.set(key, (group = { colour, style, path: new Path2D() }));
    }

    for (let i = 0; i + 1 < xy.length; i += 2) {
      if (i === 0) {
        group.path.moveTo(xy[0], xy[1]);
      } else {
        group.path.lineTo(xy[i], xy[i + 1]);
      }
    }

    group.path.closePath();
  }

  return [...groups.values()];
}

function styleOf(flags: number, layer: number): ContourStyle {
  return flags & Flag.border ? 'border' : flags & (Flag.contact | Flag.covered) ? 'contact' : layer === 2 ? 'lower' : 'plain';
}

/**
 * The common orientation of the particles of each symmetry n, by the n-th circular mean. Of a particle's n alike facets the one nearest to it is drawn:
 * else neighbours that differ by a hair, on either side of 0, would point n-fold apart.
 */
function commonAngles(points: Points): Map<number, number> {
  const sums = new Map<number, [number, number]>();
  for (let i = 0; i < points.count; i++) {
    const n = points.symmetry[i];
    if (n > 2 && !Number.isNaN(points.angleDeg[i])) {
      const phase = (n * points.angleDeg[i] * Math.PI) / 180;
      const sum = sums.get(n) ?? [0, 0];
      sums.set(n, [sum[0] + Math.cos(phase), sum[1] + Math.sin(phase)]);
    }
  }

  return new Map([...sums].map(([n, [c, s]]) => [n, Math.atan2(s, c) / n]));
}

function tickPath(points: Points | null): Path2D {
  const path = new Path2D();
  const common = points ? commonAngles(points) : new Map<number, number>();
  for (let i = 0; points && i < points.count; i++) {
    let angle = (points.angleDeg[i] * Math.PI) / 180;
    if (Number.isNaN(angle)) {
      continue;
    }

    const near = common.get(points.symmetry[i]);
    if (near !== undefined) {
      const branch = (2 * Math.PI) / points.symmetry[i];
      angle -= branch * Math.round((angle - near) / branch);
    }

    // Rods have a direction but no sense: a line both ways along the long axis. Others: from the centre to the facet they are told by.
    const along = points.symmetry[i] === 2 ? points.majorPx[i] / 2 : (points.symmetry[i] === 1 ? points.majorPx[i] : points.minorPx[i]) / 2;
    const dx = Math.cos(angle) * along;
    const dy = Math.sin(angle) * along;
    const back = points.symmetry[i] === 2 ? 1 : 0;
    path.moveTo(points.x[i] - back * dx, points.y[i] - back * dy);
    path.lineTo(points.x[i] + dx, points.y[i] + dy);
  }

  return path;
}

function trailPaths(analysis: Analysis, ring: AnalysisRing, trailFrames: number): Path2D[][] {
  const trails = Array.from({ length: trailSteps }, () => particleColours.map(() => new Path2D()));
  const end = ring.indexAt(analysis.frame);
  const frames = Math.min(trailFrames, Math.floor(mostSegments / Math.max(1, analysis.points?.count ?? 1)));
  const last = new Map<number, [number, number]>();
  for (let index = Math.max(0, end - frames); index <= end; index++) {
    const points = ring.at(index)?.points;
    const step = Math.min(trailSteps - 1, Math.floor(((index - end + frames) / Math.max(1, frames)) * trailSteps));
    for (let i = 0; points && i < points.count; i++) {
      const id = points.particle[i];
      const before = last.get(id);
      const x = points.x[i];
      const y = points.y[i];
      if (before) {
        const path = trails[step][colourIndex(id)];
        path.moveTo(before[0], before[1]);
        path.lineTo(x, y);
        before[0] = x;
        before[1] = y;
      } else {
        last.set(id, [x, y]);
      }
    }
  }

  return trails;
}
