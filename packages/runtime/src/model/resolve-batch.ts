import { dtypeOf, fold, key, ownOf, type RowAxis, sizeOf, stream } from '@onnxplain/core';
import {
  type Constant,
  constantFrom,
  freeBatch,
  type Graph,
  inputBatchFirst,
  outputBatchFirst,
  prune,
  rowFlow,
} from '@onnxplain/graph';
import type { BatchAxis, GivenAxes } from '../rows/batch-axis.js';
import { hasLaterBatchAxis } from '../rows/row-axes.js';
import { HALF_TOLERANCE, sameNumbers, TOLERANCE } from '../rows/same-numbers.js';
import type { Session, SessionOptions } from '../session/session.js';
import { type Arrays, isFloatType, joinRows, type Port } from '../session/value.js';
import { openSource, serialise } from './session-source.js';

export interface ResolvedBatch {
  readonly batch: BatchAxis;
  /** The graph to run. Its batch axis is free unless `batch` is 'fixed' or 'none'. */
  readonly graph: Graph;
  readonly fixedRows?: number;
}

/**
 * Finds out how a graph takes several rows. A fixed batch axis is freed by rewriting the graph, which is kept only when it gives the
 * original's
 * numbers on random rows, three at once against one at a time. The batch axis is the one that was named, else the first, else another
 * of size 1 that can be freed. A first axis of more than one row that cannot be freed is a batch only if its rows are independent.
 */
export async function resolveBatch(
  graph: Graph,
  { all: everywhere, byName }: GivenAxes,
  options: SessionOptions,
): Promise<ResolvedBatch> {
  const all =
    everywhere ?? graph.inputs.map(({ name }) => byName.get(name)).find((axis) => axis !== undefined);
  if (all === 'none') return { batch: 'none', graph, fixedRows: 1 };
  const axis = all ?? 0;
  const sizes = graph.inputs.map(({ dims }) => dims?.[axis]).filter((dim) => dim !== undefined);
  const fixedRows = sizes.find((dim) => typeof dim === 'number');
  if (fixedRows === undefined || sizes.some((dim) => typeof dim === 'string'))
    return { batch: 'symbolic', graph };
  if (all === undefined && hasLaterBatchAxis(graph)) return { batch: 'symbolic', graph };
  for (const each of all === undefined ? [0, ...laterBatchAxes(graph)] : [all]) {
    const { freed, graph: candidate } = freeBatch(graph, each);
    if (!freed || combinesRows(candidate, each)) continue;
    if (await freedRowsMatch({ graph, candidate, axis: each }, options))
      return { batch: 'freed', graph: candidate };
  }
  const isBatch =
    fixedRows === 1 ||
    all !== undefined ||
    combinedByStatistics(graph) ||
    (await rowsAreIndependent(graph, fixedRows, options));
  return isBatch ? { batch: 'fixed', graph, fixedRows } : { batch: 'none', graph, fixedRows: 1 };
}

/** Whether a freed graph is known to combine rows. Numbers that random rows change too little for a comparison do not show it. */
function combinesRows(candidate: Graph, axis: number): boolean {
  const symbol = candidate.inputs[0]?.dims?.[axis];
  if (typeof symbol !== 'string') return false;
  const flow = rowFlow(candidate, symbol);
  return candidate.outputs.some(({ name }) => flow.mixing(name) !== undefined);
}

/** Whether only statistics over a fixed batch combine its rows. It is a batch then, and each row runs among copies of itself. */
function combinedByStatistics(graph: Graph): boolean {
  const { freed, graph: candidate } = freeBatch(graph);
  const symbol = candidate.inputs[0]?.dims?.[0];
  if (!freed || typeof symbol !== 'string') return false;
  const flow = rowFlow(candidate, symbol);
  return candidate.outputs.every(({ name }) => flow.mixing(name)?.kind === 'statistics');
}

/** Axes behind the first that can be a batch, of the same size in all inputs: 1, or any where a recurrent node has its batch there. */
function laterBatchAxes(graph: Graph): readonly number[] {
  const { inputs } = graph;
  const [first] = inputs;
  if (first?.dims === undefined || first.dims[0] === 1) return [];
  return first.dims.flatMap((size, axis) =>
    axis > 0 && inputs.every(({ dims }) => dims?.[axis] === size) && (size === 1 || isRecurrent(graph, axis))
      ? [axis]
      : [],
  );
}

function isRecurrent(graph: Graph, axis: number): boolean {
  const { freed, graph: candidate } = freeBatch(graph, axis);
  const symbol = candidate.inputs[0].dims?.[axis];
  return freed && typeof symbol === 'string' && rowFlow(candidate, symbol).recurrent;
}

const TRIAL_ROWS = 3;

/** Whether a graph has numbers of half precision, at its ends or inside. */
function computesInHalf({ inputs, constants, nodes }: Graph): boolean {
  const half: ReadonlySet<string | undefined> = new Set(['float16', 'bfloat16']);
  return (
    inputs.some(({ dtype }) => half.has(dtype)) ||
    [...constants.values()].some(({ dtype }) => half.has(dtype)) ||
    nodes.some(
      ({ op, attributes: { to } }) => op === 'Cast' && to?.kind === 'int' && half.has(dtypeOf(to.value)),
    )
  );
}

interface FreedGraph {
  readonly graph: Graph;
  readonly candidate: Graph;
  readonly axis: number;
}

/**
 * Whether the freed graph gives rows the numbers that the fixed one gives. Returns false also where it does not run and where random
 * values cannot be fed. Half precision rounds by the number of rows. There a row is also compared among others and among copies of itself,
 * where it is rounded alike.
 */
async function freedRowsMatch(
  { graph, candidate, axis }: FreedGraph,
  options: SessionOptions,
): Promise<boolean> {
  if (!canBeFed(graph) || isLarge(graph)) return false;
  const fixedRows = Number(graph.inputs[0].dims?.[axis]);
  const outputAxes = candidate.outputs.map(({ dims = [] }) =>
    dims.indexOf(candidate.inputs[0].dims?.[axis] ?? ''),
  );
  const rows = randomRows(rowsFirst(graph, axis, outputAxes), TRIAL_ROWS);
  const half = computesInHalf(graph);
  return runTrial(
    [graph, candidate].map((each) => rowsFirst(each, axis, outputAxes)),
    options,
    async ([one, many]) => {
      const got = await many.run(joinFeeds(rows));
      for (const [i, row] of rows.entries()) {
        const alone = await one.run(joinFeeds(Array.from({ length: fixedRows }, () => row)));
        const copies = half ? await many.run(joinFeeds(rows.map(() => row))) : undefined;
        // Both graphs have their outputs in the same order, under different names.
        const same = one.outputs.every(({ name }, o) => {
          const { name: freed } = many.outputs[o];
          const among: RowAt = [ownOf(got, freed), i];
          if (!sameRow([ownOf(alone, name), 0], among, half ? HALF_TOLERANCE : TOLERANCE)) return false;
          return copies === undefined || sameRow([ownOf(copies, freed), i], among, TOLERANCE);
        });
        if (!same) return false;
      }
      return true;
    },
  );
}

/** Whether the other rows of a fixed batch do not change the results of a row. */
async function rowsAreIndependent(graph: Graph, rows: number, options: SessionOptions): Promise<boolean> {
  if (graph.inputs.some(({ dims }) => dims?.[0] !== rows)) return false;
  if (graph.outputs.some(({ dims }) => dims !== undefined && dims[0] !== rows)) return false;
  if (isLarge(graph)) return false;
  if (!canBeFed(graph)) return true;
  const different = randomRows(graph, rows);
  return runTrial([graph], options, async ([session]) => {
    const mixed = await session.run(joinFeeds(different));
    const alike = await session.run(joinFeeds(different.map(() => different[1])));
    const tolerance = computesInHalf(graph) ? HALF_TOLERANCE : TOLERANCE;
    return session.outputs.every(({ name }) =>
      sameRow([ownOf(alike, name), 1], [ownOf(mixed, name), 1], tolerance),
    );
  });
}

/** Runs a trial with a session of each graph. Returns false where one does not run. */
async function runTrial(
  graphs: readonly Graph[],
  options: SessionOptions,
  trial: (sessions: readonly Session[]) => Promise<boolean>,
): Promise<boolean> {
  const sessions: Session[] = [];
  try {
    for (const graph of graphs) sessions.push(await openSource(serialise(graph), options));
    return await trial(sessions);
  } catch {
    return false;
  } finally {
    for (const session of sessions) await session.release();
  }
}

/** Moves the rows of all inputs and outputs to their first axis. */
function rowsFirst(graph: Graph, axis: number, outputAxes: readonly RowAxis[]): Graph {
  const moved = graph.inputs.reduce((changed, input) => inputBatchFirst(changed, input, axis).graph, graph);
  const outputs = graph.outputs.map((output, o) => outputBatchFirst(moved, output, outputAxes[o]));
  const nodes = [
    ...moved.nodes,
    ...outputs.flatMap(({ graph: extended }) => extended.nodes.slice(moved.nodes.length)),
  ];
  return prune({ ...moved, nodes, outputs: outputs.map(({ value }) => value) });
}

const canBeFed = ({ inputs }: Graph): boolean =>
  inputs.every(
    ({ dtype, dims }) =>
      dtype !== 'string' && dims?.every((dim, axis) => axis === 0 || typeof dim === 'number'),
  );

/** Most elements of an input that are drawn to compare runs. */
const LARGEST_TRIAL = 2 ** 27;

const isLarge = ({ inputs }: Graph): boolean =>
  inputs.some(({ dims = [] }) => sizeOf(dims.filter((dim) => typeof dim === 'number')) > LARGEST_TRIAL);

/** Draws rows for every input: standard normals for floats, and 0 and 1, which any vocabulary has, for integers. */
function randomRows({ inputs }: Graph, count: number): readonly Arrays[] {
  return Array.from({ length: count }, (_, i) => randomRow(inputs, i));
}

function randomRow(inputs: readonly Port[], i: number): Arrays {
  const random = stream(fold(key(0), i));
  return Object.fromEntries(
    inputs.map(({ name, dtype, dims = [] }) => {
      const shape = [1, ...dims.slice(1).map(Number)];
      const numbers = new Float64Array(sizeOf(shape));
      if (isFloatType(dtype)) random.fillNormal(numbers);
      else for (let at = 0; at < numbers.length; at++) numbers[at] = random.below(2);
      return [name, constantFrom(dtype, shape, numbers)];
    }),
  );
}

/** Joins single rows along the batch axis, input by input. */
function joinFeeds(rows: readonly Arrays[]): Arrays {
  const [first] = rows;
  const joined = Object.keys(first).map(
    (name) => [name, joinRows(rows.map((row) => ownOf(row, name)))] as const,
  );
  return Object.fromEntries(joined);
}

/** An array, and the index of one of its rows. */
type RowAt = readonly [array: Constant, row: number];

/** Whether a row of one array equals a row of another; their other rows do not count. */
function sameRow([expected, i]: RowAt, [got, j]: RowAt, tolerance: number): boolean {
  if (expected.dims.length !== got.dims.length || got.dims[0] <= j) return false;
  return sameNumbers(rowOf(expected, i), rowOf(got, j), tolerance);
}

function rowOf({ dtype, dims, data }: Constant, i: number): Constant {
  const width = sizeOf(dims.slice(1));
  return { dtype, dims: dims.slice(1), data: data.slice(i * width, (i + 1) * width) };
}
