import type { Interval } from '@onnxplain/core';
import { formatInterval, formatNumber } from './format.js';
import { type Html, html } from './html.js';

/** The drawing of a row: a point with its 95 % interval, or a bound as an open triangle. */
export interface Mark {
  readonly value: number;
  readonly interval?: Pick<Interval, 'low' | 'high'>;
  readonly bound?: 'lower' | 'upper';
  readonly best?: boolean;
}

/** Maps values to 0..WIDTH. All rows of a group share it, so that their drawings can be compared. */
export interface ValueAxis {
  readonly kind: 'linear' | 'logarithmic';
  readonly low: number;
  readonly high: number;
}

const WIDTH = 220;
const HEIGHT = 22;
const PAD = 8;

const lowEnd = ({ value, interval }: Mark): number => interval?.low ?? value;
const highEnd = ({ value, interval }: Mark): number => interval?.high ?? value;

/** Returns a linear axis from 0 or the lowest interval; a logarithmic one if all intervals are above 0 and span more than a factor 50. */
export function axisOf(marks: readonly Mark[]): ValueAxis {
  const finite = marks.filter((mark) => Number.isFinite(mark.value));
  const low = Math.min(...finite.map(lowEnd));
  const high = Math.max(...finite.map(highEnd));
  if (low > 0 && high / low > 50) return { kind: 'logarithmic', low, high };
  return { kind: 'linear', low: Math.min(0, low), high: Math.max(0, high) };
}

/** Draws one row of the interval plot as inline SVG. */
export function drawMark(mark: Mark, axis: ValueAxis): Html {
  const x = place(mark.value, axis);
  const y = HEIGHT / 2;
  return html`<svg class="interval${mark.best ? ' best' : ''}" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${describe(mark)}">
<line class="axis" x1="${PAD}" x2="${WIDTH - PAD}" y1="${y}" y2="${y}"/>
${axis.kind === 'linear' && html`<line class="zero" x1="${place(0, axis)}" x2="${place(0, axis)}" y1="4" y2="${HEIGHT - 4}"/>`}
${mark.bound === undefined ? range(mark, axis) : arrow(x, mark.bound)}
${mark.bound === undefined && html`<circle cx="${x}" cy="${y}" r="4"/>`}</svg>`;
}

function range(mark: Mark, axis: ValueAxis): Html | false {
  if (lowEnd(mark) === highEnd(mark)) return false;
  const [from, to] = [place(lowEnd(mark), axis), place(highEnd(mark), axis)];
  return html`<line class="range" x1="${from}" x2="${to}" y1="${HEIGHT / 2}" y2="${HEIGHT / 2}"/>
<path class="range" d="M${from} 6V${HEIGHT - 6}M${to} 6V${HEIGHT - 6}"/>`;
}

/** Draws an open triangle at the bound, which points to the side of the true value. */
function arrow(x: number, side: 'lower' | 'upper'): Html {
  const tip = side === 'lower' ? x + 9 : x - 9;
  return html`<path class="bound" d="M${x} 5V${HEIGHT - 5}L${tip} ${HEIGHT / 2}Z"/>`;
}

function place(value: number, { kind, low, high }: ValueAxis): number {
  const [v, a, b] =
    kind === 'logarithmic' ? [value, low, high].map((z) => Math.log(Math.max(z, low))) : [value, low, high];
  const t = b > a ? (v - a) / (b - a) : 0.5;
  return Math.round((PAD + t * (WIDTH - 2 * PAD)) * 100) / 100;
}

function describe(mark: Mark): string {
  if (mark.bound !== undefined) return `${mark.bound} bound ${formatNumber(mark.value)}`;
  const { value, interval } = mark;
  return formatNumber(value) + (interval === undefined ? '' : `, 95 % interval ${formatInterval(interval)}`);
}
