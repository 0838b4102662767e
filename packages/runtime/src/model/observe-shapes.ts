import { fold, key, sizeOf, stream } from '@onnxplain/core';
import {
  constantFrom,
  type Dim,
  type Graph,
  type Observation,
  undetermined,
  type Value,
  withObserved,
} from '@onnxplain/graph';
import { openSession, type Session, type SessionOptions } from '../session/session.js';
import { type Arrays, isFloat } from '../session/value.js';
import { serialise } from './session-source.js';

/** Numbers of rows of the two runs. */
const ROWS = [2, 3] as const;
/** Most sizes that are tried for the symbols beside the rows. */
const TRIALS = 12;

/**
 * The graph with the shapes that a run showed where they do not follow from the nodes (`undetermined`): it is run on random rows, two
 * and then three of them, and an axis that follows them holds the rows. A graph of which everything follows is not run, and one that does
 * not run stays as it is: what is not known is then refused where it matters.
 */
export async function observeShapes(graph: Graph, options: SessionOptions): Promise<Graph> {
  const values = undetermined(graph);
  if (values.length === 0) return graph;
  const rows = symbolOfRows(graph);
  let session: Session | undefined;
  try {
    const outputs = values.map((value) => ({ ...value, dims: undefined }));
    const { model, ...rest } = serialise({ ...graph, outputs });
    session = await openSession(model, { ...options, ...rest });
    for (const sizes of sizesToTry(graph, rows)) {
      const runs = await shapesOf(session, graph, (count) => new Map([...sizes, ...rowsAs(rows, count)]));
      if (runs === undefined) continue;
      return withObserved(graph, new Map(values.map((value) => [value.name, seenIn(runs, value, rows)])));
    }
    return graph;
  } catch {
    return graph;
  } finally {
    await session?.release();
  }
}

/** The first symbol that is a first size of an input, else the first symbol. */
function symbolOfRows({ inputs }: Graph): Dim | undefined {
  const all = inputs.map(({ dims = [] }) => dims);
  return [...all.map(([first]) => first), ...all.flat()].find((dim) => typeof dim === 'string');
}

type Sizes = ReadonlyMap<Dim, number>;

const rowsAs = (rows: Dim | undefined, count: number): Iterable<[Dim, number]> =>
  rows === undefined ? [] : [[rows, count]];

/** Sizes for the symbols beside the rows: all apart, then all as one that constants of the graph have. */
function sizesToTry({ inputs, constants }: Graph, rows: Dim | undefined): readonly Sizes[] {
  const symbols = new Set(
    inputs.flatMap(({ dims }) => dims?.filter((dim) => typeof dim === 'string' && dim !== rows) ?? []),
  );
  const apart = new Map([...symbols].map((symbol, i) => [symbol, 4 + i]));
  if (symbols.size === 0) return [apart];
  const known = new Set([...constants.values()].flatMap(({ dims }) => dims.filter((size) => size <= 1024)));
  const alike = [...known, 8, 32, 1]
    .slice(0, TRIALS)
    .map((size) => new Map([...symbols].map((s) => [s, size])));
  return [apart, ...alike];
}

/** Shapes of the outputs by name with two rows and with three; undefined where the graph does not run with these sizes. */
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

/** Standard normals, or 0 and 1, which any vocabulary has. Throws for inputs of unknown rank or of text. */
function randomFeeds(inputs: readonly Value[], sizes: Sizes): Arrays {
  const random = stream(fold(key(0), 'observe'));
  return Object.fromEntries(
    inputs.map(({ name, dtype, dims }) => {
      if (dims === undefined || dtype === 'string') throw new TypeError(`nothing to feed "${name}"`);
      const shape = dims.map((dim) => (typeof dim === 'number' ? dim : (sizes.get(dim) ?? 1)));
      const numbers = new Float64Array(sizeOf(shape));
      if (isFloat(dtype)) random.fillNormal(numbers);
      else for (let at = 0; at < numbers.length; at++) numbers[at] = random.below(2);
      return [name, constantFrom(dtype, shape, numbers)];
    }),
  );
}

/** An axis that is 2, then 3 long holds the rows; a declared size that both runs bear out is one; of others nothing is known. */
function seenIn(runs: readonly Arrays[], { name, dtype, dims }: Value, rows: Dim | undefined): Observation {
  const [first, second] = runs.map((run) => run[name].dims);
  if (first.length !== second.length) throw new TypeError(`"${name}" has not one rank`);
  const axes = first.map((size, i) => {
    if (size === ROWS[0] && second[i] === ROWS[1]) return rows;
    const declared = dims?.length === first.length ? dims[i] : undefined;
    return size === second[i] && size === declared ? size : undefined;
  });
  return { dtype, dims: axes };
}
