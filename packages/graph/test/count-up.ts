import { builderOf } from '../src/builder/build.js';
import { type MathBuilder, mathBuilder } from '../src/builder/math-builder.js';
import { interpret } from '../src/interpreter/interpret.js';
import { float32, graphOf, value } from './graphs.js';

/** Counts the elements of a shape. */
export const sizeOfDims = (dims: readonly number[]): number =>
  dims.reduce((product, size) => product * size, 1);

/** Returns 0, 1, 2, ..., one number for each element of a shape. */
export const countUp = (dims: readonly number[]): number[] =>
  Array.from({ length: sizeOfDims(dims) }, (_, i) => i);

/** Interprets the nodes that `make` emits for the input x, which counts up in the given shape. Returns the values that `make` names. */
export function interpretCountUp(
  dims: readonly number[],
  make: (b: MathBuilder, x: string) => readonly string[],
): { dims: number[]; data: number[] }[] {
  const b = mathBuilder(builderOf(graphOf({ constants: { x: float32(dims, countUp(dims)) } })));
  const names = make(b, 'x');
  const results = interpret(b.build(names.map((name) => value(name, undefined))), {});
  return names.map((name) => ({ dims: [...results[name].dims], data: Array.from(results[name].data) }));
}
