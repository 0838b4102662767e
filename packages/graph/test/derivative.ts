/** Derivatives of graphs checked against central differences on the interpreter, in float64. */
import { builderOf } from '../src/build.js';
import { attr } from '../src/builder.js';
import { type NumArray, numArray } from '../src/eval/array.js';
import { evaluate } from '../src/eval/evaluate.js';
import { grad } from '../src/grad.js';
import { isFloat } from '../src/infer/site.js';
import type { Graph, Value } from '../src/types.js';

export type Feeds = Readonly<Record<string, NumArray>>;

/** A scalar function of a graph's float inputs. */
export interface Projected {
  readonly graph: Graph;
  readonly feeds: Feeds;
  readonly of: string;
}

const PRIME = 0.6180339887498949;

/** A fixed number in [-1, 1) that looks random, for element i of the list called `name`. */
export function wobble(name: string, i: number): number {
  let seed = 7;
  for (const c of name) seed = (seed * 31 + c.charCodeAt(0)) % 9973;
  const t = (seed + i * 7 + 1) * PRIME;
  return 2 * (t - Math.floor(t)) - 1;
}

const wobbles = (name: string, dims: readonly number[]): NumArray =>
  numArray(
    'float32',
    dims,
    Float64Array.from({ length: dims.reduce((n, d) => n * d, 1) }, (_, i) => wobble(name, i)),
  );

/** The inner product of some float values with fixed directions, which become inputs. */
export function project(graph: Graph, feeds: Feeds, names: readonly string[]): Projected {
  const values = evaluate(graph, feeds, { wanted: names });
  const directions = names.map((name, i) => ({
    ...wobbles(`direction of output ${i}`, values[name].dims),
    dtype: values[name].dtype,
    name: `direction:${name}`,
  }));
  const inputs: Value[] = directions.map(({ name, dtype, dims }) => ({ name, dtype, dims }));
  const b = builderOf({ ...graph, inputs: [...graph.inputs, ...inputs] });
  const terms = names.map((name, i) =>
    b.emit('ReduceSum', [b.emit('Mul', [name, directions[i].name])], { keepdims: attr.int(0) }),
  );
  const of = terms.reduce((sum, term) => b.emit('Add', [sum, term]));
  const built = b.build([...graph.outputs, { name: of, dtype: b.dtype(of), dims: [] }]);
  return {
    graph: built,
    feeds: { ...feeds, ...Object.fromEntries(directions.map(({ name, ...rest }) => [name, rest])) },
    of,
  };
}

export const floatInputs = (graph: Graph): string[] =>
  graph.inputs.filter(({ dtype }) => isFloat(dtype)).map(({ name }) => name);

function moved(feeds: Feeds, name: string, by: (i: number) => number): Feeds {
  const { data, ...rest } = feeds[name];
  return { ...feeds, [name]: { ...rest, data: data.map((x, i) => x + by(i)) } };
}

/** d of / d name, element by element, by differences of step h: (f(x + h) - f(x - h)) / 2h. */
export function differences({ graph, feeds, of }: Projected, name: string, h = 1e-5): Float64Array {
  const f = (at: Feeds): number => evaluate(graph, at, { wanted: [of] })[of].data[0];
  return feeds[name].data.map((_, k) => {
    const up = f(moved(feeds, name, (i) => (i === k ? h : 0)));
    const down = f(moved(feeds, name, (i) => (i === k ? -h : 0)));
    return (up - down) / (2 * h);
  });
}

/** The gradient graph of a projection by some inputs, and its values. */
export function gradients(projected: Projected, wrt: readonly string[]) {
  const graph = grad(projected.graph, { of: projected.of, wrt });
  const labels = graph.outputs.slice(-wrt.length).map(({ name }) => name);
  const values = evaluate(graph, projected.feeds);
  return { graph, labels, values: labels.map((label) => values[label]) };
}

/** Largest difference between two lists, relative to the larger of 1 and the expected list's largest entry. */
export function distance(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (got.length !== expected.length) return Number.POSITIVE_INFINITY;
  let [error, size] = [0, 1];
  for (let i = 0; i < expected.length; i++) {
    const gap = Math.abs(got[i] - expected[i]);
    error = Number.isNaN(gap) ? Number.POSITIVE_INFINITY : Math.max(error, gap);
    size = Math.max(size, Math.abs(expected[i]));
  }
  return error / size;
}
