// Numbers as people read them. Unknown is a dash, never a zero.

export const unknown = '–';

export function fixed(value: number | null | undefined, digits: number, unit = ''): string {
  return value === null || value === undefined || !Number.isFinite(value) ? unknown : `${value.toFixed(digits)}${unit ? `\u2009${unit}` : ''}`;
}

/** Three significant digits without an exponent where that is short. */
export function significant(value: number | null | undefined, unit = ''): string {
  if (value === null || value === undefined || !Number.isFinite(value)) {
    return unknown;
  }

  const size = Math.abs(value);
  const text = value === 0 ? '0' : size >= 1e6 || size < 1e-3 ? value.toExponential(2) : size >= 100 ? value.toFixed(0) : value.toPrecision(3);
  return unit ? `${text}\u2009${unit}` : text;
}

export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined) {
    return unknown;
  }

  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let size = value;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }

  return `${unit === 0 || size >= 100 ? size.toFixed(0) : size.toFixed(1)}\u2009${units[unit]}`;
}

export const integer = (value: number | null | undefined): string =>
  value === null || value === undefined ? unknown : Math.round(value).toLocaleString('en-GB').replaceAll(',', '\u2009');

export function clock(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) {
    return unknown;
  }

  const whole = Math.floor(seconds);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

export const timeOfDay = (ms: number): string => new Date(ms).toLocaleTimeString('en-GB');

/** A length with its best unit; px where the pixel size is not known. */
export function length(px: number, nmPerPx: number | null): string {
  if (nmPerPx === null) {
    return `${trim(px)}\u2009px`;
  }

  const nm = px * nmPerPx;
  return nm >= 1000 ? `${trim(nm / 1000)}\u2009µm` : `${trim(nm)}\u2009nm`;
}

const trim = (value: number): string => String(Number(value.toPrecision(6)));
