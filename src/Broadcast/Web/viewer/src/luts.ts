// Lookup tables from a value in [0, 1] to a colour. Grey and the perceptually even ones; all can be read without telling red from green.

export type LutName = 'gray' | 'inverted' | 'viridis' | 'inferno' | 'cividis';

export const lutNames: readonly LutName[] = ['gray', 'inverted', 'viridis', 'inferno', 'cividis'];

export const lutLabels: Record<LutName, string> = {
  gray: 'Grey',
  inverted: 'Grey, inverted',
  viridis: 'Viridis',
  inferno: 'Inferno',
  cividis: 'Cividis',
};

type Rgb = [number, number, number];

/** Sixth-order polynomials in t that fit matplotlib's tables (Zucker, CC0), one row a power. */
const viridis: Rgb[] = [
  [0.2777273272234177, 0.005407344544966578, 0.3340998053353061],
  [0.1050930431085774, 1.404613529898575, 1.384590162594685],
  [-0.3308618287255563, 0.214847559468213, 0.09509516302823659],
  [-4.634230498983486, -5.799100973351585, -19.33244095627987],
  [6.228269936347081, 14.17993336680509, 56.69055260068105],
  [4.776384997670288, -13.74514537774601, -65.35303263337234],
  [-5.435455855934631, 4.645852612178535, 26.3124352495832],
];
const inferno: Rgb[] = [
  [0.0002189403691192265, 0.001651004631001012, -0.01948089843709184],
  [0.1065134194856116, 0.5639564367884091, 3.932712388889277],
  [11.60249308247187, -3.972853965665698, -15.9423941062914],
  [-41.70399613139459, 17.43639888205313, 44.35414519872813],
  [77.162935699427, -33.40235894210092, -81.80730925738993],
  [-71.31942824499214, 32.62606426397723, 73.20951985803202],
  [25.13112622477341, -12.24266895238567, -23.07032500287172],
];

/** The same for cividis, after the table of Nuñez, Anderton and Renslow (2018), scaled to 255. */
const cividis: Rgb[] = [
  [-4.54, 32.49, 81.24],
  [-35.34, 170.73, 442.36],
  [2381.73, 52.82, -2482.43],
  [-6402.7, -131.46, 6167.24],
  [7024.72, 176.58, -6614.94],
  [-2710.57, -67.37, 2475.67],
];

function polynomial(rows: Rgb[], t: number, scale: number): Rgb {
  const colour: Rgb = [0, 0, 0];
  for (let row = rows.length - 1; row >= 0; row--) {
    for (let c = 0; c < 3; c++) {
      colour[c] = colour[c] * t + rows[row][c] * scale;
    }
  }

  return colour;
}

const at: Record<LutName, (t: number) => Rgb> = {
  gray: (t) => [t * 255, t * 255, t * 255],
  inverted: (t) => [255 - t * 255, 255 - t * 255, 255 - t * 255],
  viridis: (t) => polynomial(viridis, t, 255),
  inferno: (t) => polynomial(inferno, t, 255),
  cividis: (t) => polynomial(cividis, t, 1),
};

/** Entries of a table: enough that a strong gamma shows no steps. */
export const lutSize = 1024;

/** RGBA entries of a table with the gamma in it, so that no pixel has to raise to a power. */
export function lutTable(name: LutName, gamma: number): Uint8Array {
  const table = new Uint8ClampedArray(lutSize * 4);
  for (let i = 0; i < lutSize; i++) {
    const [r, g, b] = at[name]((i / (lutSize - 1)) ** gamma);
    table.set([r, g, b, 255], i * 4);
  }

  return new Uint8Array(table.buffer);
}
