// The dialogs: annotate, conditions, stop of the recording, keys.
import { annotate, setConditions, setRecording, type AnnotationRequest, type ConditionsRequest } from './api';
import { byId, node, text } from './dom';
import type { Store } from './store';
import type { Calibration } from './wire';

/** Opens a dialog; the form stays open with the server's sentence where it refuses. */
function open(id: string, submit: () => Promise<void>): void {
  const dialog = byId<HTMLDialogElement>(id);
  const form = dialog.querySelector('form')!;
  const error = dialog.querySelector<HTMLElement>('.error');
  const button = form.querySelector<HTMLButtonElement>('button[type=submit]')!;
  const refuse = (message: string): void => {
    if (error) {
      text(error, message);
    }
  };
  refuse('');
  form.onsubmit = (e) => {
    e.preventDefault();
    button.disabled = true;
    submit().then(() => dialog.close(), (reason: unknown) => refuse(reason instanceof Error ? reason.message : String(reason)))
      .finally(() => (button.disabled = false));
  };
  const cancel = form.querySelector<HTMLButtonElement>('button[value=cancel]');
  if (cancel) {
    cancel.onclick = () => dialog.close();
  }

  dialog.showModal();
}

export interface Place {
  x: number;
  y: number;
}

export function annotateDialog(store: Store, place: Place | null, particle: number | null, say: (message: string) => void): void {
  const { shown } = store.state;
  const input = byId<HTMLTextAreaElement>('annotate-text');
  const whole = byId<HTMLInputElement>('annotate-whole');
  input.value = '';
  whole.checked = false;
  whole.parentElement!.hidden = place === null && particle === null;
  const about = [
    shown ? `Frame ${shown.number}` : 'The session',
    particle !== null ? `particle ${particle}` : '',
    place ? `at x ${place.x.toFixed(0)}, y ${place.y.toFixed(0)} px` : '',
  ].filter(Boolean).join(', ');
  text(byId('annotate-about'), place || particle !== null ? `${about}.` : `${about}. Point at a place or pick a particle before pressing A to say where.`);
  input.onkeydown = (e) => {
    if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) {
      input.form!.requestSubmit();
    }
  };
  open('annotate-dialog', async () => {
    const request: AnnotationRequest = { text: input.value.trim() };
    if (shown) {
      request.frame = shown.number;
    }

    if (!whole.checked) {
      if (place) {
        request.x = place.x;
        request.y = place.y;
      }

      if (particle !== null) {
        request.particle = particle;
      }
    }

    await annotate(request);
    say('noted');
  });
  input.focus();
}

const fields: [string, string, string, keyof Calibration | null][] = [
  ['pixel_size_nm', 'Pixel size', 'nm', 'pixel_size_nm'],
  ['frame_time_s', 'Frame time', 's', 'frame_time_s'],
  ['exposure_s', 'Exposure', 's', 'exposure_s'],
  ['counts_per_electron', 'Counts per electron', 'counts', 'counts_per_electron'],
  ['dark_level', 'Dark level', 'counts', 'dark_level'],
  ['transmission', 'Transmission', '0 to 1', 'transmission'],
  ['dose_per_frame_e_A2', 'Dose of one frame', 'e⁻/Å²', 'dose_per_frame_e_A2'],
  ['kv', 'Voltage', 'kV', 'kv'],
  ['prior_dose_e_A2', 'Dose before the recording', 'e⁻/Å²', null],
];

export function conditionsDialog(store: Store, say: (message: string) => void): void {
  const host = byId('conditions-fields');
  const calibration = store.state.status?.calibration ?? {};
  host.replaceChildren();
  const inputs = new Map<string, HTMLInputElement>();
  for (const [name, label, unit, key] of [...fields, ['note', 'Why (kept in the session)', '', null] as const]) {
    const row = node('label', name === 'note' ? 'wide' : '', `${label}${unit ? ` (${unit})` : ''}`);
    const input = node('input', '');
    input.name = name;
    if (name !== 'note') {
      input.type = 'number';
      input.step = 'any';
      input.min = '0';
    }

    const now = key ? calibration[key] : null;
    input.placeholder = now ? `${Number(now.value.toPrecision(6))} now, from ${now.origin}` : key ? 'unknown now' : '';
    row.append(input);
    host.append(row);
    inputs.set(name, input);
  }

  open('conditions-dialog', async () => {
    const request: ConditionsRequest = {};
    for (const [name, input] of inputs) {
      const value = input.value.trim();
      if (value !== '') {
        request[name] = name === 'note' ? value : Number(value);
      }
    }

    if (Object.keys(request).length === 0) {
      throw new Error('nothing was filled in');
    }

    await setConditions(request);
    say('a new segment begins with the next frame');
  });
}

/** Starting needs no question; stopping does, since frames that were not kept are gone. */
export function toggleRecording(store: Store, say: (message: string) => void): void {
  if (store.state.status?.recording.state === 'on') {
    open('record-dialog', async () => {
      await setRecording(false);
      say('recording stopped');
    });
  } else {
    setRecording(true).then(() => say('recording'), (reason: unknown) => say(reason instanceof Error ? reason.message : String(reason)));
  }
}

export function helpDialog(groups: Map<string, { keys: string[]; label: string }[]>): void {
  byId('help-keys').replaceChildren(...[...groups].map(([title, actions]) => {
    const group = node('section', '');
    group.append(node('h3', '', title));
    for (const { keys, label } of actions) {
      const row = node('div', 'key-row');
      const names = node('span', 'key-names');
      keys.forEach((key) => names.append(node('kbd', '', key)));
      row.append(names, node('span', '', label));
      group.append(row);
    }

    return group;
  }));
  open('help-dialog', () => Promise.resolve());
}
