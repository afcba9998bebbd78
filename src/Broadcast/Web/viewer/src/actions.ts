// Everything an operator can do, once: its key, its words, what it does. Buttons and the help take theirs from here, so that no control is
// without a key and a tooltip.
import { byId } from './dom';

export interface Action {
  id: string;
  /** As keyName says them; the first is shown. */
  keys: string[];
  group: string;
  label: string;
  run: () => void;
  /** For switches: whether it is on. */
  pressed?: () => boolean;
}

const shown: Record<string, string> = { ' ': 'Space', ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓', Escape: 'Esc', PageUp: 'PgUp', PageDown: 'PgDn' };

/** A key as people read it. */
export const keyLabel = (key: string): string => key.split(/\+(?=.)/).map((part) => shown[part] ?? part).join('+');

/** A key press as one word: letters in capitals with Shift+, signs as they are typed, whatever the keyboard's layout. */
export function keyName(e: KeyboardEvent): string {
  const letter = /^[a-z]$/i.test(e.key);
  const sign = e.key.length === 1 && !letter && e.key !== ' ';
  const name = letter ? e.key.toUpperCase() : e.key;
  return `${e.ctrlKey || e.metaKey ? 'Ctrl+' : ''}${e.shiftKey && !sign ? 'Shift+' : ''}${name}`;
}

export function bindActions(actions: readonly Action[]): void {
  const byKey = new Map<string, Action>();
  for (const action of actions) {
    for (const key of action.keys) {
      if (byKey.has(key)) {
        throw new Error(`the key ${key} has two meanings: ${byKey.get(key)!.id} and ${action.id}`);
      }

      byKey.set(key, action);
    }
  }

  const byName = new Map(actions.map((a) => [a.id, a]));
  const find = (id: string): Action => {
    const action = byName.get(id);
    if (!action) {
      throw new Error(`no action '${id}'`);
    }

    return action;
  };
  const tooltip = (list: Action[]): string => list.map((a) => `${a.label} (${keyLabel(a.keys[0])})`).join(' · ');

  for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-action]')) {
    const action = find(button.dataset.action!);
    button.title = tooltip([action]);
    button.setAttribute('aria-keyshortcuts', action.keys.map((k) => k.replace(' ', 'Space')).join(' '));
    button.addEventListener('click', (e) => {
      action.run();
      if (e.detail > 0) {
        // After a click with the mouse, Space means pause again and not this button.
        button.blur();
      }
    });
  }

  for (const label of document.querySelectorAll<HTMLElement>('[data-keys]')) {
    label.title = tooltip(label.dataset.keys!.split(' ').map(find));
  }

  byId('scrub').title = tooltip([find('back'), find('forward')]);
  document.addEventListener('keydown', (e) => {
    const target = e.target as HTMLElement;
    const typing = target.matches('textarea, select, input:not([type=range])');
    const action = byKey.get(keyName(e));
    if (!action || e.altKey || document.querySelector('dialog[open]') || (typing && e.key !== 'Escape')) {
      return;
    }

    // A focused control keeps its own keys, except that the arrows step frames also on the time slider.
    if ((target.matches('button, a') && (e.key === ' ' || e.key === 'Enter')) || (target.matches('input[type=range]:not(#scrub)') && e.key.startsWith('Arrow'))) {
      return;
    }

    e.preventDefault();
    if (typing) {
      target.blur();
    } else {
      action.run();
    }
  });
}

/** Shows which switches are on. */
export function showPressed(actions: readonly Action[]): void {
  for (const action of actions) {
    if (action.pressed) {
      document.querySelector(`button[data-action="${action.id}"]`)?.setAttribute('aria-pressed', String(action.pressed()));
    }
  }
}
