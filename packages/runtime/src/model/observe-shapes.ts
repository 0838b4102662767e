import { fold, key, ownOf, sizeOf, stream } from '@onnxplain/core';
import {
  constantFrom,
  type Dim,
  type Graph,
  type Observation,
  undetermined,
  type Value,
  withObserved,
} from '@onnxplain/graph';
import type { Session, SessionOptions } from '../session/session.js';
import { type Arrays, isFloatType } from '../session/value.js';
import { openSource, serialise } from './session-source.js';

/** Number of rows of each of the two runs. */
const ROWS = [2, 3] as const;
/** Largest number of sizes that are tried for the other symbols. */
const MAX_CONSTANT_SIZES = 12;

/**
 * Finds by running a graph the shapes that do not follow from its nodes (`undetermined`). The graph runs on two and then on three random
 * rows; an axis of 2 and then 3 holds the rows. A graph whose shapes all follow is not run. A graph that does not run is returned as it is:
 * a shape that is still unknown is refused where it is needed.
 */
export async function observeShapes(graph: Graph, options: SessionOptions): Promise<Graph> {
  const values = undetermined(graph);
  if (values.length === 0) return graph;
  const seen = await observe(graph, values, options);
  const looked = [...seen].filter(([, { dims }]) => dims !== undefined);
  return looked.length === 0 ? graph : withObserved(graph, new Map(looked));
}

/**
 * Asks ONNX Runtime for the types of node outputs of a graph, which need not be in canonical form: it opens the graph with them as
 * outputs. Their dims are those of two runs, as in {@link observeShapes}. Empty where the graph does not open. Values that are no
 * tensors are left out.
 */
export async function observeTypes(
  graph: Graph,
  names: readonly string[],
  options: SessionOptions,
): Promise<ReadonlyMap<string, Observation>> {
  const declared = new Map(graph.outputs.map((output) => [output.name, output.dims] as const));
  const values = [...new Set(names)].map((name) => ({ name, dims: declared.get(name) }));
  return values.length === 0 ? new Map() : observe(graph, values, options);
}

/** A value to look at, with the dims that the file declares or the runtime infers. */
type Looked = Pick<Value, 'name' | 'dims'>;

async function observe(
  graph: Graph,
  values: readonly Looked[],
  options: SessionOptions,
): Promise<ReadonlyMap<string, Observation>> {
  const outputs = values.map(({ name }): Value => ({ name, dtype: 'float32', dims: undefined }));
  let session: Session | undefined;
  try {
    // ONNX Runtime infers the types of outputs that have none.
    const untyped = new Set(values.map(({ name }) => name));
    session = await openSource(serialise({ ...graph, outputs, untyped }), options);
    const runs = await runOnRows(session, graph);
    const dims = new Map(values.map((value) => [value.name, value.dims] as const));
    const rows = symbolOfRows(graph);
    return new Map(
      session.outputs.map(({ name, dtype, dims: inferred }) => [
        name,
        { dtype, dims: runs && observedDims(runs, { name, dims: dims.get(name) ?? inferred }, rows) },
      ]),
    );
  } catch {
    return new Map();
  } finally {
    await session?.release();
  }
}

/** Runs a graph on two and on three random rows. Undefined where it runs with none of the sizes that are tried for other symbols. */
async function runOnRows(session: Session, graph: Graph): Promise<readonly Arrays[] | undefined> {
  const rows = symbolOfRows(graph);
  for (const sizes of sizesToTry(graph, rows)) {
    const runs = await shapesOf(session, graph, (count) => new Map([...sizes, ...rowSize(rows, count)]));
    if (runs !== undefined) return runs;
  }
  return undefined;
}

/** Returns the first symbol that is the first dim of an input, else the first symbol. */
function symbolOfRows({ inputs }: Graph): Dim | undefined {
  const all = inputs.map(({ dims = [] }) => dims);
  return [...all.map(([first]) => first), ...all.flat()].find((dim) => typeof dim === 'string');
}

type Sizes = ReadonlyMap<Dim, number>;

const rowSize = (rows: Dim | undefined, count: number): Iterable<[Dim, number]> =>
  rows === undefined ? [] : [[rows, count]];

/** Returns sizes to try for the symbols other than that of the rows: first all different, then all equal to a size that constants have. */
function sizesToTry({ inputs, constants }: Graph, rows: Dim | undefined): readonly Sizes[] {
  const symbols = new Set(
    inputs.flatMap(({ dims }) => dims?.filter((dim) => typeof dim === 'string' && dim !== rows) ?? []),
  );
  const allDifferent = new Map([...symbols].map((symbol, i) => [symbol, 4 + i]));
  if (symbols.size === 0) return [allDifferent];
  const known = new Set([...constants.values()].flatMap(({ dims }) => dims.filter((size) => size <= 1024)));
  const allEqual = [...known, 8, 32, 1]
    .slice(0, MAX_CONSTANT_SIZES)
    .map((size) => new Map([...symbols].map((s) => [s, size])));
  return [allDifferent, ...allEqual];
}

/** Runs the graph on two rows and on three. Returns undefined where it does not run with these sizes. */
async function shapesOf(
  session: Session,
  { inputs }: Graph,
  sizesFor: (rows: number) => Sizes,
): Promise<readonly Arrays[] | undefined> {
  try {
    const runs: Arrays[] = [];
    for (const count of ROWS) runs.push(await session.run(randomFeeds(inputs, sizesFor(count))));
    return runs;
  } catch {
    return undefined;
  }
}

/** Most elements of an input that are drawn. */
const LARGEST_DRAWN = 2 ** 27;

/**
 * Draws standard normals for floats, and 0 and 1, which any vocabulary has, for integers. Throws for inputs of unknown rank, of text, or of
 * more than 2^27 elements.
 */
function randomFeeds(inputs: readonly Value[], sizes: Sizes): Arrays {
  const random = stream(fold(key(0), 'observe'));
  return Object.fromEntries(
    inputs.map(({ name, dtype, dims }) => {
      if (dims === undefined || dtype === 'string')
        throw new TypeError(`"${name}" has no rank or holds text: no random values for it`);
      const shape = dims.map((dim) => (typeof dim === 'number' ? dim : (sizes.get(dim) ?? 1)));
      if (sizeOf(shape) > LARGEST_DRAWN) throw new RangeError(`"${name}" is too large to draw`);
      const numbers = new Float64Array(sizeOf(shape));
      if (isFloatType(dtype)) random.fillNormal(numbers);
      else for (let at = 0; at < numbers.length; at++) numbers[at] = random.below(2);
      return [name, constantFrom(dtype, shape, numbers)];
    }),
  );
}

/**
 * Reads dims off two runs: an axis of 2 and then 3 holds the rows; a size that both runs show is kept where the file declares it, or ONNX
 * Runtime infers it; others stay unknown. Undefined where the ranks of the two runs differ.
 */
function observedDims(
  runs: readonly Arrays[],
  { name, dims }: Looked,
  rows: Dim | undefined,
): Observation['dims'] {
  const [first, second] = runs.map((run) => ownOf(run, name).dims);
  if (first.length !== second.length) return undefined;
  return first.map((size, i) => {
    if (size === ROWS[0] && second[i] === ROWS[1]) return rows;
    const declared = dims?.length === first.length ? dims[i] : undefined;
    return size === second[i] && size === declared ? size : undefined;
  });
}
