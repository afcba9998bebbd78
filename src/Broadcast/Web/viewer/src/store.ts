// The one store: everything that the page shows, and who wants to know when it changes.
import { AnalysisRing } from './analyses';
import { FrameRing, type FrameImage } from './frames';
import type { Look } from './image-view';
import type { Distribution } from './pixels';
import { Series } from './series';
import type { Alert, DoseRow, Hello, SessionEvent, Status, Unsupported } from './wire';

export interface Link {
  phase: 'connecting' | 'open' | 'waiting';
  /** Times in a row that no connection came about. */
  failures: number;
  /** When the next try is made, ms of performance.now(). */
  retryAt: number;
  /** What is wrong with what the server sends, or null. */
  problem: string | null;
}

export interface Layers {
  overlay: boolean;
  contours: boolean;
  ticks: boolean;
  trails: boolean;
  labels: boolean;
  marks: boolean;
  unsupported: boolean;
}

export interface State {
  link: Link;
  hello: Hello | null;
  status: Status | null;
  /** When the status came, ms of performance.now(). */
  statusAt: number;
  row: DoseRow | null;
  alerts: ReadonlyMap<number, Alert>;
  events: readonly SessionEvent[];
  /** Times the session changed under this page. */
  restarts: number;

  /** Whether the picture without its noise is asked for. */
  denoised: boolean;
  /** Where the newest denoised frame that was looked at shows more than the raw ones carry. */
  unsupported: { frame: number; mask: Unsupported } | null;
  /** The frame on the screen. */
  shown: FrameImage | null;
  paused: boolean;
  /** Newest frame with something found in it. */
  analysed: number | null;
  /** Frames of this page that were drawn a second. */
  shownFps: number | null;

  look: Look;
  autoContrast: boolean;
  distribution: Distribution | null;
  layers: Layers;
  selected: number | null;
  /** Where the pointer rests on the stage, CSS px from its top left corner, or null. The image point below it changes with every zoom. */
  pointer: readonly [number, number] | null;
  dim: boolean;
}

export type Key = keyof State;

const megabyte = 1024 * 1024;

export class Store {
  /** Recent frames, for scrubbing. */
  readonly frames = new FrameRing(256 * megabyte, 3000);
  readonly analyses = new AnalysisRing(64 * megabyte, 6000);
  readonly particles = new Series();
  readonly doseRate = new Series();

  private current: State = {
    link: { phase: 'connecting', failures: 0, retryAt: 0, problem: null },
    hello: null,
    status: null,
    statusAt: 0,
    row: null,
    alerts: new Map(),
    events: [],
    restarts: 0,
    denoised: false,
    unsupported: null,
    shown: null,
    paused: false,
    analysed: null,
    shownFps: null,
    look: { low: 0, high: 255, gamma: 1, lut: 'gray' },
    autoContrast: true,
    distribution: null,
    layers: { overlay: true, contours: true, ticks: true, trails: true, labels: false, marks: true, unsupported: true },
    selected: null,
    pointer: null,
    dim: false,
  };

  private readonly listeners: { keys: ReadonlySet<Key>; run: (state: State) => void }[] = [];
  private changed = new Set<Key>();
  private asked = false;

  get state(): Readonly<State> {
    return this.current;
  }

  /** Changes the state; who listens hears of it once, before the next picture. */
  set(patch: Partial<State>): void {
    for (const key of Object.keys(patch) as Key[]) {
      if (!Object.is(this.current[key], patch[key])) {
        this.changed.add(key);
      }
    }

    this.current = { ...this.current, ...patch };
    this.ask();
  }

  /** Says that something changed which is not a value of the state: the rings, the size of the window. */
  touch(...keys: Key[]): void {
    keys.forEach((key) => this.changed.add(key));
    this.ask();
  }

  on(keys: readonly Key[], run: (state: State) => void): void {
    this.listeners.push({ keys: new Set(keys), run });
  }

  /** Forgets a session's data. How the image looks and which layers show stays as the operator set it. */
  resetSession(hello: Hello): void {
    this.frames.clear();
    this.analyses.clear();
    this.particles.clear();
    this.doseRate.clear();
    this.set({
      hello,
      status: null,
      row: null,
      alerts: new Map(),
      events: [],
      shown: null,
      paused: false,
      denoised: false,
      unsupported: null,
      analysed: null,
      selected: null,
      distribution: null,
      restarts: this.current.restarts + (this.current.hello ? 1 : 0),
    });
  }

  private ask(): void {
    if (!this.asked && this.changed.size > 0) {
      this.asked = true;
      requestAnimationFrame(() => this.tell());
    }
  }

  private tell(): void {
    this.asked = false;
    const changed = this.changed;
    this.changed = new Set();
    for (const { keys, run } of this.listeners) {
      for (const key of changed) {
        if (keys.has(key)) {
          run(this.current);
          break;
        }
      }
    }
  }
}
