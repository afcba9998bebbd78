// The log of notes, recording, conditions, models and denoisers. A click on an entry goes to its frame while the buffer still has it.
import { byId, node } from './dom';
import { timeOfDay, unknown } from './format';
import type { Playback } from './playback';
import type { Store } from './store';
import type { SessionEvent } from './wire';

const most = 200;

/** Goes to a frame, or says that it is gone. */
export const frameOpener = (playback: Playback, say: (message: string) => void) => (frame: number | null): void => {
  if (frame !== null && !playback.showNumber(frame)) {
    say(`frame ${frame} is no longer in this page's buffer; the session has it`);
  }
};

export function showEvents(store: Store, goTo: (frame: number | null) => void): void {
  store.on(['events'], ({ events }) => {
    const shown = events.slice(-most).reverse();
    fill('events', shown.map((e) => entry(eventWords(e), e.kind, () => goTo(e.frame))), 'nothing yet: key A writes a note');
  });
  store.touch('events');
}

function fill(id: string, entries: HTMLElement[], empty: string): void {
  byId(id).replaceChildren(...(entries.length > 0 ? entries : [node('li', 'empty', empty)]));
}

function entry([head, body]: [string, string], kind: string, onClick: () => void): HTMLLIElement {
  const item = node('li', `entry ${kind}`);
  const button = node('button', 'entry-button');
  button.title = 'Go to that frame';
  button.append(node('small', '', head), node('span', '', body));
  button.addEventListener('click', onClick);
  item.append(button);
  return item;
}

function eventWords(e: SessionEvent): [string, string] {
  const where = e.particle !== null && e.particle !== undefined ? ` · particle ${e.particle}` : typeof e.x === 'number' && typeof e.y === 'number' ? ` · at ${e.x.toFixed(0)}, ${e.y.toFixed(0)}` : '';
  const head = `${timeOfDay(e.t_unix_ns / 1e6)} · frame ${e.frame ?? unknown}${where}`;
  switch (e.kind) {
    case 'annotation':
      return [`✎ ${head}${e.author ? ` · ${e.author}` : ''}`, e.text ?? ''];
    case 'recording':
      return [`◉ ${head}`, `recording ${e.state ?? ''}${e.reason ? `: ${e.reason}` : ''}`];
    case 'model':
      return [`⬡ ${head}`, `model ${e.name === 'none' ? 'none (thresholds)' : `${e.name ?? ''}${e.provider ? ` on ${e.provider}` : ''}`} from frame ${e.first_frame ?? unknown}`];
    case 'denoiser':
      return [`◒ ${head}`, `denoiser version ${e.version ?? unknown} (${e.name ?? ''}) from frame ${e.first_frame ?? unknown}${typeof e.held_out_gain === 'number' && typeof e.held_out_gain_before === 'number' ? `: removes ${(100 * e.held_out_gain).toFixed(1)}\u2009% of the linear filter's squared error, before ${(100 * e.held_out_gain_before).toFixed(1)}\u2009%` : ''}`];
    default:
      return [`⚙ ${head}`, `segment ${e.segment ?? unknown} begins${e.note ? `: ${e.note}` : ''}`];
  }
}
