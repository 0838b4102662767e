import { describe, expect, it } from 'vitest';
import { pseudorandom } from '../../test/central-differences.js';
import { float32, graphOf, value } from '../../test/graphs.js';
import { builderOf } from '../builder/build.js';
import { mathBuilder } from '../builder/math-builder.js';
import { numArray } from '../interpreter/array.js';
import { interpret } from '../interpreter/interpret.js';
import { numbersOf } from '../ir/constant.js';
import type { Constant } from '../ir/types.js';
import { adjointKernel } from './adjoint-kernel.js';

const kernel = (...dims: readonly number[]): Constant =>
  float32(
    dims,
    Array.from({ length: dims.reduce((n, d) => n * d, 1) }, (_, i) => pseudorandom('kernel', i)),
  );

const cases: readonly (readonly [string, number, Constant])[] = [
  ['one group', 1, kernel(4, 3, 2, 3)],
  ['one tap', 1, kernel(4, 3, 1, 1)],
  ['groups', 2, kernel(4, 3, 3, 2)],
  ['a group for each channel', 3, kernel(6, 1, 3, 3)],
  ['one dimension', 1, kernel(2, 3, 4)],
  ['three dimensions', 2, kernel(4, 1, 2, 3, 2)],
];

describe('the kernel of an adjoint convolution', () => {
  it.each(cases)('is the one that the graph would compute: %s', (_, group, constant) => {
    const { dims } = constant;
    const b = mathBuilder(builderOf(graphOf({ inputs: [value('fed', dims)], constants: { k: constant } })));
    const [made, computed] = [adjointKernel(b, 'k', group), adjointKernel(b, 'fed', group)];
    const graph = b.build([value(computed, undefined)]);
    const fed = numArray('float32', dims, Array.from(constant.data, Number));
    const expected = interpret(graph, { fed })[computed];
    const adjoint = b.constantOf(made);
    expect(adjoint?.dims).toEqual(expected.dims);
    expect(adjoint && Array.from(numbersOf(adjoint))).toEqual(Array.from(expected.data));
  });

  it('is the first kernel again when it is taken twice, and is made once', () => {
    const constants = { k: kernel(40, 20, 3, 3) };
    const b = mathBuilder(builderOf(graphOf({ constants })));
    const once = adjointKernel(b, 'k', 1);
    expect(adjointKernel(b, 'k', 1)).toBe(once);
    expect(adjointKernel(b, once, 1)).toBe('k');
  });

  it('takes no memory: its elements are put in place when they are read', () => {
    const b = mathBuilder(builderOf(graphOf({ constants: { k: kernel(4, 3, 3, 3) } })));
    const adjoint = b.constantOf(adjointKernel(b, 'k', 1));
    expect(adjoint?.data).toEqual(adjoint?.data);
    expect(adjoint?.data).not.toBe(adjoint?.data);
  });

  it('keeps half precision bit by bit', () => {
    const half: Constant = { dtype: 'float16', dims: [2, 1, 2], data: Uint16Array.of(1, 2, 3, 4) };
    const b = mathBuilder(builderOf(graphOf({ constants: { k: half } })));
    expect(b.constantOf(adjointKernel(b, 'k', 1))).toEqual({
      dtype: 'float16',
      dims: [1, 2, 2],
      data: Uint16Array.of(2, 1, 4, 3),
    });
  });
});
