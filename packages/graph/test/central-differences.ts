/** Gradients of graphs and central differences, both on the interpreter in float64. */

import { isFloat } from '@onnxplain/core';
import { grad } from '../src/autodiff/grad.js';
import { builderOf } from '../src/builder/build.js';
import { attr } from '../src/builder/builder.js';
import { infer } from '../src/infer/infer.js';
import { type NumArray, numArray } from '../src/interpreter/array.js';
import { interpret } from '../src/interpreter/interpret.js';
import type { Graph, Value } from '../src/ir/types.js';

export type Feeds = Readonly<Record<string, NumArray>>;

/** A graph with a scalar output: the inner product of its float outputs with fixed directions. */
export interface Projected {
  readonly graph: Graph;
  readonly feeds: Feeds;
  readonly of: string;
}

const PRIME = 0.6180339887498949;

/** Returns a pseudorandom number in [-1, 1) for element i of the list called `name`. */
export function pseudorandom(name: string, i: number): number {
  let seed = 7;
  for (const c of name) seed = (seed * 31 + c.charCodeAt(0)) % 9973;
  const t = (seed + i * 7 + 1) * PRIME;
  return 2 * (t - Math.floor(t)) - 1;
}

const pseudorandomArray = (name: string, dims: readonly number[]): NumArray =>
  numArray(
    'float32',
    dims,
    Float64Array.from({ length: dims.reduce((n, d) => n * d, 1) }, (_, i) => pseudorandom(name, i)),
  );

/** Adds the inner product of some float values with fixed directions, which become inputs. */
export function project(graph: Graph, feeds: Feeds, names: readonly string[]): Projected {
  const values = interpret(graph, feeds, { wanted: names });
  const directions = names.map((name, i) => ({
    ...pseudorandomArray(`direction of output ${i}`, values[name].dims),
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

/** Returns the outputs of float types. */
export function floatOutputs(graph: Graph): string[] {
  const types = infer(graph);
  return graph.outputs.flatMap(({ name }) => (isFloat(types.get(name)?.dtype ?? 'bool') ? [name] : []));
}

export const floatInputs = (graph: Graph): string[] =>
  graph.inputs.filter(({ dtype }) => isFloat(dtype)).map(({ name }) => name);

function displace(feeds: Feeds, name: string, by: (i: number) => number): Feeds {
  const { data, ...rest } = feeds[name];
  return { ...feeds, [name]: { ...rest, data: data.map((x, i) => x + by(i)) } };
}

/** The derivative along a direction v, computed in two ways. */
export interface DirectionalDerivative {
  /** The central difference (f(x + h v) - f(x - h v)) / 2h. */
  readonly byDifference: number;
  /** The inner product of v with the gradient. */
  readonly byGradient: number;
  /** Sum of |gradient| |v|: the scale of the errors by rounding and curvature. */
  readonly size: number;
}

/** Computes the derivative along the pseudorandom direction of this number. */
export function directionalDerivative(
  projected: Projected,
  name: string,
  at: { gradient: NumArray; number: number; step?: number },
): DirectionalDerivative {
  const { graph, feeds, of } = projected;
  const h = at.step ?? 1e-5;
  const v = feeds[name].data.map((_, i) => pseudorandom(`${name} ${at.number}`, i));
  const f = (sign: number): number =>
    interpret(
      graph,
      displace(feeds, name, (i) => sign * h * v[i]),
      { wanted: [of] },
    )[of].data[0];
  const terms = at.gradient.data.map((g, i) => g * v[i]);
  return {
    byDifference: (f(1) - f(-1)) / (2 * h),
    byGradient: terms.reduce((sum, term) => sum + term, 0),
    size: terms.reduce((sum, term) => sum + Math.abs(term), 0),
  };
}

/** Returns the gradient graph of a projection by some inputs, and the values of the gradients. */
export function gradients(projected: Projected, wrt: readonly string[]) {
  const graph = grad(projected.graph, { of: projected.of, wrt });
  const names = graph.outputs.slice(-wrt.length).map(({ name }) => name);
  const values = interpret(graph, projected.feeds);
  return { graph, names, values: names.map((name) => values[name]) };
}
