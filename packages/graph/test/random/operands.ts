/** Operands that several generators of nodes use. */
import { sizeOf } from '@onnxplain/core';
import { attr, numArray } from '../../src/index.js';
import type { GrowingGraph } from './growing-graph.js';

export const number = (g: GrowingGraph, x: number): string =>
  g.constant(numArray('float32', [], [Math.fround(x)]));

/** Returns a value of these dims with elements of another one. */
export function fit(g: GrowingGraph, name: string, dims: readonly number[]): string {
  const from = g.dims(name);
  if (from.length === dims.length && from.every((size, i) => size === dims[i])) return name;
  const [have, want] = [sizeOf(from), sizeOf(dims)];
  if (have === want) return g.emit('Reshape', [name, g.ints(dims)]);
  const flat = from.length === 1 ? name : g.emit('Reshape', [name, g.ints([-1])]);
  const indices = Array.from({ length: want }, (_, i) => (i < have ? i : g.draw.int(-have, have - 1)));
  return g.emit('Gather', [flat, g.constant(numArray('int64', dims, indices))]);
}

/** Returns a constant or a value of the graph with these dims. */
export function some(g: GrowingGraph, dims: readonly number[]): string {
  if (g.draw.chance(0.5)) return fit(g, g.pick(), dims);
  const data = Array.from({ length: sizeOf(dims) }, () => Math.fround(2 * g.draw.uniform() - 1));
  return g.constant(numArray('float32', dims, data));
}

/** Maps x into a range. */
export function within(g: GrowingGraph, x: string, [low, high]: readonly [number, number]): string {
  return g.emit('Add', [g.emit('Mul', [g.emit('Sigmoid', [x]), number(g, high - low)]), number(g, low)]);
}

/** Maps x into a range if it exceeds it. */
export function clamped(g: GrowingGraph, x: string, [low, high]: readonly [number, number]): string {
  return g.value(x).data.every((v) => v >= low && v <= high) ? x : within(g, x, [low, high]);
}

/** Returns dims that broadcast to the given ones. */
export function broadcastable(g: GrowingGraph, dims: readonly number[]): readonly number[] {
  const { draw } = g;
  return dims.slice(draw.int(0, dims.length)).map((size) => (draw.chance(0.3) ? 1 : size));
}

/** Returns a value that broadcasts with x. */
export function partner(g: GrowingGraph, x: string): string {
  const dims = g.dims(x);
  for (let i = 0; i < 4; i++) {
    const other = g.pick();
    if (broadcasts(dims, g.dims(other))) return other;
  }
  return fit(g, g.pick(), broadcastable(g, dims));
}

function broadcasts(a: readonly number[], b: readonly number[]): boolean {
  let size = 1;
  for (let i = 1; i <= Math.max(a.length, b.length); i++) {
    const [x, y] = [a.at(-i) ?? 1, b.at(-i) ?? 1];
    if (x !== y && x !== 1 && y !== 1) return false;
    size *= Math.max(x, y);
  }
  return size <= 64;
}

/** Returns a random axis of a value, counted from either end; undefined for a scalar. */
export function anyAxis(g: GrowingGraph, x: string): number | undefined {
  const rank = g.dims(x).length;
  return rank === 0 ? undefined : g.draw.int(-rank, rank - 1);
}

export const axisAttribute = (axis: number) => ({ axis: attr.int(axis) });

/** Appends axes of size 1 to x up to a rank. */
export function withRank(g: GrowingGraph, x: string, rank: number): string {
  const dims = g.dims(x);
  return dims.length >= rank
    ? x
    : g.emit('Reshape', [x, g.ints([...dims, ...new Array<number>(rank - dims.length).fill(1)])]);
}

/** Adds different numbers to x where many of its elements are equal. */
export function varied(g: GrowingGraph, x: string): string {
  const { dims, data } = g.value(x);
  if (new Set(data).size > data.length / 2) return x;
  const ramp = g.draw.shuffled(Array.from(data, (_, i) => Math.fround(i / data.length)));
  return g.emit('Add', [x, g.constant(numArray('float32', dims, ramp))]);
}
