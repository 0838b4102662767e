import { expression, type Showable } from '../expression.js';
import { writtenAs, type z } from '../options.js';
import { own, setOwn } from '../own.js';

/** What the expression of a definition depends on. */
export interface ExpressionForm {
  readonly name: string;
  readonly options: z.ZodObject;
  /** The options that are arguments before the object of options. */
  readonly leading: readonly string[];
}

/**
 * The expression that makes a thing again from its settled options. Bare, without names: required arguments before the object of
 * options, and options registered as 'bare'. By name: the others, in the order of their statement, where they differ from their defaults
 * or are registered as 'always'.
 */
export function canonicalExpression(
  { name, options, leading }: ExpressionForm,
  settings: Readonly<Record<string, unknown>>,
): string {
  const bare: Showable[] = [];
  const byName: Record<string, Showable> = {};
  for (const [option, field] of Object.entries(options.shape)) {
    // Options are numbers, words, lists, tensors and things that carry an expression.
    const value = own(settings, option) as Showable;
    const absent = field.safeParse(undefined);
    const as = writtenAs(field) ?? (leading.includes(option) && !absent.success ? 'bare' : undefined);
    if (as === 'bare') bare.push(value);
    else if (as === 'always' || (as === undefined && value !== absent.data)) setOwn(byName, option, value);
  }
  return expression(name, bare, byName);
}
