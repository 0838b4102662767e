import { createHash } from 'node:crypto';
import {
  type DataType,
  type Diagnosis,
  didYouMean,
  dtypeInfo,
  fail,
  firstNonFinite,
  setOwn,
  sizeOf,
  type Tensor,
  tensor,
  toFloat64,
} from '@onnxplain/core';
import { fits, readBytes, readNpy } from '@onnxplain/files';
import { constantFrom, type Dim } from '@onnxplain/graph';
import type { FeedRecord } from '@onnxplain/report';
import type { Feed, Feeds, Port } from '@onnxplain/runtime';

/** The values of a model's further inputs, and their sources for the record. */
export interface LoadedFeeds {
  readonly feeds: Feeds;
  readonly record: Readonly<Record<string, FeedRecord>>;
}

export interface FurtherInputs {
  /** All inputs but the explained one. */
  readonly ports: readonly Port[];
  /** The batch dimension of the explained input; undefined where it has none. Inputs whose first axis it is are given as one row. */
  readonly batch: Dim | undefined;
  /** Values of symbolic sizes, known from the explained input. */
  readonly sizes: ReadonlyMap<string, number>;
}

/**
 * Reads the values of inputs, each given as `NAME=FILE.npy` or as `NAME=NUMBER` for the same number in every element. Arrays hold one
 * row, with or without its batch axis, and are brought to the input's type where that loses nothing. Throws `usage` for another form,
 * `feed-name` for names that are unknown or twice there, and for inputs without a value; `feed-shape`, `feed-type` and `feed-value` for
 * what the input cannot take; `file-*`.
 */
export async function loadFeeds(texts: readonly string[], further: FurtherInputs): Promise<LoadedFeeds> {
  const given = matchPorts(texts, further.ports);
  const feeds: Record<string, Feed> = {};
  const record: Record<string, FeedRecord> = {};
  for (const { port, value, text } of given) {
    const number = value.trim() === '' ? Number.NaN : Number(value);
    const wanted = { port, further, text };
    const { array, source } = Number.isFinite(number) ? filled(number, wanted) : await read(value, wanted);
    setOwn(feeds, port.name, asElements(array, { port, where: `--feed ${text}` }));
    setOwn(record, port.name, source);
  }
  return { feeds, record };
}

/** Returns every input with the text that gives its value. */
function matchPorts(texts: readonly string[], ports: readonly Port[]) {
  const given = texts.map((text) => ({ ...parse(text), text }));
  for (const [i, { name, text }] of given.entries()) {
    requireKnown(name, ports, text);
    if (given.findIndex((other) => other.name === name) < i)
      refuse(text, { code: 'feed-name', expected: 'each input once', got: `"${name}" again` });
  }
  return ports.map((port) => {
    const found = given.find(({ name }) => name === port.name);
    return { port, ...(found ?? refuseMissing(port)) };
  });
}

/** Returns the name of the input that `NAME=...` gives a value. */
export const fedName = (text: string): string => parse(text).name;

function parse(text: string): { name: string; value: string } {
  const at = text.indexOf('=');
  if (at > 0 && at < text.length - 1) return { name: text.slice(0, at), value: text.slice(at + 1) };
  return refuse(text, { code: 'usage', expected: 'NAME=FILE.npy or NAME=NUMBER', got: `"${text}"` });
}

function requireKnown(name: string, ports: readonly Port[], text: string): void {
  const names = ports.map((port) => port.name);
  if (names.includes(name)) return;
  refuse(text, {
    code: 'feed-name',
    expected: names.length === 0 ? 'none, the model has no further inputs' : `one of ${names.join(', ')}`,
    got: `"${name}"`,
    remedy: didYouMean(name, names),
  });
}

interface FeedContext {
  readonly port: Port;
  readonly further: FurtherInputs;
  readonly text: string;
}

/**
 * The dims of one row, as far as they are known: without a batch axis in front; elsewhere, as in the initial states [layers, N, width]
 * of recurrent networks, an axis that has the batch's name is of size 1.
 */
function rowOf({ dims }: Port, { batch, sizes }: FurtherInputs): readonly Dim[] | undefined {
  const row = batch !== undefined && dims?.[0] === batch ? dims.slice(1) : dims;
  return row?.map((dim) => (typeof dim === 'number' ? dim : dim === batch ? 1 : (sizes.get(dim) ?? dim)));
}

function filled(number: number, { port, further, text }: FeedContext): { array: Tensor; source: FeedRecord } {
  const dims = rowOf(port, further);
  const known = dims?.filter((dim) => typeof dim === 'number');
  if (known === undefined || known.length !== dims?.length) {
    return refuse(text, {
      code: 'feed-shape',
      expected: 'an input of known size to fill with a number',
      got: shown(port),
      remedy: `Give its sizes too: --shape ${port.name}=SIZES, or its values: --feed ${port.name}=FILE.npy.`,
    });
  }
  return { array: tensor(new Float64Array(sizeOf(known)).fill(number), known), source: { value: number } };
}

async function read(path: string, wanted: FeedContext): Promise<{ array: Tensor; source: FeedRecord }> {
  const bytes = await readBytes(path);
  const array = readNpy(bytes, path).tensor;
  expectShape(array, wanted);
  return { array, source: { file: path, sha256: createHash('sha256').update(bytes).digest('hex') } };
}

function expectShape({ shape }: Tensor, { port, further, text }: FeedContext): void {
  const row = rowOf(port, further);
  const batched = further.batch !== undefined && port.dims?.[0] === further.batch;
  if (row === undefined || fits(shape, row) || (batched && fits(shape, [1, ...row]))) return;
  refuse(text, {
    code: 'feed-shape',
    expected: `[${(batched ? [1, ...row] : row).join(', ')}]${batched ? ', one row that is used for every explained input' : ''}`,
    got: `[${shape.join(', ')}]`,
    remedy: batched
      ? `Where each explained input has a row of its own, give both files as inputs: --input EXPLAINED=FILE ${port.name}=FILE --wrt EXPLAINED.`
      : undefined,
  });
}

/** Least and greatest value of an integer type or of bool; of 64 bits those that a file gives without rounding. */
function integerRange(dtype: DataType): readonly [low: number, high: number] | undefined {
  const row = dtypeInfo(dtype);
  if (row === undefined || row.kind === 'float') return undefined;
  const [low, high] = row.range;
  return [Math.max(low, Number.MIN_SAFE_INTEGER), Math.min(high, Number.MAX_SAFE_INTEGER)];
}

export interface ElementOptions {
  readonly port: Port;
  /** The source of the numbers, for messages. */
  readonly where: string;
  /** Whether a float input may hold NaN for missing numbers; default false. */
  readonly missing?: boolean;
}

/** Converts numbers to the input's type. Throws `feed-type` and `feed-value`. */
export function asElements(array: Tensor, { port: { dtype }, where, missing }: ElementOptions): Feed {
  // The file reader has already refused NaN for inputs that cannot take missing numbers.
  if (dtype === 'float32' || dtype === 'float64' || dtype === 'float16')
    return missing === true ? array : finite(array, where);
  const range = integerRange(dtype);
  if (range === undefined) {
    const remedy = 'Give it in the library: option feeds of score.';
    return fail({ code: 'feed-type', where, expected: 'an input of numbers', got: dtype, remedy });
  }
  const [low, high] = range;
  const bad = array.data.findIndex((value) => !Number.isInteger(value) || value < low || value > high);
  if (bad >= 0) {
    fail({
      code: 'feed-value',
      where,
      expected: `${dtype}: whole numbers from ${low} to ${high}`,
      got: `${array.data[bad]} at element ${bad}`,
    });
  }
  return constantFrom(dtype, array.shape, toFloat64(array).data);
}

function finite(array: Tensor, where: string): Tensor {
  const bad = firstNonFinite(array);
  if (bad < 0) return array;
  return fail({
    code: 'feed-value',
    where,
    expected: 'finite numbers',
    got: `${array.data[bad]} at element ${bad}`,
  });
}

function refuseMissing(port: Port): never {
  return fail({
    code: 'feed-name',
    where: `input ${shown(port)}`,
    expected: 'a value',
    got: 'none',
    remedy: `Give it: --input ${port.name}=FILE.npy with a row for each explained input, --feed ${port.name}=FILE.npy with one for all, or --feed ${port.name}=NUMBER for the same number everywhere.`,
  });
}

const shown = ({ name, dtype, dims }: Port): string => `"${name}" (${dtype} [${dims?.join(', ') ?? '...'}])`;

function refuse(text: string, diagnosis: Omit<Diagnosis, 'where'>): never {
  return fail({ where: `--feed ${text}`, ...diagnosis });
}
