// Small helpers for the page's elements.

export function byId<T extends HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) {
    throw new Error(`the page has no element '${id}'`);
  }

  return element as T;
}

/** Sets an element's text, only where it differs: a write makes the browser lay the page out again. */
export function text(element: HTMLElement, value: string): void {
  if (element.textContent !== value) {
    element.textContent = value;
  }
}

export function node<K extends keyof HTMLElementTagNameMap>(tag: K, className: string, content?: string): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.className = className;
  if (content !== undefined) {
    element.textContent = content;
  }

  return element;
}

/** Sizes a canvas for the screen's pixels and gives a context that draws in CSS px. */
export function canvasContext(canvas: HTMLCanvasElement): { context: CanvasRenderingContext2D; width: number; height: number } {
  const ratio = window.devicePixelRatio || 1;
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }

  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

/**
 * Calls at most once in that time, the last time always. Words that change with every frame are unreadable, and each change makes the browser
 * paint that part of the page again, which without a graphics card costs more than the image.
 */
export function calmly(everyMs: number, run: () => void): () => void {
  let last = -Infinity;
  let timer = 0;
  return () => {
    const wait = last + everyMs - performance.now();
    if (timer === 0) {
      timer = setTimeout(() => {
        timer = 0;
        last = performance.now();
        run();
      }, Math.max(0, wait));
    }
  };
}

/** How often figures that belong to every frame are written, ms. */
export const calmMs = 200;
