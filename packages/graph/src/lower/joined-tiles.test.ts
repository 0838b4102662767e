import { expect, it } from 'vitest';
import { graphOf, node, value } from '../../test/graphs.js';
import { loweringChanges } from '../../test/lowering.js';
import { attr } from '../builder/builder.js';
import { numArray } from '../interpreter/array.js';
import { joinedTiles } from './joined-tiles.js';

const image = [2, 3, 2, 4];

/** Four parts of an image, one of which follows from x and from a value of these dims. */
const joinedWith = (dims: readonly (number | string)[]) =>
  graphOf({
    inputs: [value('x', ['N', 3, 2, 4]), value('other', dims)],
    outputs: [value('y', undefined)],
    nodes: [
      node('part = Sub(x, other)'),
      node('joined = Concat(part, x, x, x)', { axis: attr.int(1) }),
      node('y = DepthToSpace(joined)', { blocksize: attr.int(2), mode: attr.string('DCR') }),
    ],
  });

const numbers = (dims: readonly number[]) => {
  const length = dims.reduce((total, size) => total * size, 1);
  return numArray(
    'float32',
    dims,
    Float64Array.from({ length }, (_, i) => i ** 2 % 7),
  );
};

it.each([
  ['of the same dims', ['N', 3, 2, 4]],
  ['of one number for each channel', ['N', 3, 1, 1]],
  ['of one channel', [1, 1, 2, 4]],
  ['of one row of the batch', [1, 3, 2, 4]],
])('parts are joined to the same image where one follows from a value %s', (_, dims) => {
  const graph = joinedWith(dims);
  expect(joinedTiles(graph)).not.toBe(graph);
  const sizes = dims.map((size) => (typeof size === 'number' ? size : 2));
  expect(loweringChanges(graph, { x: numbers(image), other: numbers(sizes) })).toBeUndefined();
});
