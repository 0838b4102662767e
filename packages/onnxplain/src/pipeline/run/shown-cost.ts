/** A run that takes longer is said to be large. */
export const LARGE_SECONDS = 10;

/** Writes a count with spaces between thousands: 1 200 000. */
export const shownCount = (count: number): string =>
  count < 1e15
    ? String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ' ')
    : count.toPrecision(2).replace('e+', 'e');

const rounded = (value: number): string => String(Number(value.toPrecision(2)));

/** Writes bytes in the largest decimal unit: 3.2 GB. */
export function shownBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${rounded(bytes / 1000 ** power)} ${units[power]}`;
}

const SPANS = [
  ['years', 365 * 86_400],
  ['days', 86_400],
  ['h', 3600],
  ['min', 60],
] as const;

/** Writes seconds in the largest unit of which there are at least two: 45 s, 12 min, 3.4 h, 5 days. */
export function shownSeconds(seconds: number): string {
  const found = SPANS.find(([, length]) => seconds >= 2 * length);
  return found === undefined ? `${rounded(seconds)} s` : `${rounded(seconds / found[1])} ${found[0]}`;
}
