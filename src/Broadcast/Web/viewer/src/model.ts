// Which network segments: shown, and changed while the session runs. Choosing alone does nothing, since a model takes seconds to be made ready.
import { chooseModel } from './api';
import { byId, text } from './dom';
import type { State, Store } from './store';

const names: Record<string, string> = { auto: 'auto (as it comes)', none: 'none (thresholds)' };

export class ModelChoice {
  private readonly list = byId<HTMLSelectElement>('model');
  private readonly button = byId<HTMLButtonElement>('model-button');
  /** What the list was filled with. */
  private filled = '';
  /** The model that was on when the list was last set to it. */
  private shown: string | null = null;
  private asking = false;

  constructor(private readonly store: Store, private readonly say: (message: string) => void) {
    this.list.addEventListener('change', () => this.draw(store.state));
    store.on(['status', 'hello', 'link'], (s) => this.draw(s));
    this.draw(store.state);
  }

  /** Goes to the list. */
  focus(): void {
    this.list.scrollIntoView({ block: 'nearest' });
    this.list.focus();
  }

  /** Asks for the chosen one. */
  async use(): Promise<void> {
    if (this.button.disabled) {
      return;
    }

    const name = this.list.value;
    this.asking = true;
    this.draw(this.store.state);
    try {
      const model = await chooseModel(name);
      this.say(`${model.name === 'none' ? 'thresholds are' : `model ${model.name} is`} on${model.first_frame === null ? '' : ` from frame ${model.first_frame}`}`);
    } catch (error) {
      this.say((error as Error).message);
    } finally {
      this.asking = false;
      this.shown = null;
      this.draw(this.store.state);
    }
  }

  private draw({ status, link }: State): void {
    const models = status?.models ?? [];
    const key = models.join('\n');
    if (key !== this.filled) {
      this.filled = key;
      this.list.replaceChildren(...models.map((name) => new Option(names[name] ?? name, name)));
      this.shown = null;
    }

    const on = status?.model?.name ?? null;
    const pending = status?.model_pending ?? (this.asking ? this.list.value : null);
    if (pending === null && on !== this.shown) {
      // A choice that was not used yet gives way to what came on.
      this.shown = on;
      this.list.value = on ?? '';
    }

    const open = link.phase === 'open' && status?.state === 'live' && on !== null;
    this.list.disabled = !open || pending !== null;
    this.button.disabled = this.list.disabled || this.list.value === '' || this.list.value === on;
    text(byId('model-line'), pending === null ? '' : `◔ ${pending} is being made ready; ${on === 'none' ? 'thresholds serve' : `${on ?? ''} serves`} meanwhile`);
  }
}
