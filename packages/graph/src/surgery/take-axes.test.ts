import { expect, test } from 'vitest';
import { codeOf, graphOf, node, value } from '../../test/graphs.js';
import { numArray } from '../interpreter/array.js';
import { interpret } from '../interpreter/interpret.js';
import { verify } from '../ir/verify.js';
import { type AxisTake, takeAxes } from './take-axes.js';

const SIZES: readonly number[] = [2, 3, 4];
const ROWS = 2;
const numbers = Array.from({ length: ROWS * 24 }, (_, i) => Math.sin(7 * i) * 3);
const weights = Array.from({ length: 24 }, (_, i) => Math.cos(i));

const graph = graphOf({
  inputs: [value('x', ['N', ...SIZES]), value('w', [1, 'a', 'b', 'c'])],
  outputs: [value('y', ['N', ...SIZES])],
  nodes: [node('y = Identity(x)')],
});

/** Dims of w that fit weights to the axes of sums, and the weights themselves. */
const weighted = (axes: readonly AxisTake[]) => {
  const dims = axes.map((take, i) => (take === 'sum' ? SIZES[i] : 1));
  return {
    dims,
    data: weights.slice(
      0,
      dims.reduce((a, b) => a * b),
    ),
  };
};

/** From the definition, one row: loops over the kept axes, then sums of (weighted) maxima. */
function slow(row: readonly number[], axes: readonly AxisTake[], weigh: boolean): readonly number[] {
  const w = weighted(axes);
  const placesFor = (takes: readonly AxisTake[], fixed: readonly number[]) =>
    SIZES.reduce<number[][]>(
      (places, size, i) =>
        places.flatMap((place) =>
          takes.includes(axes[i])
            ? Array.from({ length: size }, (_, k) => [...place, k])
            : [[...place, fixed[i] ?? 0]],
        ),
      [[]],
    );
  const entry = ([i, j, k]: readonly number[]) => row[(i * 3 + j) * 4 + k];
  const chosen = axes.map((take) => (typeof take === 'number' ? take : 0));
  return placesFor(['all'], chosen).map((kept) =>
    placesFor(['sum'], kept).reduce((sum, at) => {
      const best = Math.max(...placesFor(['max'], at).map(entry));
      const [i, j, k] = at.map((index, axis) => (axes[axis] === 'sum' ? index : 0));
      return sum + best * (weigh ? w.data[(i * w.dims[1] + j) * w.dims[2] + k] : 1);
    }, 0),
  );
}

const TAKES: readonly AxisTake[] = ['all', 'sum', 'max', 1];
const every = TAKES.flatMap((a) => TAKES.flatMap((b) => TAKES.map((c) => [a, b, c] as const)));

test('all combinations along three axes equal loops over the definition, with weights and without', () => {
  for (const axes of every) {
    for (const weigh of [false, true]) {
      const taken = takeAxes(graph, { of: 'y', axes, weights: weigh ? 'w' : undefined });
      verify(taken.graph);
      const { dims, data } = weighted(axes);
      const feeds = {
        x: numArray('float32', [ROWS, ...SIZES], numbers),
        w: numArray('float32', [1, ...dims], data),
      };
      const found = interpret(taken.graph, feeds)[taken.name];
      const kept = SIZES.filter((_, i) => axes[i] === 'all');
      expect([axes, found.dims]).toEqual([axes, [ROWS, ...kept]]);
      const wanted = [numbers.slice(0, 24), numbers.slice(24)].flatMap((row) => slow(row, axes, weigh));
      for (const [i, number] of wanted.entries()) expect(found.data[i]).toBeCloseTo(number, 4);
    }
  }
});

test('unknown sizes are accepted, but an unknown rank is refused', () => {
  const open = (dims: readonly (number | string)[] | undefined) =>
    graphOf({
      inputs: [value('x', dims)],
      outputs: [value('y', dims)],
      nodes: [node('y = Identity(x)')],
    });
  const { graph: found, name } = takeAxes(open(['N', 'h', 'w']), { of: 'y', axes: [1, 'sum'] });
  const feeds = { x: numArray('float32', [1, 2, 3], [1, 2, 3, 10, 20, 30]) };
  expect([...interpret(found, feeds)[name].data]).toEqual([60]);
  expect(codeOf(() => takeAxes(open(undefined), { of: 'y', axes: [1, 'sum'] }))).not.toBe('foreign');
});
