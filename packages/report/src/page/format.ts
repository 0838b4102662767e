import type { Estimate, Interval } from '@onnxplain/core';
import type { Mean } from '../record.js';

/** Formats a number with four significant digits, with an exponent only if it is very large or small. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return minus(value.toExponential(2).replace('e+', 'e'));
  return minus(String(Number(value.toPrecision(4))));
}

/** Formats a mean such as "0.123 ± 0.004", with two digits of the standard error, and a bound such as "≥ 0.4". */
export function formatMean(mean: Pick<Mean, 'value' | 'stderr' | 'bound'>): string {
  const sign = mean.bound === undefined ? '' : mean.bound === 'lower' ? '≥ ' : '≤ ';
  if (mean.stderr === undefined || mean.stderr === 0) return sign + formatNumber(mean.value);
  return `${sign}${withError(mean.value, mean.stderr)}`;
}

/** Formats an interval such as "0.2146 to 1.485". */
export function formatInterval({ low, high }: Pick<Interval, 'low' | 'high'>): string {
  return `${formatNumber(low)} to ${formatNumber(high)}`;
}

/** Formats an estimate: a mean as "0.337 ± 0.011" with its standard error, a bound as "≥ 6.7", otherwise the number or "invalid". */
export function formatEstimate(estimate: Estimate): string {
  switch (estimate.kind) {
    case 'mean':
      return withError(estimate.value, estimate.stderr);
    case 'bound':
      return `${estimate.side === 'lower' ? '≥' : '≤'} ${formatNumber(estimate.value)}`;
    case 'exact':
      return formatNumber(estimate.value);
    case 'censored':
      return `> ${formatNumber(estimate.above)}`;
    case 'invalid':
      return 'invalid';
  }
}

/** Formats a value with two digits of its standard error, and a common power of ten if the numbers are very large or small. */
function withError(value: number, stderr: number): string {
  if (!(stderr > 0) || !Number.isFinite(value) || !Number.isFinite(stderr)) return formatNumber(value);
  const power = Math.floor(Math.log10(Math.max(Math.abs(value), stderr)));
  if (power >= 5 || power < -3) return `(${rounded(value / 10 ** power, stderr / 10 ** power)})e${power}`;
  return rounded(value, stderr);
}

function rounded(value: number, stderr: number): string {
  const decimals = Math.min(12, Math.max(0, 1 - Math.floor(Math.log10(stderr))));
  return `${minus(value.toFixed(decimals))} ± ${stderr.toFixed(decimals)}`;
}

/** Replaces a hyphen by a minus sign, and removes it before zero. */
function minus(text: string): string {
  if (!text.startsWith('-')) return text;
  return /[1-9]/.test(text) ? `−${text.slice(1)}` : text.slice(1);
}

/** Formats a number of bytes, such as "12 kB" and "3.4 MB". */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  const power = Math.min(units.length - 1, bytes > 0 ? Math.floor(Math.log10(bytes) / 3) : 0);
  return `${Number((bytes / 1000 ** power).toPrecision(3))} ${units[power]}`;
}

/** Formats seconds, such as "0.42 s" and "3 min 20 s". */
export function formatSeconds(seconds: number): string {
  if (seconds < 59.5) return `${Number(seconds.toPrecision(3))} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
