/** The door to zod: option schemas of everything that can be made by name. */
import { z } from 'zod';
import { fail } from './error.js';
import { hasExpression } from './expression.js';
import { layouts } from './layout.js';
import { didYouMean } from './suggest.js';
import { isTensor, showShape, type Tensor } from './tensor/tensor.js';
import type { Explainer, Perturbation } from './types.js';

export { z };

/**
 * One row of a table of things that can be made by name: what the command line and the record use.
 * `options` is a strict object schema: unknown options are refused, defaults are applied by it.
 */
export interface Entry<Made> {
  /** kebab-case. */
  readonly name: string;
  /** One line of help. */
  readonly summary: string;
  /** Options that may be given by position, in order. */
  readonly positional: readonly string[];
  readonly options: z.ZodObject;
  /** Validates the options and makes the thing; throws `option-unknown` or `option-value`. */
  make(options: Readonly<Record<string, unknown>>): Made;
}

/** Defines a row: the schema's output type is what `make` receives. */
export function entry<Options extends z.ZodObject, Made>(row: {
  name: string;
  summary: string;
  positional?: readonly (keyof z.output<Options> & string)[];
  options: Options;
  make: (options: z.output<Options>) => Made;
}): Entry<Made> {
  const { name, summary, positional = [], options } = row;
  return {
    name,
    summary,
    positional,
    options,
    make: (given) => row.make(parseOptions(name, options, given)),
  };
}

/** Validates options against a schema; the error names the option, what it takes and what came. */
export function parseOptions<Options extends z.ZodObject>(
  where: string,
  schema: Options,
  given: Readonly<Record<string, unknown>>,
): z.output<Options> {
  const known = Object.keys(schema.shape);
  for (const option of Object.keys(given)) {
    if (!known.includes(option)) {
      fail({
        code: 'option-unknown',
        where: `${where}(${option})`,
        expected: known.length === 0 ? 'no options' : `one of ${known.join(', ')}`,
        got: `option "${option}"`,
        remedy: didYouMean(option, known),
      });
    }
  }
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const option = issue.path.join('.');
  return fail({
    code: 'option-value',
    where: `${where}(${option})`,
    expected: issue.message,
    got: show(given[String(issue.path[0])]),
  });
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'function') return hasExpression(value) ? value.expression : 'a function';
  if (isTensor(value)) return `a tensor of shape ${showShape(value.shape)}`;
  return typeof value === 'number' ? String(value) : JSON.stringify(value);
}

const isMade = (value: unknown): boolean => typeof value === 'function' && hasExpression(value);

/** Option types that are made by name themselves. */
export const option = {
  explainer: () =>
    z.custom<Explainer>((v) => isMade(v) && 'kind' in Object(v), 'an explainer, e.g. gradient'),
  perturbation: () =>
    z.custom<Perturbation>((v) => isMade(v) && 'masks' in Object(v), 'a perturbation, e.g. gaussian(0.1)'),
  positive: () => z.number('a positive number').positive('a positive number').finite(),
  /** Any finite number. */
  number: () => z.number('a finite number').finite('a finite number'),
  tensor: () => z.custom<Tensor>(isTensor, 'a tensor'),
  /** What stands for absence: one number for all elements, or a tensor that has the input's shape or is repeated to it. */
  baseline: () =>
    z.custom<number | Tensor>(
      (v) => (typeof v === 'number' && Number.isFinite(v)) || isTensor(v),
      'a finite number or a tensor',
    ),
  /** What the axes of an input are; left out: what the score says. */
  layout: () => z.enum(layouts, `one of ${layouts.join(', ')}`).optional(),
  count: () => z.number('a positive integer').int('a positive integer').positive('a positive integer'),
};
