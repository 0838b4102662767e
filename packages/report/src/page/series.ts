import type { Series } from '../record.js';
import { formatNumber } from './format.js';
import { type Html, html } from './html.js';

/** Greatest length of a series that is drawn as named bars in order of size. Longer series are drawn along their axis. */
const NAMED = 40;

/** Draws the attributions of a one-dimensional input: named horizontal bars for few features, a curve along the axis for many. */
export function drawSeries(series: Series): Html {
  return series.values.length <= NAMED ? namedBars(series) : outline(series);
}

const ROW = 20;
const LABEL = 270;
const WIDTH = 720;

function namedBars({ inputs, values, names }: Series): Html {
  const order = values.map((_, i) => i).sort((a, b) => Math.abs(values[b]) - Math.abs(values[a]) || a - b);
  const top = Math.max(...values.map(Math.abs)) || 1;
  const middle = LABEL + (WIDTH - LABEL) / 2;
  const half = (WIDTH - LABEL) / 2 - 80;
  const height = ROW * values.length;
  const rows = order.map((feature, row) => {
    const value = values[feature];
    const length = (half * Math.abs(value)) / top;
    const y = row * ROW;
    const end = value < 0 ? middle - length - 6 : middle + length + 6;
    return html`<text x="${LABEL - 8}" y="${y + 14}" text-anchor="end">${clip(names?.[feature] ?? `feature ${feature}`)} = ${inputOf(inputs[feature])}</text>
<rect class="${value < 0 ? 'negative' : 'positive'}" x="${value < 0 ? middle - length : middle}" y="${y + 3}" width="${length}" height="${ROW - 6}"/>
<text class="value" x="${end}" y="${y + 14}" text-anchor="${value < 0 ? 'end' : 'start'}">${formatNumber(value)}</text>`;
  });
  return html`<svg class="bars" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="attribution of each feature">
${rows}<line class="zero" x1="${middle}" x2="${middle}" y1="0" y2="${height}"/></svg>`;
}

const inputOf = (input: number | null): string => (input === null ? 'missing' : formatNumber(input));

const clip = (name: string): string => (name.length > 28 ? `${name.slice(0, 27)}…` : name);

function outline({ inputs, values }: Series): Html {
  return html`<svg class="bars" viewBox="0 0 ${WIDTH} 150" role="img" aria-label="attribution along the input">
<path class="signal" d="${line(inputs, { top: 4, height: 56 })}"/>
<path class="filled" d="${area(values, { top: 72, height: 74 })}"/>
<line class="zero" x1="0" x2="${WIDTH}" y1="109" y2="109"/>
<text x="4" y="14">input</text><text x="4" y="84">attribution (±${formatNumber(Math.max(...values.map(Math.abs)))})</text></svg>`;
}

interface Band {
  readonly top: number;
  readonly height: number;
}

const round = (value: number): number => Math.round(value * 100) / 100;

/** Draws a line through the numbers, with gaps at missing numbers. */
function line(values: readonly (number | null)[], { top, height }: Band): string {
  const present = values.filter((v) => v !== null);
  const low = Math.min(...present);
  const span = Math.max(...present) - low || 1;
  const parts = values.map((v, i) => {
    if (v === null) return '';
    const starts = i === 0 || values[i - 1] === null;
    const [x, y] = [(i * WIDTH) / (values.length - 1), top + height * (1 - (v - low) / span)];
    return `${starts ? 'M' : 'L'}${round(x)} ${round(y)}`;
  });
  return parts.join('');
}

/** Draws the area between the values and 0, on a scale that is symmetric about 0. */
function area(values: readonly number[], { top, height }: Band): string {
  const size = Math.max(...values.map(Math.abs)) || 1;
  const middle = top + height / 2;
  const step = WIDTH / values.length;
  const steps = values.map(
    (v, i) => `H${round(i * step)}V${round(middle - (v / size) * (height / 2))}H${round((i + 1) * step)}`,
  );
  return `M0 ${middle}${steps.join('')}V${middle}Z`;
}
