// uPlot, dressed for this page.
import uPlot from 'uplot';

const ink = '#9fb0c3';
const grid = { stroke: 'rgb(159 176 195 / 0.14)', width: 1 };

export interface ChartOptions {
  host: HTMLElement;
  height: number;
  title: string;
  /** Name and unit of the horizontal axis, or null for none. */
  xLabel: string | null;
  colour: string;
  /** Whether lower and upper bound are given after the values. */
  band?: boolean;
  /** Whether the axis begins at zero. */
  fromZero?: boolean;
  /** Colours of further lines, given after the values. */
  more?: readonly string[];
  /** Whether values are counted. */
  whole?: boolean;
}

export class Chart {
  private readonly plot: uPlot;

  constructor(private readonly options: ChartOptions) {
    const { host, height, colour } = options;
    const hidden = { stroke: 'transparent', width: 0, points: { show: false } };
    this.plot = new uPlot({
      width: Math.max(80, host.clientWidth),
      height,
      title: options.title,
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 5 } },
      scales: {
        x: { time: false },
        y: { range: (_, min, max) => range(min, max, options.fromZero ?? false, options.whole ?? false) },
      },
      axes: [
        { stroke: ink, grid, ticks: grid, size: options.xLabel ? 34 : 20, label: options.xLabel ?? undefined, labelSize: 12, labelGap: 0, font: '10px system-ui', labelFont: '10px system-ui', gap: 2, space: 42 },
        { stroke: ink, grid, ticks: grid, size: 44, font: '10px system-ui', gap: 3, space: 24, incrs: options.whole ? [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] : undefined },
      ],
      series: [
        {},
        { stroke: colour, width: 1.5, points: { show: false } },
        ...(options.band ? [hidden, hidden] : []),
        ...(options.more ?? []).map((stroke) => ({ stroke, width: 1.5, points: { show: false } })),
      ],
      bands: options.band ? [{ series: [3, 2], fill: `${colour}40` }] : [],
    }, [[], []], host);
    new ResizeObserver(() => this.fit()).observe(host);
  }

  set(data: uPlot.AlignedData): void {
    this.plot.setData(data);
  }

  private fit(): void {
    const width = this.options.host.clientWidth;
    if (width > 0 && width !== this.plot.width) {
      this.plot.setSize({ width, height: this.options.height });
    }
  }
}

function range(min: number | null, max: number | null, fromZero: boolean, whole: boolean): uPlot.Range.MinMax {
  if (min === null || max === null) {
    return [0, 1];
  }

  if (whole) {
    // A count that stands still is a line in the middle, not noise blown up to the whole height.
    const room = Math.max(2, Math.ceil(max * 0.05));
    return [Math.max(0, Math.floor(min) - room), Math.ceil(max) + room];
  }

  const pad = Math.max((max - min) * 0.1, Math.abs(max) * 1e-3, 1e-6);
  return [fromZero ? 0 : min - pad, max + pad];
}
