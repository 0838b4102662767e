/** Generators of nodes that move elements. */
import { sizeOf } from '@onnxplain/core';
import { attr, numArray } from '../../src/index.js';
import type { NodeGenerator } from './arithmetic-generators.js';
import type { GrowingGraph } from './growing-graph.js';
import { anyAxis, axisAttribute, broadcastable, fit, number, within, withRank } from './operands.js';

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Returns a constant of random indices into an axis, some counted from its end, with these dims. */
function indices(g: GrowingGraph, size: number, dims: readonly number[]): string {
  return g.constant(
    numArray(
      'int64',
      dims,
      range(sizeOf(dims)).map(() => g.draw.int(-size, size - 1)),
    ),
  );
}

function reshape(g: GrowingGraph): void {
  const x = g.pick();
  const size = sizeOf(g.dims(x));
  const divisors = range(size)
    .map((i) => i + 1)
    .filter((d) => size % d === 0);
  const a = g.draw.one(divisors);
  const target = g.draw.one([[-1], [a, -1], [1, a, size / a], [size / a, 1, -1]]);
  g.keep(g.emit('Reshape', [x, g.ints(target)]));
}

function transpose(g: GrowingGraph): void {
  const x = g.pick();
  const axes = range(g.dims(x).length);
  g.keep(
    g.draw.chance(0.2)
      ? g.emit('Transpose', [x])
      : g.emit('Transpose', [x], { perm: attr.ints(g.draw.shuffled(axes)) }),
  );
}

function rank(g: GrowingGraph): void {
  const x = g.pick();
  const dims = g.dims(x);
  const ones = range(dims.length).filter((axis) => dims[axis] === 1);
  if (ones.length > 0 && g.draw.chance(0.5))
    g.keep(g.emit('Squeeze', [x, g.ints(ones.slice(0, g.draw.int(1, ones.length)))]));
  else if (dims.length < 4)
    g.keep(g.emit('Unsqueeze', [x, g.ints([g.draw.int(-dims.length - 1, dims.length)])]));
  g.keep(g.emit('Flatten', [x], axisAttribute(g.draw.int(-dims.length, dims.length))));
}

function expand(g: GrowingGraph): void {
  const x = g.pick();
  const dims = g.dims(x);
  if (g.draw.chance(0.5)) {
    const small = fit(g, x, broadcastable(g, dims));
    g.keep(g.emit('Expand', [small, g.ints(dims)]));
  } else g.keep(g.emit('Tile', [x, g.ints(dims.map(() => g.draw.int(1, 2)))]));
}

function concat(g: GrowingGraph): void {
  const x = g.pick();
  const axis = anyAxis(g, x);
  if (axis === undefined) return;
  const dims = [...g.dims(x)];
  dims.splice(axis, 1, g.draw.int(1, 3));
  g.keep(
    g.emit(
      'Concat',
      g.draw.shuffled([x, fit(g, g.pick(), dims), x]).slice(0, g.draw.int(1, 3)),
      axisAttribute(axis),
    ),
  );
}

function split(g: GrowingGraph): void {
  const x = g.pick();
  const axis = anyAxis(g, x);
  const size = axis === undefined ? 0 : (g.dims(x).at(axis) ?? 0);
  if (axis === undefined || size < 2) return;
  const first = g.draw.int(1, size - 1);
  const parts = g.draw.chance(0.5)
    ? g.emitMany('Split', [x, g.ints([first, size - first])], 2, axisAttribute(axis))
    : g.emitMany('Split', [x], 2, { ...axisAttribute(axis), num_outputs: attr.int(2) });
  for (const part of parts) g.keep(part);
}

function slice(g: GrowingGraph): void {
  const x = g.pick();
  const axis = anyAxis(g, x);
  if (axis === undefined) return;
  const size = g.dims(x).at(axis) ?? 1;
  const from = g.draw.int(0, size - 1);
  const step = g.draw.one([1, 1, 2, -1, -2]);
  const [start, end] =
    step > 0
      ? [from, g.draw.one([size, size + 3, Math.max(from + 1, size - 1)])]
      : [from, g.draw.one([-size - 1, Math.max(from - 2, -size - 1)])];
  g.keep(
    g.emit('Slice', [
      x,
      g.ints([g.draw.chance(0.3) ? start - size : start]),
      g.ints([end < 0 || step > 0 ? end : end - size]),
      g.ints([axis]),
      g.ints([step]),
    ]),
  );
}

function pad(g: GrowingGraph): void {
  const x = withRank(g, g.pick(), 1);
  const dims = g.dims(x);
  const mode = g.draw.one(['constant', 'constant', 'reflect', 'edge', 'wrap']);
  const amount = (size: number) =>
    g.draw.int(mode === 'constant' && size > 1 ? -1 : 0, Math.min(2, mode === 'reflect' ? size - 1 : size));
  const amounts = [...dims.map(amount), ...dims.map(amount)];
  if (dims.some((size, i) => size + amounts[i] + amounts[i + dims.length] < 1)) return;
  const value = mode === 'constant' && g.draw.chance(0.5) ? [fit(g, g.pick(), [])] : [];
  g.keep(g.emit('Pad', [x, g.ints(amounts), ...value], { mode: attr.string(mode) }));
}

function gather(g: GrowingGraph): void {
  const x = withRank(g, g.pick(), 1);
  const dims = g.dims(x);
  const axis = anyAxis(g, x) ?? 0;
  const size = dims.at(axis) ?? 1;
  const how = g.draw.int(0, 2);
  if (how === 0)
    g.keep(g.emit('Gather', [x, indices(g, size, g.draw.one([[], [3], [2, 2]]))], axisAttribute(axis)));
  else if (how === 1)
    g.keep(
      g.emit(
        'GatherElements',
        [
          x,
          indices(
            g,
            size,
            dims.map((n, i) => (i === (axis + dims.length) % dims.length ? 2 : n)),
          ),
        ],
        axisAttribute(axis),
      ),
    );
  else g.keep(g.emit('GatherND', [x, tuples(g, dims, 3)]));
}

/** Returns a constant of random index tuples into the first axes. */
function tuples(g: GrowingGraph, dims: readonly number[], n: number): string {
  const depth = g.draw.int(1, dims.length);
  const rows = range(n).flatMap(() => dims.slice(0, depth).map((size) => g.draw.int(-size, size - 1)));
  return g.constant(numArray('int64', [n, depth], rows));
}

function scatter(g: GrowingGraph): void {
  const x = withRank(g, g.pick(), 1);
  const dims = g.dims(x);
  const reduction = attr.string(g.draw.one(['add', 'mul', 'max', 'min']));
  if (g.draw.chance(0.5)) {
    const axis = anyAxis(g, x) ?? 0;
    const shape = dims.map((n, i) => (i === (axis + dims.length) % dims.length ? 2 : n));
    g.keep(
      g.emit('ScatterElements', [x, indices(g, dims.at(axis) ?? 1, shape), fit(g, g.pick(), shape)], {
        ...axisAttribute(axis),
        reduction,
      }),
    );
  } else {
    const at = tuples(g, dims, 2);
    const updates = fit(g, g.pick(), [2, ...dims.slice(g.dims(at)[1])]);
    g.keep(g.emit('ScatterND', [x, at, updates], { reduction }));
  }
}

function triangle(g: GrowingGraph): void {
  const x = withRank(g, g.pick(), 2);
  const k = g.constant(numArray('int64', [], [g.draw.int(-2, 2)]));
  g.keep(g.emit('Trilu', g.draw.chance(0.5) ? [x] : [x, k], { upper: attr.int(g.draw.int(0, 1)) }));
}

function blocks(g: GrowingGraph): void {
  const deeper = g.draw.chance(0.5);
  const x = fit(g, g.pick(), deeper ? [1, g.draw.int(1, 2), 4, 2] : [1, 4 * g.draw.int(1, 2), 2, 1]);
  const blocksize = attr.int(2);
  const mode = attr.string(g.draw.one(['DCR', 'CRD']));
  g.keep(
    deeper ? g.emit('SpaceToDepth', [x], { blocksize }) : g.emit('DepthToSpace', [x], { blocksize, mode }),
  );
}

/** Of a few elements, so that their number does not change with the last digits. */
function sequence(g: GrowingGraph): void {
  const start = fit(g, g.pick(), []);
  const delta = within(g, fit(g, g.pick(), []), [0.3, 0.6]);
  const limit = g.value(start).data[0] + (g.draw.int(1, 5) - 0.5) * g.value(delta).data[0];
  g.keep(g.emit('Range', [start, number(g, limit), delta]));
}

export const movement: readonly (readonly [NodeGenerator, number])[] = [
  [reshape, 0.7], [transpose, 1], [rank, 0.5], [expand, 0.7], [concat, 1], [split, 0.7], [slice, 1], [pad, 1], [gather, 1],
  [scatter, 1], [triangle, 0.4], [blocks, 0.4], [sequence, 0.3],
]; // biome-ignore format: one list
