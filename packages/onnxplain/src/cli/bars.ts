import { formatNumber, type Series } from '@onnxplain/report';
import { printableName } from './printable.js';

/** How many features have a bar; the last line counts the others. */
const MOST = 20;
/** Lengths of the longest bar and of the longest name, in characters. */
const LONGEST = 24;
const NAME = 40;

/** Formats one line for each feature, the largest attribution first: name, value, attribution, and a bar, light if it is negative. */
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
