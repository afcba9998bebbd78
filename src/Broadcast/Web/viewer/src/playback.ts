// Pause, scrub, back to live. Only this page's view stops; the server goes on, and what it sends is kept for later.
import { byId, calmly, calmMs, text } from './dom';
import type { State, Store } from './store';

export class Playback {
  private readonly scrub = byId<HTMLInputElement>('scrub');

  constructor(private readonly store: Store) {
    this.scrub.addEventListener('input', () => this.show(Number(this.scrub.value)));
    const calmDraw = calmly(calmMs, () => this.draw(store.state));
    store.on(['paused'], (s) => this.draw(s));
    store.on(['shown', 'status'], (s) => (s.paused ? this.draw(s) : calmDraw()));
  }

  togglePause(): void {
    if (this.store.state.paused) {
      this.live();
    } else {
      this.pause();
    }
  }

  pause(): void {
    if (!this.store.state.paused && this.store.state.shown) {
      this.store.frames.hold();
      this.store.set({ paused: true });
    }
  }

  live(): void {
    this.store.frames.release();
    this.store.set({ paused: false, shown: this.store.frames.newest ?? null });
  }

  /** Moves by that many frames of the buffer; pauses if the view was live. */
  step(frames: number): void {
    const { shown } = this.store.state;
    if (shown) {
      this.pause();
      this.show(this.store.frames.indexOf(shown) + frames);
    }
  }

  /** Shows the frame at that place of the buffer, counted from the oldest. */
  show(index: number): void {
    this.pause();
    const frame = this.store.frames.at(Math.min(Math.max(index, 0), this.store.frames.length - 1));
    if (frame) {
      this.store.set({ shown: frame });
    }
  }

  /** Shows the buffered frame nearest to a number. @returns false where the buffer does not reach that far back. */
  showNumber(number: number): boolean {
    const { frames } = this.store;
    let best = -1;
    for (let i = 0; i < frames.length; i++) {
      if (best < 0 || Math.abs(frames.at(i)!.number - number) < Math.abs(frames.at(best)!.number - number)) {
        best = i;
      }
    }

    const oldest = frames.at(0);
    if (best < 0 || !oldest || number < oldest.number - 1) {
      return false;
    }

    this.show(best);
    return true;
  }

  private draw({ shown, paused }: State): void {
    const { frames } = this.store;
    const last = Math.max(0, frames.length - 1);
    this.scrub.max = String(last);
    this.scrub.value = String(paused && shown ? frames.indexOf(shown) : last);
    this.scrub.disabled = frames.length < 2;
    const { newest } = frames;
    const oldest = frames.at(0);
    const span = newest && oldest ? (newest.receivedMs - oldest.receivedMs) / 1000 : 0;
    const late = paused && shown && newest ? { frames: newest.number - shown.number, s: (newest.receivedMs - shown.receivedMs) / 1000 } : null;
    const behind = late ? `${late.frames} frames · ${late.s.toFixed(1)} s behind live` : `${span.toFixed(0)} s in the buffer`;
    text(byId('behind'), behind);
    this.scrub.setAttribute('aria-valuetext', shown ? `frame ${shown.number}, ${behind}` : behind);
    const state = byId('view-state');
    state.title = paused ? 'Only this view stands still: recording and analysis go on' : 'The newest frame';
    text(state, paused ? '❚❚ PAUSED' : '▶ LIVE');
    state.dataset.state = paused ? 'paused' : 'live';
    text(byId('pause-button'), paused ? 'Resume' : 'Pause');
    byId<HTMLButtonElement>('live-button').disabled = !paused;
    text(byId('frame-number'), shown ? String(shown.number) : '–');
  }
}
