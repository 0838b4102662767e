import { formatNumber, type Series } from '@onnxplain/report';
import { printableName } from './printable.js';

/** Features whose bars are shown; the others are counted. */
const MOST = 20;
/** Characters of the longest bar, and of the longest name. */
const LONGEST = 24;
const NAME = 40;

/** A line a feature, the greatest first: its name and value, its attribution, and a bar of that size, light where it is negative. */
export function showBars({ inputs, values, names }: Series): string {
  const order = values.map((_, i) => i).sort((a, b) => Math.abs(values[b]) - Math.abs(values[a]) || a - b);
  const shown = order.slice(0, MOST);
  const heads = shown.map((i) => `${nameOf(names?.[i] ?? `feature ${i}`)} = ${inputOf(inputs[i])}`);
  const numbers = shown.map((i) => formatNumber(values[i]));
  const [head, number] = [heads, numbers].map((texts) => Math.max(...texts.map(({ length }) => length)));
  const lines = shown.map((i, row) =>
    `  ${heads[row].padEnd(head)}  ${numbers[row].padStart(number)}  ${barOf(values[i], values[order[0]])}`.trimEnd(),
  );
  const left = order.length - shown.length;
  return [...lines, ...(left > 0 ? [`  … ${left} more`] : [])].map((line) => `${line}\n`).join('');
}

function nameOf(name: string): string {
  const text = printableName(name);
  return text.length > NAME ? `${text.slice(0, NAME - 1)}…` : text;
}

const inputOf = (input: number | null): string => (input === null ? 'missing' : formatNumber(input));

function barOf(value: number, greatest: number): string {
  const length = greatest === 0 ? 0 : Math.round((LONGEST * Math.abs(value)) / Math.abs(greatest));
  return (value < 0 ? '▒' : '█').repeat(length);
}
