import { isNumeric } from './cells.js';

/** What may stand between two cells, by its name in messages. */
export const DELIMITERS = { comma: ',', semicolon: ';', tab: '\t', pipe: '|' } as const;
export type Delimiter = keyof typeof DELIMITERS;

const NAMES = Object.keys(DELIMITERS) as Delimiter[];

/**
 * The delimiter of a table by its first lines, which `linesBy` cuts into cells: of those that cut the first line at all, one
 * that gives every
 * line as many cells; then the one with the greatest part of numbers below the first line; then the one with most cells. Comma where
 * none cuts: a table of one column.
 */
export function delimiterOf(linesBy: (delimiter: Delimiter) => readonly (readonly string[])[]): Delimiter {
  const candidates = NAMES.map((name) => ({ name, ...meritsOf(linesBy(name)) }));
  const cutting = candidates.filter(({ width }) => width > 1);
  const [best] = cutting.toSorted(
    (a, b) => Number(b.even) - Number(a.even) || b.numbers - a.numbers || b.width - a.width,
  );
  return best?.name ?? 'comma';
}

interface Merits {
  /** Cells of the first line. */
  readonly width: number;
  /** All lines have as many. */
  readonly even: boolean;
  /** The part of cells that are numbers. */
  readonly numbers: number;
}

function meritsOf(lines: readonly (readonly string[])[]): Merits {
  const width = lines[0]?.length ?? 0;
  const cells = (lines.length > 1 ? lines.slice(1) : lines).flat();
  const numbers = cells.length === 0 ? 0 : cells.filter(isNumeric).length / cells.length;
  return { width, even: lines.every(({ length }) => length === width), numbers };
}
