// Takes in what the server says and puts it into the store.
import { Connection, type ConnectionHandler } from './connection';
import { frameFrom } from './frames';
import type { Store } from './store';
import type { Alert, Header, Message, SessionEvent } from './wire';

const frameFps = 20;
/** Longest side of a frame that is asked for, until somebody zooms in on binned pixels. */
const usualSide = 1024;
const fullSide = 4096;
const mostEvents = 2000;
const mostAlerts = 1000;

export class Live implements ConnectionHandler {
  private readonly connection: Connection;
  /** Frames taken in and not yet acknowledged. */
  private waiting: number[] = [];
  private side = usualSide;
  private drawn: number[] = [];

  constructor(private readonly store: Store) {
    const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/live`;
    this.connection = new Connection(url, () => ({ frame_max_fps: frameFps, frame_max_side: this.side, picture: store.state.denoised ? 'denoised' : 'raw' }), this);
    store.on(['denoised'], () => this.connection.sendWant());
  }

  start(): void {
    this.connection.open();
  }

  /** Called after the picture was drawn: the server may send on. */
  drawnNow(): void {
    if (this.waiting.length > 0) {
      this.waiting.forEach((seq) => this.connection.ack(seq));
      this.waiting = [];
      this.drawn.push(performance.now());
    }
  }

  /** Asks for unbinned frames once a binned pixel is larger than two on the screen, and back. */
  adaptDetail(scale: number): void {
    const { shown } = this.store.state;
    const onScreen = scale * (window.devicePixelRatio || 1);
    const binned = shown !== null && Math.max(shown.fullWidth, shown.fullHeight) > usualSide;
    const side = binned && onScreen >= (this.side === fullSide ? 0.8 : 1) ? fullSide : usualSide;
    if (side !== this.side) {
      this.side = side;
      this.connection.sendWant();
    }
  }

  onPhase(phase: 'connecting' | 'open' | 'waiting', failures: number, retryAt: number): void {
    this.waiting = [];
    this.store.set({ link: { phase, failures, retryAt, problem: null } });
  }

  onBadMessage(reason: string): void {
    this.store.set({ link: { ...this.store.state.link, problem: reason } });
  }

  onMessage(message: Message): void {
    const { store } = this;
    switch (message.topic) {
      case 'hello':
        if (store.state.hello?.session === message.payload.session) {
          store.set({ hello: message.payload });
        } else {
          store.resetSession(message.payload);
          this.drawn = [];
        }

        break;
      case 'frame':
      case 'denoised':
        this.takeFrame(message.header, message.payload, message.topic === 'denoised');
        break;
      case 'unsupported':
        if (message.header.frame !== null) {
          store.set({ unsupported: { frame: message.header.frame, mask: message.payload } });
        }

        break;
      case 'overlay':
        if (message.header.frame !== null) {
          store.analyses.addOverlay(message.header.frame, message.payload);
          this.analysed();
        }

        break;
      case 'tracks':
        if (message.header.frame !== null) {
          store.analyses.addTracks(message.header.frame, message.payload);
          this.analysed();
        }

        break;
      case 'dose':
        store.set({ row: message.payload });
        this.chart(message.header, message.payload.particles, message.payload.dose_rate_e_A2_s);
        break;
      case 'status':
        store.set({ status: message.payload, statusAt: performance.now(), shownFps: this.measureShown() });
        break;
      case 'alert':
        this.takeAlert(message.payload);
        break;
      case 'event':
        this.takeEvent(message.payload);
        break;
      default:
        // A newer server may have more to say.
        break;
    }
  }

  private analysed(): void {
    this.store.set({ analysed: this.store.analyses.newest!.frame });
    // Outlines and points of one frame come one after the other.
    this.store.touch('analysed');
  }

  private takeFrame(header: Header, bytes: Uint8Array, denoised: boolean): void {
    let frame;
    try {
      frame = frameFrom(header, bytes, denoised);
    } catch (error) {
      this.onBadMessage(error instanceof Error ? error.message : String(error));
      this.connection.ack(header.seq);
      return;
    }

    const { store } = this;
    store.frames.push(frame);
    if (store.state.paused) {
      // It is kept for later; nothing is drawn that the server could wait for.
      this.connection.ack(frame.seq);
      store.touch('paused');
    } else {
      this.waiting.push(frame.seq);
      store.set({ shown: frame });
    }
  }

  private chart(header: Header, particles: number | null, rate: number | null): void {
    const { status } = this.store.state;
    if (!status) {
      return;
    }

    const timeS = header.t_unix_ns / 1e9 - this.startedS(status.elapsed_s);
    if (particles !== null) {
      this.store.particles.add(timeS, particles);
    }

    this.store.doseRate.add(timeS, rate);
  }

  private sessionStartS: number | null = null;
  private sessionStartOf = '';

  /** Unix time at which the session began, kept from its first status so that the charts do not shift. */
  private startedS(elapsedS: number): number {
    const session = this.store.state.hello?.session ?? '';
    if (this.sessionStartS === null || this.sessionStartOf !== session) {
      this.sessionStartOf = session;
      this.sessionStartS = Date.now() / 1000 - elapsedS - (performance.now() - this.store.state.statusAt) / 1000;
    }

    return this.sessionStartS;
  }

  private takeAlert(alert: Alert): void {
    const alerts = new Map(this.store.state.alerts);
    alerts.set(alert.id, alert);
    if (alerts.size > mostAlerts) {
      // The one that is over for longest; the session has it.
      const over = [...alerts.values()].find((known) => known.state === 'cleared');
      if (over) {
        alerts.delete(over.id);
      }
    }

    this.store.set({ alerts });
  }

  private takeEvent(event: SessionEvent): void {
    if (event.alert) {
      this.takeAlert(event.alert);
      return;
    }

    const { events } = this.store.state;
    if (!events.some((e) => e.id === event.id)) {
      this.store.set({ events: [...events, event].sort((a, b) => a.id - b.id).slice(-mostEvents) });
    }
  }

  /** Pictures with a new frame a second, over the last two seconds. */
  private measureShown(): number | null {
    const now = performance.now();
    this.drawn = this.drawn.filter((t) => now - t < 2000);
    return this.store.state.paused || this.drawn.length < 2 ? null : ((this.drawn.length - 1) * 1000) / (now - this.drawn[0]);
  }
}
