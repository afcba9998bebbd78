// Puts the page together.
import 'uplot/dist/uPlot.min.css';
import './viewer.css';
import { bindActions, keyLabel, showPressed, type Action } from './actions';
import { AlertList } from './alerts';
import { Contrast } from './contrast';
import { showDenoised } from './denoised';
import { annotateDialog, conditionsDialog, helpDialog, toggleRecording, type Place } from './dialogs';
import { byId, text } from './dom';
import { Figures } from './figures';
import { Heterogeneity } from './heterogeneity';
import { frameOpener, showEvents } from './lists';
import { Live } from './live';
import { ModelChoice } from './model';
import { ParticlePanel } from './particle';
import { Playback } from './playback';
import { watchPointer } from './pointer';
import { Stage } from './stage';
import { Store, type Layers } from './store';

const panStep = 60;
const zoomStep = 1.25;

const store = new Store();
const live = new Live(store);
const stage = new Stage(store, () => live.adaptDetail(stage.view.scale));
const playback = new Playback(store);
const contrast = new Contrast(store);
new Figures(store);
new ParticlePanel(store);
new Heterogeneity(store);

let toastTimer = 0;
function say(message: string): void {
  const toast = byId('toast');
  text(toast, message);
  toast.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => (toast.hidden = true), 5000);
}

/** Where the operator last clicked on the image. */
let clicked: Place | null = null;
watchPointer(stage, store, (x, y) => {
  const particle = stage.particleAt(x, y);
  clicked = { x, y };
  store.set({ selected: particle });
});
const goTo = frameOpener(playback, say);
const alerts = new AlertList(store, goTo, say);
showEvents(store, goTo);
const model = new ModelChoice(store, say);
const denoised = showDenoised(store, say);

function pickNext(by: number): void {
  const points = stage.analysis()?.points;
  if (!points || points.count === 0) {
    return;
  }

  const ids = [...points.particle].sort((a, b) => a - b);
  const { selected } = store.state;
  const at = selected === null ? (by > 0 ? -1 : 0) : ids.indexOf(selected);
  clicked = null;
  store.set({ selected: ids[(at + by + ids.length) % ids.length] });
}

function startAnnotation(): void {
  const { selected, shown } = store.state;
  const pointed = stage.pointed();
  const inside = ([x, y]: readonly [number, number]): boolean => !!shown && x >= -0.5 && y >= -0.5 && x < shown.fullWidth - 0.5 && y < shown.fullHeight - 0.5;
  // The picked particle, else the place under the pointer, else the place last clicked, else the whole frame.
  const hovered = pointed && inside(pointed) ? { x: pointed[0], y: pointed[1] } : null;
  const points = stage.analysis()?.points;
  const index = selected !== null ? points?.particle.indexOf(selected) ?? -1 : -1;
  const place = points && index >= 0 ? { x: points.x[index], y: points.y[index] } : hovered ?? clicked;
  annotateDialog(store, place, selected, say);
}

async function savePicture(): Promise<void> {
  const { shown, hello } = store.state;
  if (!shown) {
    return;
  }

  const url = URL.createObjectURL(await stage.snapshot());
  const link = document.createElement('a');
  link.href = url;
  link.download = `${hello?.session ?? 'session'}-frame-${shown.number}.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
  say(`saved ${link.download}`);
}

function layer(id: keyof Layers, key: string, label: string): Action {
  return {
    id,
    keys: [key],
    group: 'Layers',
    label,
    run: () => store.set({ layers: { ...store.state.layers, [id]: !store.state.layers[id] } }),
    pressed: () => store.state.layers[id],
  };
}

function move(change: () => void): () => void {
  return () => {
    change();
    stage.moved();
    live.adaptDetail(stage.view.scale);
  };
}

const { view } = stage;
const actions: Action[] = [
  { id: 'pause', keys: [' '], group: 'Time', label: 'Pause or resume the view', run: () => playback.togglePause() },
  { id: 'back', keys: ['ArrowLeft'], group: 'Time', label: 'One frame back', run: () => playback.step(-1) },
  { id: 'forward', keys: ['ArrowRight'], group: 'Time', label: 'One frame on', run: () => playback.step(1) },
  { id: 'back-ten', keys: ['Shift+ArrowLeft', 'PageUp'], group: 'Time', label: 'Ten frames back', run: () => playback.step(-10) },
  { id: 'forward-ten', keys: ['Shift+ArrowRight', 'PageDown'], group: 'Time', label: 'Ten frames on', run: () => playback.step(10) },
  { id: 'oldest', keys: ['Home'], group: 'Time', label: 'Oldest frame in the buffer', run: () => playback.show(0) },
  { id: 'live', keys: ['End'], group: 'Time', label: 'Back to live', run: () => playback.live() },
  { id: 'fit', keys: ['0'], group: 'View', label: 'Whole image', run: move(() => view.setFit('fit')) },
  { id: 'fill', keys: ['9'], group: 'View', label: 'Fill the stage', run: move(() => view.setFit('fill')) },
  { id: 'one', keys: ['1'], group: 'View', label: 'One camera pixel to one of the screen', run: move(() => view.setScale(1 / (window.devicePixelRatio || 1))) },
  { id: 'two', keys: ['2'], group: 'View', label: 'Twice that', run: move(() => view.setScale(2 / (window.devicePixelRatio || 1))) },
  { id: 'zoom-in', keys: ['+', '='], group: 'View', label: 'Zoom in', run: move(() => view.setScale(view.scale * zoomStep)) },
  { id: 'zoom-out', keys: ['-'], group: 'View', label: 'Zoom out', run: move(() => view.setScale(view.scale / zoomStep)) },
  { id: 'pan-left', keys: ['Ctrl+ArrowLeft'], group: 'View', label: 'Look further left', run: move(() => view.panBy(panStep, 0)) },
  { id: 'pan-right', keys: ['Ctrl+ArrowRight'], group: 'View', label: 'Look further right', run: move(() => view.panBy(-panStep, 0)) },
  { id: 'pan-up', keys: ['Ctrl+ArrowUp'], group: 'View', label: 'Look further up', run: move(() => view.panBy(0, panStep)) },
  { id: 'pan-down', keys: ['Ctrl+ArrowDown'], group: 'View', label: 'Look further down', run: move(() => view.panBy(0, -panStep)) },
  { id: 'auto-once', keys: ['C'], group: 'Contrast', label: 'Limits from this frame, once', run: () => contrast.autoOnce() },
  { id: 'auto-keep', keys: ['Shift+C', 'Enter'], group: 'Contrast', label: 'Keep limits automatic, or freeze them', run: () => contrast.toggleAuto(), pressed: () => store.state.autoContrast },
  { id: 'low-down', keys: ['['], group: 'Contrast', label: 'Lower limit down', run: () => contrast.nudge('low', -0.05) },
  { id: 'low-up', keys: [']'], group: 'Contrast', label: 'Lower limit up', run: () => contrast.nudge('low', 0.05) },
  { id: 'high-down', keys: ['{'], group: 'Contrast', label: 'Upper limit down', run: () => contrast.nudge('high', -0.05) },
  { id: 'high-up', keys: ['}'], group: 'Contrast', label: 'Upper limit up', run: () => contrast.nudge('high', 0.05) },
  { id: 'gamma-down', keys: ['G'], group: 'Contrast', label: 'Gamma down (dark parts brighter)', run: () => contrast.nudgeGamma(1 / 1.1) },
  { id: 'gamma-up', keys: ['Shift+G'], group: 'Contrast', label: 'Gamma up', run: () => contrast.nudgeGamma(1.1) },
  { id: 'lut', keys: ['U'], group: 'Contrast', label: 'Next colours', run: () => contrast.nextLut(1) },
  { id: 'lut-back', keys: ['Shift+U'], group: 'Contrast', label: 'Colours before', run: () => contrast.nextLut(-1) },
  layer('overlay', 'O', 'Everything over the image'),
  layer('contours', 'K', 'Outlines'),
  layer('ticks', 'N', 'Orientation'),
  layer('trails', 'T', 'Trails of the last 30 analysed frames'),
  layer('labels', 'L', 'Particle ids'),
  layer('marks', 'M', 'Notes at their places'),
  { id: 'denoised', keys: ['B'], group: 'View', label: 'The picture without its noise, or as it came', run: () => denoised.toggle(), pressed: () => store.state.denoised },
  { id: 'unsupported', keys: ['X'], group: 'View', label: 'Where that picture shows more than the raw frames carry', run: () => denoised.toggleMask(), pressed: () => store.state.layers.unsupported },
  { id: 'next-particle', keys: ['.'], group: 'Particles', label: 'Pick the next particle', run: () => pickNext(1) },
  { id: 'previous-particle', keys: [','], group: 'Particles', label: 'Pick the particle before', run: () => pickNext(-1) },
  { id: 'clear', keys: ['Escape'], group: 'Particles', label: 'Let go of the particle', run: () => { clicked = null; store.set({ selected: null }); } },
  { id: 'annotate', keys: ['A'], group: 'Session', label: 'Annotate this place, particle or frame', run: startAnnotation },
  { id: 'conditions', keys: ['E'], group: 'Session', label: 'Change conditions (new segment)', run: () => conditionsDialog(store, say) },
  { id: 'model', keys: ['V'], group: 'Session', label: 'Choose the model that segments', run: () => model.focus() },
  { id: 'use-model', keys: ['Shift+V'], group: 'Session', label: 'Use the chosen model from the next frame on', run: () => void model.use() },
  { id: 'record', keys: ['R'], group: 'Session', label: 'Start or stop recording', run: () => toggleRecording(store, say) },
  { id: 'snapshot', keys: ['S'], group: 'Session', label: 'Save this picture as PNG', run: () => void savePicture() },
  { id: 'alerts', keys: ['W'], group: 'Session', label: 'Show the alerts', run: () => byId('alerts-title').scrollIntoView({ block: 'nearest' }) },
  { id: 'acknowledge', keys: ['Y'], group: 'Session', label: 'Acknowledge the worst raised alert', run: () => void alerts.acknowledgeWorst() },
  { id: 'acknowledge-all', keys: ['Shift+Y'], group: 'Session', label: 'Acknowledge every raised alert', run: () => void alerts.acknowledgeAll() },
  { id: 'dim', keys: ['D'], group: 'Session', label: 'Dim the page for a dark room', run: () => store.set({ dim: !store.state.dim }), pressed: () => store.state.dim },
  { id: 'help', keys: ['?', 'Shift+H'], group: 'Session', label: 'Keys and help', run: showHelp },
];

function showHelp(): void {
  const groups = new Map<string, { keys: string[]; label: string }[]>();
  for (const { group, keys, label } of actions) {
    groups.set(group, [...(groups.get(group) ?? []), { keys: keys.map(keyLabel), label }]);
  }

  helpDialog(groups);
}

bindActions(actions);
store.on(['layers', 'autoContrast', 'dim', 'denoised'], (s) => {
  showPressed(actions);
  document.body.classList.toggle('dim', s.dim);
  byId('legend').hidden = !s.layers.overlay || !s.layers.contours;
});
// The last to hear of a new frame: it is on the screen by now.
store.on(['shown'], () => {
  live.drawnNow();
  live.adaptDetail(stage.view.scale);
});
store.touch('layers', 'shown');
live.start();
