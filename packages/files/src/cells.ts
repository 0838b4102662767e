/** What the cells of a table hold. */

/** Mark between the whole part and the fraction of a number. */
export type Decimal = 'point' | 'comma';

const INFINITE = /^([+-]?)inf(?:inity)?$/i;
const MISSING = /^[+-]?nan$/i;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const COMMA = /^[+-]?(?:\d+,\d*|,\d+)(?:e[+-]?\d+)?$/i;

/** Whether nothing is there: an empty cell, or NaN in any spelling. */
export const isMissing = (cell: string): boolean => cell === '' || MISSING.test(cell);

/** Whether a cell is a number with a comma before its fraction. */
export const hasDecimalComma = (cell: string): boolean => COMMA.test(cell);

/** Whether a cell holds a number with either decimal mark, or none where one could be. */
export const isNumeric = (cell: string): boolean => numberIn(cell) !== undefined || hasDecimalComma(cell);

/** Whether a cell could be whole thousands divided by a comma, or a number with a comma before three places. */
export const mayDivideThousands = (cell: string): boolean => /^[+-]?\d{1,3}(?:,\d{3})+$/.test(cell);

/** Whether a text often stands for a missing number. */
export const meansMissing = (cell: string): boolean => /^(?:-|\?|n\/?a|null|none|<na>|missing)$/i.test(cell);

/** The decimal number in a cell, NaN where it is missing, undefined where it is another text. */
export function numberIn(cell: string, decimal: Decimal = 'point'): number | undefined {
  if (isMissing(cell)) return Number.NaN;
  const [, sign] = INFINITE.exec(cell) ?? [];
  if (sign !== undefined) return sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  // With decimal commas a point would divide thousands.
  if (decimal === 'comma' && cell.includes('.')) return undefined;
  const text = decimal === 'comma' && hasDecimalComma(cell) ? cell.replace(',', '.') : cell;
  return NUMBER.test(text) ? Number(text) : undefined;
}
