import { describe, expect, it } from 'vitest';
import { float32, graphOf, value } from '../../test/graphs.js';
import { builderOf } from '../builder/build.js';
import { type MathBuilder, mathBuilder } from '../builder/math-builder.js';
import { interpret } from '../interpreter/interpret.js';
import { zerosBetween } from './transposed-conv.js';

const count = (dims: readonly number[]): number => dims.reduce((product, size) => product * size, 1);

/** 0, 1, 2, ... */
const numbers = (dims: readonly number[]): number[] => Array.from({ length: count(dims) }, (_, i) => i);

/** What is made of 0, 1, 2, ... in a shape. */
function made(dims: readonly number[], make: (b: MathBuilder, x: string) => readonly string[]) {
  const b = mathBuilder(builderOf(graphOf({ constants: { x: float32(dims, numbers(dims)) } })));
  const names = make(b, 'x');
  const results = interpret(b.build(names.map((name) => value(name, undefined))), {});
  return names.map((name) => ({ dims: [...results[name].dims], data: Array.from(results[name].data) }));
}

describe('zerosBetween', () => {
  it.each([
    ['one axis', [2, 3, 4], [3]],
    ['two axes', [1, 2, 2, 2], [2, 3]],
    ['three axes', [2, 2, 1, 2, 3], [2, 1, 2]],
  ])('puts stride - 1 zeros after every element: %s', (_, dims, strides) => {
    const [grown] = made(dims, (b, x) => [zerosBetween(b, x, strides)]);
    const shape = dims.map((size, axis) => size * (axis < 2 ? 1 : strides[axis - 2]));
    const expected = new Array<number>(count(shape)).fill(0);
    for (const element of numbers(dims)) {
      const place = dims.map((size, axis) => Math.floor(element / count(dims.slice(axis + 1))) % size);
      const at = place.reduce(
        (sum, i, axis) => sum * shape[axis] + i * (axis < 2 ? 1 : strides[axis - 2]),
        0,
      );
      expected[at] = element;
    }
    expect(grown).toEqual({ dims: shape, data: expected });
  });
});
