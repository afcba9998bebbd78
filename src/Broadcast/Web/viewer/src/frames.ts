// Frames as they came, and the bounded store of the recent ones that the operator can scrub through.
import type { Dtype, Header } from './wire';

export interface FrameImage {
  /** Order of arrival in this page, never reused. */
  readonly arrival: number;
  /** The source's own number. */
  readonly number: number;
  /** Number that the server wants acknowledged once the frame was drawn. */
  readonly seq: number;
  readonly dtype: Dtype;
  /** Rows and columns as sent. */
  readonly height: number;
  readonly width: number;
  /** Rows and columns of the camera's frame. */
  readonly fullHeight: number;
  readonly fullWidth: number;
  /** Camera pixels along one side of a sent pixel. */
  readonly bin: number;
  /** Whether its noise was taken off. */
  readonly denoised: boolean;
  /** Version of the denoiser that did; null where none did. */
  readonly denoiserVersion: number | null;
  /** Row-major little-endian pixels, a view of the message. */
  readonly bytes: Uint8Array;
  /** When the frame reached the server, ms since 1970. */
  readonly receivedMs: number;
}

const bytesOf: Record<Dtype, number> = { uint8: 1, int8: 1, uint16: 2, int16: 2, uint32: 4, int32: 4, float32: 4 };

/** Bytes of one pixel. */
export const bytesPerPixel = (dtype: Dtype): number => bytesOf[dtype];

let arrivals = 0;

/** @throws Error where the header does not describe the payload. */
export function frameFrom(header: Header, bytes: Uint8Array, denoised: boolean): FrameImage {
  const { dtype, shape } = header;
  if (!dtype || !(dtype in bytesOf) || !shape || header.frame === null) {
    throw new Error(`a frame came without number, shape or a known dtype (${String(dtype)})`);
  }

  const [height, width] = shape;
  if (bytes.length !== height * width * bytesOf[dtype]) {
    throw new Error(`frame ${header.frame}: ${bytes.length} bytes are not ${height} x ${width} of ${dtype}`);
  }

  const [fullHeight, fullWidth] = header.full_shape ?? shape;
  return {
    arrival: ++arrivals,
    number: header.frame,
    seq: header.seq,
    dtype,
    height,
    width,
    fullHeight,
    fullWidth,
    bin: header.bin ?? 1,
    denoised,
    denoiserVersion: header.denoiser_version ?? null,
    bytes,
    receivedMs: (header.t_received_unix_ns ?? header.t_unix_ns) / 1e6,
  };
}

/**
 * The recent frames, oldest first, bounded by bytes and by count. While the view is paused, half of the room keeps what was there at the
 * pause, so that looking back is not overtaken by what comes in.
 */
export class FrameRing {
  private readonly items: FrameImage[] = [];
  private heldUpTo = 0;
  private bytes = 0;

  constructor(private readonly maxBytes: number, private readonly maxCount: number) {}

  get length(): number {
    return this.items.length;
  }

  get byteLength(): number {
    return this.bytes;
  }

  get newest(): FrameImage | undefined {
    return this.items[this.items.length - 1];
  }

  at(index: number): FrameImage | undefined {
    return this.items[index];
  }

  /** Index of that frame, or of the next newer one where it is gone; -1 where there is none. */
  indexOf(frame: FrameImage): number {
    let low = 0;
    let high = this.items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.items[middle].arrival < frame.arrival) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }

    return Math.min(low, this.items.length - 1);
  }

  push(frame: FrameImage): void {
    this.items.push(frame);
    this.bytes += frame.bytes.length;
    while (this.items.length > 1 && (this.bytes > this.maxBytes || this.items.length > this.maxCount)) {
      const [gone] = this.items.splice(this.oldestToDrop(), 1);
      this.bytes -= gone.bytes.length;
    }
  }

  /** Keeps what is there now for as long as the pause lasts, up to half of the room. */
  hold(): void {
    this.heldUpTo = this.newest?.arrival ?? 0;
  }

  release(): void {
    this.heldUpTo = 0;
  }

  clear(): void {
    this.items.length = 0;
    this.bytes = 0;
    this.heldUpTo = 0;
  }

  private oldestToDrop(): number {
    if (this.heldUpTo === 0) {
      return 0;
    }

    let held = 0;
    let heldBytes = 0;
    while (held < this.items.length && this.items[held].arrival <= this.heldUpTo) {
      heldBytes += this.items[held].bytes.length;
      held++;
    }

    const room = heldBytes <= this.maxBytes / 2 && held <= this.maxCount / 2;
    return room && held < this.items.length - 1 ? held : 0;
  }
}
