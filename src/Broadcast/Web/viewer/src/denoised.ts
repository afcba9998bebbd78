// The picture without its noise: the switch is there where the session denoises, and a badge says so over every such picture.
import { byId, text } from './dom';
import type { State, Store } from './store';

export interface DenoisedSwitch {
  toggle(): void;
}

export function showDenoised(store: Store, say: (message: string) => void): DenoisedSwitch {
  const tools = byId('picture-tools');
  const badge = byId('denoised-badge');
  // What the server says in a line begins with the model and its version; the rest is in the session's report.
  const name = (line: string | null): string => (line ?? '').split(/ on |, /)[0];
  const by = ({ status }: State): string | null => status?.denoiser ?? null;

  store.on(['status', 'denoised'], (s) => {
    tools.hidden = by(s) === null;
    if (s.denoised && s.status && by(s) === null) {
      store.set({ denoised: false });
    }
  });
  store.on(['shown', 'status'], (s) => {
    badge.hidden = !s.shown?.denoised;
    if (!badge.hidden) {
      text(badge, `DENOISED · ${name(by(s))} · an estimate`);
    }
  });
  return {
    toggle: () => {
      if (by(store.state) === null) {
        say('this session takes no noise off its frames: use the profile soft');
      } else {
        store.set({ denoised: !store.state.denoised });
      }
    },
  };
}
