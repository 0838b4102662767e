import { fingerprint } from './tensor/fingerprint.js';
import { isTensor, type Tensor } from './tensor/tensor.js';

/** Values that an expression can contain: numbers, texts, lists, tensors, and values that have an expression themselves. */
export type Showable =
  | number
  | string
  | boolean
  | readonly Showable[]
  | { readonly expression: string }
  | Tensor
  | undefined;

function showValue(value: Showable): string {
  if (Array.isArray(value)) return `[${value.map(showValue).join(',')}]`;
  if (hasExpression(value)) return value.expression;
  // Cannot be parsed back: a tensor read from a file carries the file's name as its expression.
  if (isTensor(value)) return `tensor(${value.shape.join('x')}, ${fingerprint(value)})`;
  return typeof value === 'string' ? showText(value) : String(value);
}

/** Words are written without quotes, other texts, such as names of tensors with slashes and dots, in quotes. */
function showText(text: string): string {
  const isWord = /^[A-Za-z_][\w-]*$/.test(text) && text !== 'true' && text !== 'false';
  return isWord ? text : JSON.stringify(text);
}

/** Whether a value, mostly a function, has an expression. */
export function hasExpression(value: unknown): value is { readonly expression: string } {
  const held = typeof value === 'function' || (typeof value === 'object' && value !== null);
  return held && 'expression' in value && typeof value.expression === 'string';
}

/**
 * The canonical expression `name(positional, option=value)`: parsing it makes the same thing again.
 * Options that are undefined are left out. A tensor that carries an `expression` (the file it came from) shows as
 * that; any other one shows its shape and a fingerprint of its data. Texts that are no words are quoted.
 */
export function expression(
  name: string,
  positional: readonly Showable[],
  named: Readonly<Record<string, Showable>> = {},
): string {
  const shown = positional.filter((value) => value !== undefined).map(showValue);
  for (const [option, value] of Object.entries(named)) {
    if (value !== undefined) shown.push(`${option}=${showValue(value)}`);
  }
  return shown.length === 0 ? name : `${name}(${shown.join(', ')})`;
}

/** Returns undefined for the default, so that an expression leaves it out, and any other value unchanged. */
export function omitDefault<T>(value: T, usual: NoInfer<T>): T | undefined {
  return value === usual ? undefined : value;
}

/** Adds an expression and other properties to a function, which makes it an explainer or a perturbation. */
export function named<F extends (...args: never[]) => unknown, P extends { readonly expression: string }>(
  f: F,
  properties: P,
): F & P {
  return Object.assign(f, properties);
}
