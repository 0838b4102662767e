import { lineColours } from '../colour.js';
import type { MeanCurves, MeanLine } from '../curves.js';
import { formatNumber } from './format.js';
import { type Html, html } from './html.js';

const WIDTH = 560;
const HEIGHT = 300;
/** Room for the numbers at the axes. */
const LEFT = 62;
const BOTTOM = 40;
const TOP = 10;
const RIGHT = 12;

/** Strokes of the lines beyond the first ten, which have the same colours again. */
const DASHES = ['', '6 3', '2 3'];

interface Range {
  readonly low: number;
  readonly high: number;
}

/** Draws mean curves as one plot of inline SVG with its legend. `names`: of the explainers. Leaves out points that are not finite. */
export function drawCurves({ xLabel, yLabel, lines }: MeanCurves, names: readonly string[]): Html {
  const [x, y] = [rangeOf(lines.flatMap((line) => line.x)), rangeOf(lines.flatMap((line) => line.y))];
  const across = scale(x, [LEFT, WIDTH - RIGHT]);
  const up = scale(y, [HEIGHT - BOTTOM, TOP]);
  const grid = ticks(y).map(
    (
      value,
    ) => html`<line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${up(value)}" y2="${up(value)}"/>
<text x="${LEFT - 6}" y="${up(value) + 4}" text-anchor="end">${formatNumber(value)}</text>`,
  );
  const marks = ticks(x).map(
    (value) =>
      html`<text x="${across(value)}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${formatNumber(value)}</text>`,
  );
  const drawn = lines.map(
    (line, i) =>
      html`<path d="${pathOf(line, { across, up })}" style="${strokeOf(i)}"><title>${names[line.explainer]}</title></path>`,
  );
  const key = lines.map(
    (line, i) =>
      html`<li><svg width="26" height="8" aria-hidden="true"><line x1="0" x2="26" y1="4" y2="4" style="${strokeOf(i)}"/></svg> <code>${names[line.explainer]}</code></li>`,
  );
  return html`<div class="curves"><svg class="curves" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${yLabel} against ${xLabel}">
${grid}${marks}<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 6}" text-anchor="middle">${xLabel}</text>
${drawn}</svg><ul class="key soft">${key}</ul></div><p class="soft">Vertical axis: ${yLabel}, the mean over the inputs.</p>`;
}

const strokeOf = (i: number): string =>
  `stroke:${lineColours[i % lineColours.length]};stroke-dasharray:${DASHES[Math.floor(i / lineColours.length) % DASHES.length]}`;

function rangeOf(values: readonly number[]): Range {
  const finite = values.filter(Number.isFinite);
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  return low < high ? { low, high } : { low: low - 1, high: low + 1 };
}

const scale =
  ({ low, high }: Range, [from, to]: readonly [number, number]) =>
  (value: number): number =>
    Math.round((from + ((value - low) / (high - low)) * (to - from)) * 10) / 10;

/** Round numbers within a range: multiples of 1, 2 or 5 times a power of ten, about five of them. */
export function ticks({ low, high }: Range): readonly number[] {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough) ?? rough;
  const first = Math.ceil(low / step);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, i) => (first + i) * step);
}

type Place = (value: number) => number;

function pathOf({ x, y }: MeanLine, { across, up }: { across: Place; up: Place }): string {
  const points = x.flatMap((at, i) => (Number.isFinite(y[i]) ? [`${across(at)} ${up(y[i])}`] : []));
  return points.map((point, i) => `${i === 0 ? 'M' : 'L'}${point}`).join('');
}
