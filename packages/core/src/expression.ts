/** Values that an expression can show: numbers, words, lists, and things that carry their own expression. */
export type Showable =
  | number
  | string
  | boolean
  | readonly Showable[]
  | { readonly expression: string }
  | undefined;

function showValue(value: Exclude<Showable, undefined>): string {
  if (typeof value === 'object' && 'expression' in value) return value.expression;
  if (Array.isArray(value)) return `[${value.map(showValue).join(',')}]`;
  if (typeof value === 'function') return String((value as { expression: string }).expression);
  return String(value);
}

/**
 * The canonical expression `name(positional, option=value)`: parsing it makes the same thing again.
 * Options that are undefined are left out.
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

/** Gives a function its expression and properties: an explainer or a perturbation is such a function. */
export function named<F extends (...args: never[]) => unknown, P extends { readonly expression: string }>(
  f: F,
  properties: P,
): F & P {
  return Object.assign(f, properties);
}
