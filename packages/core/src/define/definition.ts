import { askedOf, type DefinitionKind, helpOf, kindTaken, parseOptions, z } from '../options.js';
import { own, setOwn } from '../own.js';
import { isTensor } from '../tensor/tensor.js';
import type { ModelNeed } from '../types/attribution.js';
import { canonicalExpression } from './canonical.js';

/** The row of something that is made by name: what expressions, the command line and the law tests know of it. */
export interface Definition<Made, Name extends string = string> {
  readonly kind: DefinitionKind;
  /** kebab-case. */
  readonly name: Name;
  /** One line of help. */
  readonly summary: string;
  /** Options that an expression may give by position, in this order. */
  readonly positional: readonly string[];
  /** A strict schema: unknown options are refused, defaults are filled in. */
  readonly options: z.ZodObject;
  /** What each option does, in words. */
  readonly help: Readonly<Record<string, string>>;
  /** The kind of thing that an option takes, for options that take something that is made by name itself. */
  readonly takes: Readonly<Record<string, DefinitionKind>>;
  /** Options with which the law tests make one, without an attack, which the tests add where one is required. */
  readonly example: Readonly<Record<string, unknown>>;
  /** Which optional laws hold for it, by the names that the law tests of its kind have. */
  readonly promises: readonly string[];
  /** Validates the options and makes the thing. Throws `option-unknown` and `option-value`. */
  make(options: Readonly<Record<string, unknown>>): Made;
}

/** Something that carries its definition: what a file of definitions exports. */
export interface Defined {
  readonly definition: Definition<unknown>;
}

/** The function that makes a thing by a typed call. */
export interface Factory<Made, Name extends string, Arguments extends readonly unknown[]> {
  (...given: Arguments): Made;
  readonly definition: Definition<Made, Name>;
}

/** Options by name, each a zod schema with its default (`.default(...)`, `.optional()`) and its help (`.describe(...)`). */
export type OptionShape = Readonly<Record<string, z.ZodType>>;

/** Options as `make` receives them: validated, with defaults filled in. */
export type Settings<S extends OptionShape> = z.output<z.ZodObject<S>>;

type OptionalNames<S extends OptionShape> = {
  [K in keyof S]: undefined extends z.input<S[K]> ? K : never;
}[keyof S];

/** Options as a caller gives them. */
type Given<S extends OptionShape> = {
  readonly [K in keyof Pick<S, Exclude<keyof S, OptionalNames<S>>>]: z.input<S[K]>;
} & { readonly [K in keyof Pick<S, OptionalNames<S>>]?: z.input<S[K]> };

type Flat<T> = { [K in keyof T]: T[K] } & {};

/** The arguments of a factory: its parts, then an object of the other options, which may be left out where none is required. */
export type ArgumentsOf<S extends OptionShape, Parts extends readonly unknown[], N extends keyof S> = [
  Exclude<keyof S, N>,
] extends [never]
  ? Parts
  : Record<never, never> extends Omit<Given<S>, N>
    ? [...Parts, options?: Flat<Omit<Given<S>, N>>]
    : [...Parts, options: Flat<Omit<Given<S>, N>>];

/** The object of options that a factory takes last. */
export type OptionsOf<F extends (...given: never[]) => unknown> =
  Required<Parameters<F>> extends readonly [...unknown[], infer Last] ? Last : Record<never, never>;

/** The statement of something that is made by name. */
export interface Statement<
  Name extends string,
  S extends OptionShape,
  Parts extends readonly unknown[],
  N extends keyof S,
  Recipe,
> {
  readonly name: Name;
  /** One line of help. */
  readonly summary: string;
  readonly options: S;
  /**
   * The arguments that a call gives before the object of options, as the options that they are: `(inner: Explainer) => ({ inner })`.
   * Default: none. The required ones are written without their names in expressions.
   */
  readonly parts?: (...parts: Parts) => { readonly [K in N]: z.input<S[K]> };
  /** Options that an expression may give by position, in this order; default: none. */
  readonly positional?: readonly (keyof S & string)[];
  /** Options with which the law tests make one, on small inputs; default: none. The tests add an attack where one is required. */
  readonly example?: Flat<Omit<Given<S>, 'attack'>>;
  readonly promises?: readonly string[];
  /** Fills in defaults that depend on other options, and refuses options that do not go together, before anything is made or written. */
  settle?(options: Settings<S>): Settings<S>;
  /** Makes the thing from its options. `expression` is the canonical expression, for use in error messages. */
  make(options: Settings<S>, expression: string): Recipe;
}

/** Makes a factory of a statement. `finish` makes the thing from what the statement's `make` returned. */
export function define<
  Made,
  Recipe,
  const Name extends string,
  S extends OptionShape,
  Parts extends readonly unknown[] = [],
  N extends keyof S = never,
>(
  kind: DefinitionKind,
  statement: Statement<Name, S, Parts, N, Recipe>,
  finish: (recipe: Recipe, identity: Identity<Made>) => Made,
): Factory<Made, Name, ArgumentsOf<S, Parts, N>> {
  const { name, summary, parts, positional = [], example = {}, promises = [] } = statement;
  const options = z.strictObject(statement.options);
  const leading = positional.slice(0, parts?.length ?? 0);
  const make = (given: Readonly<Record<string, unknown>>): Made => {
    const parsed = parseOptions(name, options, given);
    const settings = statement.settle?.(parsed) ?? parsed;
    const expression = canonicalExpression({ name, options, leading }, settings);
    const remake = (change: Readonly<Record<string, unknown>>) => make({ ...given, ...change });
    const needs = needsOf(options, settings, expression);
    return finish(statement.make(settings, expression), { name, expression, needs, remake });
  };
  const { help, takes } = factsOf(options);
  const definition = { kind, name, summary, positional, options, help, takes, example, promises, make };
  const call = (...given: readonly unknown[]): Made => {
    const count = parts?.length ?? 0;
    // The signature that callers see says which arguments there are; `make` validates them.
    return make({ ...Object(given[count]), ...parts?.(...(given.slice(0, count) as unknown as Parts)) });
  };
  return Object.assign(call, { definition });
}

/** What the values of options ask of a model and its input. */
function needsOf(
  { shape }: z.ZodObject,
  settings: Readonly<Record<string, unknown>>,
  expression: string,
): readonly ModelNeed[] {
  return Object.entries(settings).flatMap(([option, value]): readonly ModelNeed[] => {
    if (hasNeeds(value)) return value.needs;
    const field = own(shape, option);
    const of = field === undefined ? undefined : askedOf(field);
    const where = `${expression}: ${option}`;
    if (of === 'class' && typeof value === 'number') return [{ where, class: value }];
    return of === 'features' && isTensor(value) ? [{ where, labels: value }] : [];
  });
}

/** Whether an option is an explainer or a metric that asks something of a model. */
function hasNeeds(value: unknown): value is { readonly needs: readonly ModelNeed[] } {
  const held = typeof value === 'function' || (typeof value === 'object' && value !== null);
  return held && 'needs' in value && Array.isArray(value.needs);
}

/** What a schema says of each option beside its type. */
export function factsOf({ shape }: z.ZodObject): Pick<Definition<unknown>, 'help' | 'takes'> {
  const help: Record<string, string> = {};
  const takes: Record<string, DefinitionKind> = {};
  for (const [option, field] of Object.entries(shape)) {
    const [text, kind] = [helpOf(field), kindTaken(field)];
    if (text !== undefined) setOwn(help, option, text);
    if (kind !== undefined) setOwn(takes, option, kind);
  }
  return { help, takes };
}

/** What a thing that is being made is known by. */
export interface Identity<Made> {
  readonly name: string;
  readonly expression: string;
  /** What its options, and those of the explainers and metrics inside it, ask of a model. */
  readonly needs: readonly ModelNeed[];
  /** Makes the thing from the same options with some changed. */
  remake(change: Readonly<Record<string, unknown>>): Made;
}
