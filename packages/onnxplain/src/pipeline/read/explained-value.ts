import { counted, type Diagnosis, didYouMean, fail } from '@onnxplain/core';
import { holdsIntegers, isTable, type Source } from '@onnxplain/files';
import { infer, type Lookup, lookupsOf, upTo } from '@onnxplain/graph';
import { isFloatPort, type Model, type Port } from '@onnxplain/runtime';

/** The value that is explained, and which arrays the files hold. */
export interface ExplainedValue {
  /** A float input of the model, or a float value inside. */
  readonly port: Port;
  /** The inputs from which the model computes the value; none where the files hold the value itself. */
  readonly computedFrom: readonly Port[];
  /** What files without an input's name hold: the value itself or an input; undefined where several inputs are possible. */
  readonly inFiles: Port | undefined;
  /** The table whose rows the value is. */
  readonly lookup?: Lookup;
  /** Whether it is an embedding that was chosen without being named. */
  readonly chosen: boolean;
  /** Names of other float inputs that could be explained and come from the same tables. */
  readonly alternatives?: readonly string[];
}

export interface ExplainedValueOptions {
  /** Name of an input or inner value; default: the only sensible one. */
  readonly name: string | undefined;
  /** Inputs that get one value for all rows. */
  readonly fed: readonly string[];
  readonly sources: readonly Source[];
}

/**
 * Chooses the value to explain: the one that is named; else the only float input without a value for all rows; else the first of several
 * float inputs whose columns one table holds; else, in a model of whole numbers, the embedding: the only table that an input looks up, or
 * the only one that `input_ids` does, as tokenizers call the ids of a text; else the only input of whole numbers.
 * Files of an inner value hold the value itself, unless they are named after inputs from which it is computed, or hold whole numbers and
 * the value is an embedding, or are tables and the value is computed from texts. Throws `value-unknown` and `option-value`.
 */
export async function chooseExplainedValue(
  model: Model,
  options: ExplainedValueOptions,
): Promise<ExplainedValue> {
  const { name } = options;
  if (name === undefined) return onlyValue(model, options);
  const input = model.inputs.find((port) => port.name === name);
  if (input === undefined) return innerValue(model, name, options);
  const lookups = isFloatPort(input) ? [] : lookupsOf(model.graph).filter((each) => each.input === name);
  if (lookups.length === 1) return embedding(model, lookups[0], false);
  return inputAsFiled(input);
}

/** An input whose values the files hold. */
const inputAsFiled = (port: Port): ExplainedValue => ({
  port,
  computedFrom: [],
  inFiles: port,
  chosen: false,
});

function onlyValue(model: Model, { fed, sources }: ExplainedValueOptions): ExplainedValue {
  const open = model.inputs.filter(({ name }) => !fed.includes(name));
  const lookups = lookupsOf(model.graph).filter(({ input }) => !fed.includes(input));
  const floats = open.filter((port) => isFloatPort(port) && !isLookedUp(port, lookups));
  const tabled = (port: Port) =>
    sources.some(({ input, columns }) => columns !== undefined && input === port.name);
  if (floats.length > 1 && floats.every(tabled)) {
    const [port, ...others] = floats;
    return { ...inputAsFiled(port), alternatives: others.map(({ name }) => name) };
  }
  const namedIds = lookups.filter(({ input }) =>
    sources.some((source) => source.input === input && source.columns === undefined),
  );
  if (floats.length === 1 && namedIds.length === 0) return inputAsFiled(floats[0]);
  const lookup = floats.length === 0 ? onlyLookup(lookups) : undefined;
  if (lookup !== undefined) return embedding(model, lookup, true);
  const [ids, ...more] = open.filter(isFloatPort);
  if (floats.length === 0 && ids !== undefined && more.length === 0) return inputAsFiled(ids);
  const [whole, ...others] = open.filter(({ dtype }) => dtype !== 'string');
  if (lookups.length === 0 && floats.length === 0 && whole !== undefined && others.length === 0)
    return { ...inputAsFiled(whole), chosen: true };
  return refuseValue(model, {
    code: 'option-value',
    got:
      lookups.length === 0
        ? withoutFeed(floats)
        : [
            ...floats.map(({ name }) => `the input "${name}"`),
            ...lookups.map(({ input, output }) => `"${output}", which "${input}" looks up`),
          ].join(', and '),
  });
}

function withoutFeed(floats: readonly Port[]): string {
  const names = floats.map(({ name }) => name).join(', ');
  return `${counted(floats.length, 'input')} of floating point numbers without a --feed${names && `: ${names}`}`;
}

/** Whether a table is looked up by an input. Ids may be floats, which the model casts. */
const isLookedUp = ({ name }: Port, lookups: readonly Lookup[]): boolean =>
  lookups.some(({ input }) => input === name);

/** Returns the only lookup, or the only one of the input that tokenizers call `input_ids`. */
function onlyLookup(lookups: readonly Lookup[]): Lookup | undefined {
  if (lookups.length === 1) return lookups[0];
  const ofIds = lookups.filter(({ input }) => input === 'input_ids');
  return ofIds.length === 1 ? ofIds[0] : undefined;
}

function embedding(model: Model, lookup: Lookup, chosen: boolean): ExplainedValue {
  const ids = model.inputs.find(({ name }) => name === lookup.input);
  const port = innerPort(model, lookup.output);
  return { port, computedFrom: ids ? [ids] : [], inFiles: ids, lookup, chosen };
}

async function innerValue(
  model: Model,
  name: string,
  { fed, sources }: ExplainedValueOptions,
): Promise<ExplainedValue> {
  const port = innerPort(model, name);
  const needed = upTo(model.graph, name).inputs.map((input) => input.name);
  const computedFrom = model.inputs.filter((input) => needed.includes(input.name));
  const inFiles = inputOfFiles(
    computedFrom.filter((input) => !fed.includes(input.name)),
    lookupsOf(model.graph),
  );
  const named = sources.some(({ input }) => input !== undefined && needed.includes(input));
  const texts = inFiles?.dtype === 'string' && sources.every(isTable);
  if (!named && !texts && (inFiles === undefined || isFloatPort(inFiles) || !(await allIntegers(sources))))
    return inputAsFiled(port);
  const lookup = lookupsOf(model.graph).find(({ output }) => output === name);
  return { port, computedFrom, inFiles, lookup, chosen: false };
}

/** Returns the input that files without a name hold: the only one, or the only one that is looked up. */
function inputOfFiles(open: readonly Port[], lookups: readonly Lookup[]): Port | undefined {
  if (open.length === 1) return open[0];
  const looked = onlyLookup(lookups.filter(({ input }) => open.some(({ name }) => name === input)));
  return open.find(({ name }) => name === looked?.input);
}

async function allIntegers(sources: readonly Source[]): Promise<boolean> {
  const integers = await Promise.all(sources.filter(({ input }) => input === undefined).map(holdsIntegers));
  return integers.length > 0 && integers.every(Boolean);
}

function innerPort(model: Model, name: string): Port {
  const types = infer(model.graph);
  const type = types.get(name);
  return type === undefined
    ? refuseValue(model, {
        code: 'value-unknown',
        got: `"${name}"`,
        remedy: didYouMean(name, [...types.keys()]),
      })
    : { ...type, name };
}

type Refused = Pick<Diagnosis, 'code' | 'got' | 'remedy'>;

const NAMING =
  'Name the input, or an inner value such as an embedding, by --wrt or as "input" in the model card, or give the others: --feed NAME=FILE.npy. onnxplain inspect MODEL names the embeddings, with --values all inner values.';

function refuseValue(model: Model, { code, got, remedy = NAMING }: Refused): never {
  return fail({
    code,
    where: 'input to explain',
    expected: `one of ${model.inputs.map((port) => `"${port.name}" (${port.dtype})`).join(', ')}, or an inner value`,
    got,
    remedy,
  });
}
