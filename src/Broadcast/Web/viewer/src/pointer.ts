// Mouse, pen and fingers on the stage: wheel and pinch zoom, drag pans, a click picks a particle.
import { byId } from './dom';
import type { Stage } from './stage';
import type { Store } from './store';

const clickSlack = 4;

/** @param onClick image point that was clicked without dragging; `place` is true when only the place is wanted. */
export function watchPointer(stage: Stage, store: Store, onClick: (x: number, y: number) => void): void {
  const host = byId('stage');
  const held = new Map<number, { x: number; y: number }>();
  let travelled = 0;

  const local = (e: PointerEvent | WheelEvent): { x: number; y: number } => {
    const box = host.getBoundingClientRect();
    return { x: e.clientX - box.left, y: e.clientY - box.top };
  };

  host.addEventListener('wheel', (e) => {
    e.preventDefault();
    const { x, y } = local(e);
    stage.view.zoomAt(x, y, Math.exp(-e.deltaY * (e.deltaMode === 1 ? 0.05 : 0.0015)));
    stage.moved();
  }, { passive: false });

  host.addEventListener('pointerdown', (e) => {
    if (e.button === 0) {
      host.setPointerCapture(e.pointerId);
      held.set(e.pointerId, local(e));
      travelled = held.size > 1 ? Infinity : 0;
    }
  });

  host.addEventListener('pointermove', (e) => {
    const now = local(e);
    store.set({ pointer: [now.x, now.y] });
    const before = held.get(e.pointerId);
    if (!before) {
      return;
    }

    travelled += Math.hypot(now.x - before.x, now.y - before.y);
    if (held.size === 2) {
      const other = [...held].find(([id]) => id !== e.pointerId)![1];
      const was = Math.hypot(before.x - other.x, before.y - other.y);
      const is = Math.hypot(now.x - other.x, now.y - other.y);
      stage.view.panBy((now.x - before.x) / 2, (now.y - before.y) / 2);
      stage.view.zoomAt((now.x + other.x) / 2, (now.y + other.y) / 2, was > 0 ? is / was : 1);
      stage.moved();
    } else if (travelled > clickSlack) {
      host.classList.add('dragging');
      stage.view.panBy(now.x - before.x, now.y - before.y);
      stage.moved();
    }

    held.set(e.pointerId, now);
  });

  const release = (e: PointerEvent): void => {
    const was = held.delete(e.pointerId);
    host.classList.remove('dragging');
    if (was && e.type === 'pointerup' && travelled <= clickSlack) {
      const { x, y } = local(e);
      onClick(...stage.view.toImage(x, y));
    }
  };
  host.addEventListener('pointerup', release);
  host.addEventListener('pointercancel', release);
  host.addEventListener('pointerleave', () => store.set({ pointer: null }));
}
