/** What the cells of a table hold. */

/** Mark between the whole part and the fraction of a number. */
export type Decimal = 'point' | 'comma';

const INFINITE = /^([+-]?)inf(?:inity)?$/i;
const MISSING = /^[+-]?nan$/i;
const COMMA = /^[+-]?(?:\d+,\d*|,\d+)(?:e[+-]?\d+)?$/i;

/** Whether nothing is there: an empty cell, or NaN in any spelling. */
export const isMissing = (cell: string): boolean => cell === '' || MISSING.test(cell);

/** Whether a cell is a number with a comma before its fraction. */
export const hasDecimalComma = (cell: string): boolean => COMMA.test(cell);

/** Whether a cell holds a number with either decimal mark, or none where one could be. */
export const isNumeric = (cell: string): boolean => numberIn(cell) !== undefined || hasDecimalComma(cell);

/** The number in a cell, NaN where it is missing, undefined where it is another text. */
export function numberIn(cell: string, decimal: Decimal = 'point'): number | undefined {
  if (isMissing(cell)) return Number.NaN;
  const [, sign] = INFINITE.exec(cell) ?? [];
  if (sign !== undefined) return sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  // With decimal commas a point would divide thousands.
  if (decimal === 'comma' && cell.includes('.')) return undefined;
  const value = Number(decimal === 'comma' && hasDecimalComma(cell) ? cell.replace(',', '.') : cell);
  return Number.isNaN(value) ? undefined : value;
}
