import { tensor } from '@onnxplain/core';
import type { Constant, Graph } from '@onnxplain/graph';
import { expect, test } from 'vitest';
import { floats, graphOf, ints, value } from '../../test/models.js';
import type { Feeds } from '../session/value.js';
import { checkFeeds } from './feeds.js';

const ports: Graph['inputs'] = graphOf({
  inputs: [
    value('x', ['N', 3]),
    value('ids', ['N', 'T'], 'int64'),
    value('mask', ['N', 'T'], 'bool'),
    value('h', [1], 'float16'),
  ],
  outputs: [],
  nodes: [],
}).inputs;

const good: Feeds = {
  x: floats([2, 3], [1, 2, 3, 4, 5, 6]),
  ids: ints([1, 2, 3, 4], [2, 2]),
  mask: { dtype: 'bool', dims: [2, 2], data: Uint8Array.of(1, 0, 1, 1) },
  h: { dtype: 'float16', dims: [1], data: Uint16Array.of(0x3c00) },
};

test('good feeds pass as they are, without a copy', () => {
  const checked = checkFeeds(ports, good);
  expect(Object.keys(checked)).toEqual(['x', 'ids', 'mask', 'h']);
  expect(checked.x.data).toBe((good.x as Constant).data);
});

test('a tensor is converted to the float type of its input', () => {
  const t = tensor([1, 2, 3, 4, 5, 6], [2, 3]);
  expect(checkFeeds(ports, { ...good, x: t }).x).toEqual(good.x);
  expect(checkFeeds(ports, { ...good, h: tensor([1], [1]) }).h).toEqual(good.h);
});

const bad: readonly (readonly [string, Feeds, string, RegExp])[] = [
  ['nothing', {}, 'feed-name', /input "x".*got none/],
  ['one input missing', (({ ids, ...rest }) => rest)(good), 'feed-name', /input "ids"/],
  ['a name too many', { ...good, y: floats([1], [1]) }, 'feed-name', /got "y"/],
  ['an inherited name only', Object.create(good), 'feed-name', /input "x"/],
  ['a bare number', { ...good, x: 1 as never }, 'feed-type', /got number/],
  ['null', { ...good, x: null as never }, 'feed-type', /input "x"/],
  [
    'another element type',
    { ...good, x: { ...floats([2, 3], []), dtype: 'float64' } as Constant },
    'feed-type',
    /expected float32, got float64/,
  ],
  [
    'a plain array',
    { ...good, x: { dtype: 'float32', dims: [2, 3], data: [1, 2, 3, 4, 5, 6] as never } },
    'feed-type',
    /Float32Array.*got Array/,
  ],
  [
    'numbers for int64',
    { ...good, ids: { dtype: 'int64', dims: [2, 2], data: Int32Array.of(1, 2, 3, 4) } },
    'feed-type',
    /BigInt64Array.*Int32Array/,
  ],
  ['a tensor for int64', { ...good, ids: tensor([1, 2, 3, 4], [2, 2]) }, 'feed-type', /int64/],
  [
    'shared memory',
    { ...good, x: { dtype: 'float32', dims: [2, 3], data: new Float32Array(new SharedArrayBuffer(24)) } },
    'feed-type',
    /SharedArrayBuffer/,
  ],
  ['too few elements', { ...good, x: floats([2, 3], [1, 2, 3]) }, 'feed-shape', /6 elements.*got 3/],
  ['an axis too few', { ...good, x: floats([3], [1, 2, 3]) }, 'feed-shape', /\[N, 3\].*Add the batch axis/],
  ['another width', { ...good, x: floats([2, 4], Array(8).fill(1)) }, 'feed-shape', /\[N, 3\].*got \[2, 4\]/],
  [
    'rows that differ between inputs',
    { ...good, ids: ints([1, 2], [1, 2]) },
    'feed-shape',
    /N = 2.*got \[1, 2\]/,
  ],
  [
    'axes of one symbol that differ',
    { ...good, mask: { dtype: 'bool', dims: [2, 1], data: Uint8Array.of(1, 1) } },
    'feed-shape',
    /T = 2/,
  ],
  ['NaN', { ...good, x: floats([2, 3], [1, 2, 3, 4, NaN, 6]) }, 'feed-value', /NaN at \[1, 1\]/],
  [
    'infinity',
    { ...good, x: floats([2, 3], [1, 2, -Infinity, 4, 5, 6]) },
    'feed-value',
    /-Infinity at \[0, 2\]/,
  ],
  [
    'float16 infinity',
    { ...good, h: { dtype: 'float16', dims: [1], data: Uint16Array.of(0x7c00) } },
    'feed-value',
    /at \[0\]/,
  ],
  [
    'a flag of 7',
    { ...good, mask: { dtype: 'bool', dims: [2, 2], data: Uint8Array.of(1, 0, 7, 1) } },
    'feed-value',
    /7 at \[1, 0\]/,
  ],
];

test.each(bad)('%s is refused', (_, feeds, code, message) => {
  let error: unknown;
  try {
    checkFeeds(ports, feeds);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
});
