/** Derivatives of graphs checked against central differences on the interpreter, in float64. */

import { isFloat } from '@onnxplain/core';
import { grad } from '../src/autodiff/grad.js';
import { builderOf } from '../src/builder/build.js';
import { attr } from '../src/builder/builder.js';
import { infer } from '../src/infer/infer.js';
import { type NumArray, numArray } from '../src/interpreter/array.js';
import { interpret } from '../src/interpreter/interpret.js';
import type { Graph, Value } from '../src/ir/types.js';

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
  const values = interpret(graph, feeds, { wanted: names });
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

/** Outputs that may be differentiated. */
export function floatOutputs(graph: Graph): string[] {
  const types = infer(graph);
  return graph.outputs.flatMap(({ name }) => (isFloat(types.get(name)?.dtype ?? 'bool') ? [name] : []));
}

export const floatInputs = (graph: Graph): string[] =>
  graph.inputs.filter(({ dtype }) => isFloat(dtype)).map(({ name }) => name);

function moved(feeds: Feeds, name: string, by: (i: number) => number): Feeds {
  const { data, ...rest } = feeds[name];
  return { ...feeds, [name]: { ...rest, data: data.map((x, i) => x + by(i)) } };
}

/** A direction to move an input in, and how much a function and its gradient say it changes along it. */
export interface Slopes {
  readonly measured: number;
  readonly claimed: number;
  /** What rounding and curvature leave uncertain: sum of |gradient| |direction|. */
  readonly size: number;
}

/** (f(x + h v) - f(x - h v)) / 2h and the inner product of v with a gradient, for the v of this number. */
export function along(
  projected: Projected,
  name: string,
  at: { gradient: NumArray; number: number; step?: number },
): Slopes {
  const { graph, feeds, of } = projected;
  const h = at.step ?? 1e-5;
  const v = feeds[name].data.map((_, i) => wobble(`${name} ${at.number}`, i));
  const f = (sign: number): number =>
    interpret(
      graph,
      moved(feeds, name, (i) => sign * h * v[i]),
      { wanted: [of] },
    )[of].data[0];
  const terms = at.gradient.data.map((g, i) => g * v[i]);
  return {
    measured: (f(1) - f(-1)) / (2 * h),
    claimed: terms.reduce((sum, term) => sum + term, 0),
    size: terms.reduce((sum, term) => sum + Math.abs(term), 0),
  };
}

/** The gradient graph of a projection by some inputs, and its values. */
export function gradients(projected: Projected, wrt: readonly string[]) {
  const graph = grad(projected.graph, { of: projected.of, wrt });
  const labels = graph.outputs.slice(-wrt.length).map(({ name }) => name);
  const values = interpret(graph, projected.feeds);
  return { graph, labels, values: labels.map((label) => values[label]) };
}
