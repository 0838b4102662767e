/** Schemas of options: zod, and types of options of our own. The only module that imports zod. */
import { z } from 'zod';
import { fail } from './error.js';
import { hasExpression } from './expression.js';
import type { FeatureChoice } from './features/choice.js';
import { layouts } from './layout.js';
import { own } from './own.js';
import { didYouMean } from './suggest.js';
import { isTensor, showShape, type Tensor } from './tensor/tensor.js';
import type { Attack } from './types/attack.js';
import type { Explainer } from './types/attribution.js';
import type { Perturbation } from './types/draws.js';
import type { Metric } from './types/metric.js';
import type { Solver } from './types/solver.js';

export { z };

/**
 * How the canonical expression writes an option. 'bare': without its name, before those with names. 'always': also where it has its
 * default, because results depend on it too much to leave it unsaid. 'never': it makes no difference to the result. An option that is
 * not registered is written by name where it differs from its default.
 */
export const written = z.registry<{ readonly as: 'bare' | 'always' | 'never' }>();

/** Kinds of things that are made by name. */
export const definitionKinds = ['explainer', 'metric', 'perturbation', 'attack', 'solver', 'rules'] as const;
export type DefinitionKind = (typeof definitionKinds)[number];

/** Which kind of thing an option takes that is made by name itself. */
const taken = z.registry<{ readonly kind: DefinitionKind }>();

/** What an option asks of a model and its input, so that a value that they do not have is found before anything runs. */
const asked = z.registry<{ readonly of: 'class' | 'features' }>();

type AnySchema = z.core.$ZodType;

/** The schema inside `.optional()` and `.default(...)`. */
function innerOf(schema: AnySchema): AnySchema | undefined {
  const { def } = schema._zod;
  return 'innerType' in def ? (def.innerType as AnySchema) : undefined;
}

/** The first thing that `find` finds for a schema or for a schema inside it. */
function through<T>(schema: AnySchema, find: (schema: AnySchema) => T | undefined): T | undefined {
  const inner = innerOf(schema);
  return find(schema) ?? (inner && through(inner, find));
}

/** How expressions write the option of this schema; undefined where it is not registered in {@link written}. */
export const writtenAs = (schema: AnySchema) => through(schema, (each) => written.get(each)?.as);

/** The kind of thing that the option of this schema takes; undefined for numbers, words and arrays. */
export const kindTaken = (schema: AnySchema) => through(schema, (each) => taken.get(each)?.kind);

/** What the option of this schema asks of a model: the number of a class, or labels of features; undefined for others. */
export const askedOf = (schema: AnySchema) => through(schema, (each) => asked.get(each)?.of);

/** The line of help of the option of this schema. */
export const helpOf = (schema: AnySchema) =>
  through(schema, (each) => z.globalRegistry.get(each)?.description);

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
    got: show(own(given, String(issue.path[0]))),
    ...(issue.code === 'too_big' && { remedy: `Lower ${option} to ${issue.maximum} or less.` }),
  });
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'function') return hasExpression(value) ? value.expression : 'a function';
  if (hasExpression(value) && 'measure' in value) return value.expression;
  if (isTensor(value)) return `a tensor of shape ${showShape(value.shape)}`;
  if (typeof value === 'bigint') return `${value}n`;
  return typeof value === 'number' ? String(value) : JSON.stringify(value);
}

/** A schema of things of one kind, which are functions that carry their expression and the property that marks the kind. */
function made<T>(kind: DefinitionKind, mark: string, expected: string) {
  const isOne = (v: unknown) => typeof v === 'function' && hasExpression(v) && mark in v;
  return z.custom<T>(isOne, expected).register(taken, { kind });
}

/** Help of the option `layout` of a perturbation. */
export const LAYOUT_HELP =
  'What the axes of the input are: "chw" (channels, then height and width), "hwc", or of a sequence "cw" or "wc". Default: the layout of ' +
  'the score, and where it has none, "chw".';

const extents = () => z.array(option.count()).min(1, 'a list of at least one size');

/** Help of the option `features`; `what` says in its first words what is done with a feature. */
export const featuresHelp = (what: string) =>
  `${what}: "elements" one by one, "pixels" with all their channels (tokens, for an embedded text of layout "wc"), "channels" with all their ` +
  'positions, "superpixels": about 50 parts of an image that follow its edges, for a number or a list the cells of a grid with this side or these sizes, for a tensor of labels (file.npy, of the shape of the input or repeated to it) all ' +
  'elements with equal labels together.';

/** Most draws, steps, rows and other counts of one request: a thousand million rows of a small model already take a day. */
const MOST_COUNT = 1e9;

function wholeNumber(what: string, [least, most]: readonly [number, number]) {
  const limited = `${what}, at most ${most}`;
  const text = most === Number.MAX_SAFE_INTEGER || most === MOST_COUNT ? what : limited;
  return z.number(text).max(most, limited).min(least, text).int(text);
}

/** Types of options. Each call gives a new schema, to which a default and help can be added. */
export const option = {
  explainer: () => made<Explainer>('explainer', 'kind', 'an explainer, e.g. gradient'),
  perturbation: () => made<Perturbation>('perturbation', 'masks', 'a perturbation, e.g. gaussian(0.1)'),
  attack: () => made<Attack>('attack', 'norm', 'an attack'),
  metric: () =>
    z
      .custom<Metric>((v) => hasExpression(v) && 'measure' in v, 'a metric, e.g. infidelity(square(8))')
      .register(taken, { kind: 'metric' }),
  solver: () => made<Solver>('solver', 'leastNorm', 'a solver, e.g. ridge(1e-3)'),
  /** A finite number above 0. */
  positive: () => z.number('a positive number').positive('a positive number').finite(),
  /** Any finite number. */
  number: () => z.number('a finite number').finite('a finite number'),
  /** A whole number from 1 up, at most `most`; default: a thousand million, above which a request cannot be meant. */
  count: (most = MOST_COUNT) => wholeNumber('a positive integer', [1, most]),
  /** A whole number from 0 up, at most `most`. */
  index: (most = Number.MAX_SAFE_INTEGER) => wholeNumber('a whole number from 0 up', [0, most]),
  /** true or false. */
  flag: () => z.boolean('true or false'),
  /** One of these words. */
  choice: <const Words extends readonly [string, ...string[]]>(words: Words) =>
    z.enum(words, `one of ${words.join(', ')}`),
  tensor: () => z.custom<Tensor>(isTensor, 'a tensor'),
  /** The input that stands for absence: one number for all elements, or a tensor of the input's shape or repeated to it. */
  baseline: () =>
    z.custom<number | Tensor>(
      (v) => (typeof v === 'number' && Number.isFinite(v)) || isTensor(v),
      'a finite number or a tensor',
    ),
  /** The number of a class of the model, from 0. */
  classIndex: () => option.index().register(asked, { of: 'class' }),
  /** Which elements of an input count as one. */
  features: () =>
    z
      .union(
        [
          z.enum(['elements', 'pixels', 'channels', 'superpixels']),
          option.count(),
          extents(),
          option.tensor(),
        ],
        '"elements", "pixels", "channels", "superpixels", the side or the sizes of the cells of a grid, or a tensor of labels',
      )
      .register(asked, { of: 'features' }) satisfies z.ZodType<FeatureChoice>,
  /** What the axes of an input are. Where it is not given, the layout of the score is taken. */
  layout: () => option.choice(layouts).optional(),
};
