// The live connection: asks, acknowledges, comes back by itself with growing pauses.
import { decodeMessage, type Message } from './wire';

const firstWaitMs = 250;
const longestWaitMs = 5000;

export interface ConnectionHandler {
  onPhase(phase: 'connecting' | 'open' | 'waiting', failures: number, retryAt: number): void;
  onMessage(message: Message): void;
  onBadMessage(reason: string): void;
}

export class Connection {
  private socket: WebSocket | null = null;
  private failures = 0;

  constructor(
    private readonly url: string,
    private readonly want: () => { frame_max_fps: number; frame_max_side: number; picture: 'raw' | 'denoised' },
    private readonly handler: ConnectionHandler,
  ) {}

  open(): void {
    this.handler.onPhase('connecting', this.failures, 0);
    const socket = new WebSocket(this.url);
    socket.binaryType = 'arraybuffer';
    this.socket = socket;
    socket.onopen = () => {
      this.failures = 0;
      this.sendWant();
      this.handler.onPhase('open', 0, 0);
    };
    socket.onmessage = (event: MessageEvent<unknown>) => this.receive(event.data);
    socket.onclose = () => {
      this.socket = null;
      const wait = Math.min(firstWaitMs * 2 ** this.failures, longestWaitMs);
      this.failures++;
      this.handler.onPhase('waiting', this.failures, performance.now() + wait);
      setTimeout(() => this.open(), wait);
    };
  }

  /** Says how many and how large frames are wanted; again after the stage changed its size. */
  sendWant(): void {
    this.send({ type: 'want', ...this.want() });
  }

  /** Says that a frame was drawn (or put aside while paused): room for the next. */
  ack(seq: number): void {
    this.send({ type: 'ack', seq });
  }

  private send(message: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) {
      this.socket.send(JSON.stringify(message));
    }
  }

  private receive(data: unknown): void {
    let message: Message;
    try {
      if (!(data instanceof ArrayBuffer)) {
        throw new Error('a message is not binary');
      }

      message = decodeMessage(data);
    } catch (error) {
      this.handler.onBadMessage(error instanceof Error ? error.message : String(error));
      return;
    }

    this.handler.onMessage(message);
  }
}
