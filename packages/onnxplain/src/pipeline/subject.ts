import { type Diagnosis, fail } from '@onnxplain/core';
import { holdsIntegers, isTable, type Source } from '@onnxplain/files';
import { infer, type Lookup, lookupsOf, upTo } from '@onnxplain/graph';
import { isFloatPort, type Model, type Port } from '@onnxplain/runtime';

/** What is explained, and which of it the files hold. */
export interface ExplainedValue {
  /** A float input of the model, or a float value inside. */
  readonly port: Port;
  /** Inputs that the model makes the value of; none where the files hold the value itself. */
  readonly madeOf: readonly Port[];
  /** What files without a name hold: the value itself, or the input that it is made of; undefined where several could be meant. */
  readonly held: Port | undefined;
  /** The table whose rows the value is. */
  readonly lookup?: Lookup;
  /** Nobody named it. */
  readonly found: boolean;
  /** Other inputs of floats that could be explained, and come from the same tables. */
  readonly beside?: readonly string[];
}

export interface SubjectOptions {
  /** Name of an input or inner value; default: the only sensible one. */
  readonly name: string | undefined;
  /** Inputs that get one value for all rows. */
  readonly fed: readonly string[];
  readonly sources: readonly Source[];
}

/**
 * Settles what is explained: the value named; or the only float input without a value for all rows; or the first of several that have
 * their columns in one table; or, in a model of whole numbers, the
 * embedding: the only table that an input looks up, or the only one that `input_ids` does, as tokenizers call the ids of a text.
 * Files of an inner value hold the value, unless they are named after inputs that it is made of, or hold whole numbers and it is an
 * embedding, or are tables and it is made of texts. Throws `value-unknown` and `option-value`.
 */
export async function subjectOf(model: Model, options: SubjectOptions): Promise<ExplainedValue> {
  const { name } = options;
  if (name === undefined) return onlySubject(model, options);
  const input = model.inputs.find((port) => port.name === name);
  if (input === undefined) return innerSubject(model, name, options);
  const lookups = isFloatPort(input) ? [] : lookupsOf(model.graph).filter((each) => each.input === name);
  if (lookups.length === 1) return embedding(model, lookups[0], false);
  return { port: input, madeOf: [], held: input, found: false };
}

function onlySubject(model: Model, { fed, sources }: SubjectOptions): ExplainedValue {
  const open = model.inputs.filter(({ name }) => !fed.includes(name));
  const lookups = lookupsOf(model.graph).filter(({ input }) => !fed.includes(input));
  const floats = open.filter((port) => isFloatPort(port) && !isLookedUp(port, lookups));
  const tabled = (port: Port) =>
    sources.some(({ input, columns }) => columns !== undefined && input === port.name);
  if (floats.length > 1 && floats.every(tabled)) {
    const [port, ...beside] = floats;
    return { port, madeOf: [], held: port, found: true, beside: beside.map(({ name }) => name) };
  }
  const meant = lookups.filter(({ input }) =>
    sources.some((source) => source.input === input && source.columns === undefined),
  );
  if (floats.length === 1 && meant.length === 0) {
    return { port: floats[0], madeOf: [], held: floats[0], found: false };
  }
  const lookup = floats.length === 0 ? onlyLookup(lookups) : undefined;
  if (lookup !== undefined) return embedding(model, lookup, true);
  const [ids, ...more] = open.filter(isFloatPort);
  if (floats.length === 0 && ids !== undefined && more.length === 0) {
    return { port: ids, madeOf: [], held: ids, found: false };
  }
  return refuseSubject(model, {
    code: 'option-value',
    got:
      lookups.length === 0
        ? `${floats.length} inputs of floating point numbers without a --feed`
        : [
            ...floats.map(({ name }) => `the input "${name}"`),
            ...lookups.map(({ input, output }) => `"${output}", which "${input}" looks up`),
          ].join(', and '),
  });
}

/** Ids may be floats, which the model casts. */
const isLookedUp = ({ name }: Port, lookups: readonly Lookup[]): boolean =>
  lookups.some(({ input }) => input === name);

/** The only one, or the only one of the input that tokenizers call so. */
function onlyLookup(lookups: readonly Lookup[]): Lookup | undefined {
  if (lookups.length === 1) return lookups[0];
  const ofIds = lookups.filter(({ input }) => input === 'input_ids');
  return ofIds.length === 1 ? ofIds[0] : undefined;
}

function embedding(model: Model, lookup: Lookup, found: boolean): ExplainedValue {
  const held = model.inputs.find(({ name }) => name === lookup.input);
  return { port: inner(model, lookup.output), madeOf: held ? [held] : [], held, lookup, found };
}

async function innerSubject(
  model: Model,
  name: string,
  { fed, sources }: SubjectOptions,
): Promise<ExplainedValue> {
  const port = inner(model, name);
  const itself = { port, madeOf: [], held: port, found: false };
  const needed = upTo(model.graph, name).inputs.map((input) => input.name);
  const madeOf = model.inputs.filter((input) => needed.includes(input.name));
  const held = heldOf(
    madeOf.filter((input) => !fed.includes(input.name)),
    lookupsOf(model.graph),
  );
  const named = sources.some(({ input }) => input !== undefined && needed.includes(input));
  const texts = held?.dtype === 'string' && sources.every(isTable);
  if (!named && !texts && (held === undefined || isFloatPort(held) || !(await allIntegers(sources))))
    return itself;
  const lookup = lookupsOf(model.graph).find(({ output }) => output === name);
  return { port, madeOf, held, lookup, found: false };
}

/** The input that files without a name are for: the only one, or the only one that is looked up. */
function heldOf(open: readonly Port[], lookups: readonly Lookup[]): Port | undefined {
  if (open.length === 1) return open[0];
  const looked = onlyLookup(lookups.filter(({ input }) => open.some(({ name }) => name === input)));
  return open.find(({ name }) => name === looked?.input);
}

async function allIntegers(sources: readonly Source[]): Promise<boolean> {
  const held = await Promise.all(sources.filter(({ input }) => input === undefined).map(holdsIntegers));
  return held.length > 0 && held.every(Boolean);
}

function inner(model: Model, name: string): Port {
  const type = infer(model.graph).get(name);
  return type === undefined
    ? refuseSubject(model, { code: 'value-unknown', got: `"${name}"` })
    : { ...type, name };
}

function refuseSubject(model: Model, { code, got }: Pick<Diagnosis, 'code' | 'got'>): never {
  return fail({
    code,
    where: 'input to explain',
    expected: `one of ${model.inputs.map((port) => `"${port.name}" (${port.dtype})`).join(', ')}, or an inner value`,
    got,
    remedy:
      'Name the input, or an inner value such as an embedding, by --wrt or as "input" in the model card, or give the others: --feed NAME=FILE.npy. onnxplain inspect MODEL names the embeddings, with --values all inner values.',
  });
}
