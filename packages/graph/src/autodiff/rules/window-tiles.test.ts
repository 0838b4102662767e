import { describe, expect, it } from 'vitest';
import { float32, graphOf, value } from '../../../test/graphs.js';
import { builderOf } from '../../builder/build.js';
import { type MathBuilder, mathBuilder } from '../../builder/math-builder.js';
import { interpret } from '../../interpreter/interpret.js';
import { assembleTiles } from './window-tiles.js';

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

describe('tiles', () => {
  it.each([
    ['one axis', [2, 6, 3], [3]],
    ['two axes', [2, 4, 6, 3], [2, 3]],
    ['an axis that is left alone', [1, 4, 3, 2, 2], [2, 1, 2]],
  ])('are joined from the elements of every window in row-major order: %s', (_, dims, factors) => {
    const [whole] = made(dims, (b, x) => [assembleTiles(b, elements(b, x, factors), factors)]);
    expect(whole).toEqual({ dims, data: numbers(dims) });
  });
});

/** Every element of the windows of [N, ..., C], by slices with steps. */
function elements(b: MathBuilder, x: string, factors: readonly number[]): readonly string[] {
  const axes = b.ints(factors.map((_, i) => i + 1));
  const ends = b.ints(b.dims(x).slice(1, -1).map(Number));
  return numbers(factors).map((element) => {
    const place = factors.map((factor, i) => Math.floor(element / count(factors.slice(i + 1))) % factor);
    return b.emit('Slice', [x, b.ints(place), ends, axes, b.ints(factors)]);
  });
}
