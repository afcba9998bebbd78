// Reading counts out of a frame's bytes: single pixels, histograms and percentiles.
import { bytesPerPixel, type FrameImage } from './frames';

/** The largest count a pixel can hold, null for float. */
export const ceilingOf = (dtype: FrameImage['dtype']): number | null =>
  ({ uint8: 255, int8: 127, uint16: 65535, int16: 32767, uint32: 4294967295, int32: 2147483647, float32: null })[dtype];

/** Count of one sent pixel. */
export function pixelAt(frame: FrameImage, column: number, row: number): number {
  const view = new DataView(frame.bytes.buffer, frame.bytes.byteOffset, frame.bytes.byteLength);
  return read(view, frame.dtype, (row * frame.width + column) * bytesPerPixel(frame.dtype));
}

function read(view: DataView, dtype: FrameImage['dtype'], at: number): number {
  switch (dtype) {
    case 'uint8': return view.getUint8(at);
    case 'int8': return view.getInt8(at);
    case 'uint16': return view.getUint16(at, true);
    case 'int16': return view.getInt16(at, true);
    case 'uint32': return view.getUint32(at, true);
    case 'int32': return view.getInt32(at, true);
    default: return view.getFloat32(at, true);
  }
}

/** How the counts of one frame are spread. */
export interface Distribution {
  /** Smallest and largest count seen. */
  readonly min: number;
  readonly max: number;
  /** Limits that the automatic contrast takes. */
  readonly low: number;
  readonly high: number;
  /** Counts by equal bins from `from` to `to`. */
  readonly from: number;
  readonly to: number;
  readonly bins: Uint32Array;
}

const wanted = 40_000;
const samples = new Float64Array(wanted * 2);

/**
 * Looks at an even sample of the pixels (about 40,000, whatever the frame's size: it runs beside the drawing).
 * @param lowPercent,highPercent percentiles for the automatic limits.
 * @returns null where no pixel is a number.
 */
export function distribution(frame: FrameImage, lowPercent: number, highPercent: number, binCount = 128): Distribution | null {
  const size = bytesPerPixel(frame.dtype);
  const pixels = frame.width * frame.height;
  // An odd stride that shares no factor with usual widths walks over columns and rows alike.
  const stride = Math.max(1, Math.floor(pixels / wanted) | 1);
  const view = new DataView(frame.bytes.buffer, frame.bytes.byteOffset, frame.bytes.byteLength);
  let count = 0;
  for (let i = 0; i < pixels && count < samples.length; i += stride) {
    const value = read(view, frame.dtype, i * size);
    if (Number.isFinite(value)) {
      samples[count++] = value;
    }
  }

  if (count === 0) {
    return null;
  }

  const seen = samples.subarray(0, count).sort();
  const at = (percent: number): number => seen[Math.min(count - 1, Math.floor((percent / 100) * count))];
  const whole = frame.dtype !== 'float32';
  const min = seen[0];
  const max = seen[count - 1];
  const low = at(lowPercent);
  const high = Math.max(at(highPercent), low + (whole ? 1 : Number.EPSILON));
  // Room beside the limits, so that both handles can be dragged outwards; a few stray counts must not squeeze the histogram.
  const margin = (high - low) * 0.6;
  let from = Math.max(min - (whole ? 0.5 : 0), low - margin);
  let to = Math.min(max + (whole ? 0.5 : 0), high + margin);
  if (whole) {
    from = Math.floor(from) + (Number.isInteger(from) ? -0.5 : 0.5);
    to = Math.ceil(to) + (Number.isInteger(to) ? 0.5 : -0.5);
  }

  const span = Math.max(to - from, whole ? 1 : Number.EPSILON);
  // Integer counts in bins of a whole width, or the histogram would be combed.
  const width = whole ? Math.max(1, Math.ceil(span / binCount)) : span / binCount;
  const bins = new Uint32Array(Math.max(1, Math.ceil(span / width)));
  for (let i = 0; i < count; i++) {
    const bin = Math.floor((seen[i] - from) / width);
    if (bin >= 0 && bin < bins.length) {
      bins[bin]++;
    }
  }

  return { min, max, low, high, from, to: from + bins.length * width, bins };
}
