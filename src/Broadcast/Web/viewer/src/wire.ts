// What the server says: types of the messages on /live and how they are decoded. Names and units are those of the wire.
import { Decoder } from '@msgpack/msgpack';

export type Dtype = 'uint8' | 'int8' | 'uint16' | 'int16' | 'uint32' | 'int32' | 'float32';

export interface Header {
  v: number;
  session: string;
  seq: number;
  frame: number | null;
  t_unix_ns: number;
  dtype?: Dtype;
  shape?: [number, number];
  full_shape?: [number, number];
  bin?: number;
  encoding?: string;
  t_received_unix_ns?: number;
  /** Version of the denoiser in whose picture this was found; missing where the noise was not taken off. */
  denoiser_version?: number;
}

export interface Hello {
  v: number;
  session: string;
  source: string;
  height: number;
  width: number;
  dtype: Dtype | null;
}

export interface Overlay {
  height: number;
  width: number;
  contours: [number, number, number[]][];
}

type Column = (number | null)[];

export interface Tracks {
  frame: Column;
  particle: number[];
  x: number[];
  y: number[];
  angle_deg: Column;
  rotation_deg: Column;
  symmetry: number[];
  layer: number[];
  area_px: Column;
  major_px: Column;
  minor_px: Column;
  score: Column;
  x_err: Column;
  y_err: Column;
  angle_err_deg: Column;
  state: Column;
  flags: (string | null)[];
  time_s: Column;
  dose_e_A2: Column;
}

/** A row of frames.csv. */
export interface DoseRow {
  frame: number;
  time_s: number | null;
  dose_rate_e_A2_s: number | null;
  dose_e_A2: number | null;
  mean_counts: number;
  snr: number | null;
  particles: number | null;
  saturated_fraction: number;
  dropped_before: number;
  processed: boolean;
  latency_ms: number | null;
}

export interface Calibrated {
  value: number;
  origin: string;
  err: number | null;
}

export interface Calibration {
  pixel_size_nm?: Calibrated | null;
  frame_time_s?: Calibrated | null;
  exposure_s?: Calibrated | null;
  counts_per_electron?: Calibrated | null;
  dark_level?: Calibrated | null;
  transmission?: Calibrated | null;
  dose_per_frame_e_A2?: Calibrated | null;
  kv?: Calibrated | null;
}

export interface Latency {
  count?: number;
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

export interface Recording {
  state: 'off' | 'on' | 'failed';
  folder: string | null;
  frames: number;
  bytes: number;
  not_recorded: number;
  disk_free_bytes: number | null;
  problem: string | null;
}

export interface EdgeStatus {
  name: string;
  policy: 'wait' | 'latest';
  capacity: number;
  queued: number;
  peak_queued: number;
  written: number;
  dropped: number;
  level: 'normal' | 'filling' | 'full';
  held_back_s: number;
}

export interface Model {
  /** A network's name, or none: thresholds. */
  name: string;
  sha256: string | null;
  provider: string | null;
  first_frame: number | null;
}

/** What takes the noise off the frames, how it adapts, how far it can be trusted. */
export interface Denoising {
  /** 0 for what the session began with, one more with each change. */
  version: number;
  /** A network's name, or none: the linear filter. */
  name: string;
  sha256: string | null;
  first_frame: number | null;
  held_out_gain: number | null;
  held_out_gain_before: number | null;
  adaptation: string | null;
  honesty: {
    frames: number;
    upsnr_db: number | null;
    umse: number;
    umse_err: number;
    raw_mse: number;
    residual_correlation: number;
    unsupported_fraction: number;
  } | null;
}

/** Pixels of a denoised frame that show more contrast than the raw frames carry: [start, length, …], counted row by row. */
export interface Unsupported {
  height: number;
  width: number;
  runs: number[];
}

export interface Status {
  session: string;
  source: string;
  state: string;
  elapsed_s: number;
  height: number;
  width: number;
  dtype: Dtype | null;
  received_fps: number | null;
  analysed_fps: number | null;
  latency_ms: Latency | null;
  latency_total_ms?: Latency | null;
  particles: number | null;
  tracks: number;
  learnt: string | null;
  detector: string;
  /** What takes the noise off the frames; null or missing where nothing does. */
  denoiser?: string | null;
  denoising?: Denoising | null;
  model: Model | null;
  models: string[];
  model_pending: string | null;
  calibration: Calibration;
  dose: string;
  dose_kind: string | null;
  segment: number;
  recording: Recording;
  subscribers: { kind: string; name: string; sent: number; dropped: number }[];
  notes: string[];
  /** Rules for alerts that cannot be evaluated: the kind and why. */
  alerts_missing?: string[];
  ledger?: { received: number; lost: number; repeated: number; recorded: number; processed: number; shown: number } | null;
  edges?: EdgeStatus[];
}

export interface Alert {
  id: number;
  kind: string;
  severity: 'info' | 'warning' | 'critical';
  frame: number | null;
  frame_last: number | null;
  time_s: number | null;
  state: 'raised' | 'acknowledged' | 'cleared';
  count: number;
  value: number | null;
  threshold: number | null;
  unit: string | null;
  message: string;
}

export interface SessionEvent {
  id: number;
  kind: 'annotation' | 'recording' | 'conditions' | 'model' | 'denoiser' | 'alert';
  t_unix_ns: number;
  frame: number | null;
  text?: string;
  x?: number | null;
  y?: number | null;
  particle?: number | null;
  author?: string | null;
  state?: string;
  reason?: string | null;
  segment?: number;
  first_frame?: number;
  calibration?: Calibration;
  prior_dose_e_A2?: number | null;
  note?: string | null;
  name?: string;
  provider?: string | null;
  version?: number;
  held_out_gain?: number | null;
  held_out_gain_before?: number | null;
  alert?: Alert;
}

export type Message =
  | { topic: 'hello'; header: Header; payload: Hello }
  | { topic: 'frame'; header: Header; payload: Uint8Array }
  | { topic: 'denoised'; header: Header; payload: Uint8Array }
  | { topic: 'unsupported'; header: Header; payload: Unsupported }
  | { topic: 'overlay'; header: Header; payload: Overlay }
  | { topic: 'tracks'; header: Header; payload: Tracks }
  | { topic: 'dose'; header: Header; payload: DoseRow }
  | { topic: 'alert'; header: Header; payload: Alert }
  | { topic: 'status'; header: Header; payload: Status }
  | { topic: 'event'; header: Header; payload: SessionEvent };

/** Version of the wire that this viewer speaks. */
export const wireVersion = 1;

const decoder = new Decoder();

/**
 * Reads one message. The pixels of a frame are a view of the message's own bytes, not a copy.
 * @throws Error where it is no message of this wire.
 */
export function decodeMessage(data: ArrayBuffer): Message {
  const parts = decoder.decode(new Uint8Array(data));
  if (!Array.isArray(parts) || parts.length !== 3 || typeof parts[0] !== 'string' || typeof parts[1] !== 'object' || parts[1] === null) {
    throw new Error('a message is not [topic, header, payload]');
  }

  const header = parts[1] as Header;
  if (header.v !== wireVersion) {
    throw new Error(`the server speaks version ${String(header.v)} of the wire, this page version ${wireVersion}: reload the page`);
  }

  return { topic: parts[0], header, payload: parts[2] } as Message;
}
