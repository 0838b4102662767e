/** The decimal mark of a table's numbers. */
export type Decimal = 'point' | 'comma';

const INFINITE = /^([+-]?)inf(?:inity)?$/i;
const MISSING = /^[+-]?nan$/i;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const COMMA = /^[+-]?(?:\d+,\d*|,\d+)(?:e[+-]?\d+)?$/i;

/** Whether a cell is empty, or NaN in any spelling. */
export const isMissing = (cell: string): boolean => cell === '' || MISSING.test(cell);

/** Whether a cell is a number with a decimal comma. */
export const hasDecimalComma = (cell: string): boolean => COMMA.test(cell);

/** Whether a cell holds a number with either decimal mark, or a missing number. */
export const isNumeric = (cell: string): boolean => numberIn(cell) !== undefined || hasDecimalComma(cell);

/** Whether the commas of a cell may group thousands or be a decimal comma before three places. */
export const mayDivideThousands = (cell: string): boolean => /^[+-]?\d{1,3}(?:,\d{3})+$/.test(cell);

/** Whether a cell is a text that often stands for a missing number. */
export const meansMissing = (cell: string): boolean => /^(?:-|\?|n\/?a|null|none|<na>|missing)$/i.test(cell);

/** Returns the number of a cell, NaN where it is missing, undefined where the cell holds another text. */
export function numberIn(cell: string, decimal: Decimal = 'point'): number | undefined {
  if (isMissing(cell)) return Number.NaN;
  const [, sign] = INFINITE.exec(cell) ?? [];
  if (sign !== undefined) return sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  // With decimal commas a point would group thousands.
  if (decimal === 'comma' && cell.includes('.')) return undefined;
  const text = decimal === 'comma' && hasDecimalComma(cell) ? cell.replace(',', '.') : cell;
  return NUMBER.test(text) ? Number(text) : undefined;
}
