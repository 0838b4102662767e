import { isNumeric } from './cells.js';

/** The delimiters of tables, by their names in messages. */
export const DELIMITERS = { comma: ',', semicolon: ';', tab: '\t', pipe: '|' } as const;
export type Delimiter = keyof typeof DELIMITERS;

const NAMES = Object.keys(DELIMITERS) as Delimiter[];

/**
 * Finds the delimiter of a table from its first lines, which `linesBy` splits into cells. Of the delimiters that split the first line,
 * it takes one that gives every line as many cells, then the one with the greatest share of numbers below the first line, then the one
 * with most cells. Returns comma where none splits the line: the table has one column.
 */
export function delimiterOf(linesBy: (delimiter: Delimiter) => readonly (readonly string[])[]): Delimiter {
  const candidates = NAMES.map((name) => ({ name, ...countsOf(linesBy(name)) }));
  const splitting = candidates.filter(({ width }) => width > 1);
  const [best] = splitting.toSorted(
    (a, b) => Number(b.even) - Number(a.even) || b.numbers - a.numbers || b.width - a.width,
  );
  return best?.name ?? 'comma';
}

interface Counts {
  /** Cells of the first line. */
  readonly width: number;
  /** Whether all lines have as many cells. */
  readonly even: boolean;
  /** The share of the cells that are numbers. */
  readonly numbers: number;
}

function countsOf(lines: readonly (readonly string[])[]): Counts {
  const width = lines[0]?.length ?? 0;
  const cells = (lines.length > 1 ? lines.slice(1) : lines).flat();
  const numbers = cells.length === 0 ? 0 : cells.filter(isNumeric).length / cells.length;
  return { width, even: lines.every(({ length }) => length === width), numbers };
}
