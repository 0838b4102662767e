import { describe, expect, it } from 'vitest';
import { graphOf, int64, value } from '../../../test/graphs.js';
import { run } from '../../../test/session.js';
import { builderOf } from '../../builder/build.js';
import { mathBuilder } from '../../builder/math-builder.js';
import { numArray } from '../../interpreter/array.js';
import { interpret } from '../../interpreter/interpret.js';
import type { Graph } from '../../ir/types.js';
import { scatterAdd } from './scatter-add.js';

const count = (dims: readonly number[]): number => dims.reduce((product, size) => product * size, 1);

/** data + updates at indices of a graph of those three inputs, or of known indices. */
function added(data: readonly number[], tuples: readonly (readonly number[])[], isKnown = false) {
  const depth = tuples[0].length;
  const updates = [tuples.length, ...data.slice(depth)];
  const at = int64(tuples.flat(), [tuples.length, depth]);
  const inputs = [value('data', data), value('updates', updates)];
  const b = mathBuilder(
    builderOf(
      graphOf({
        inputs: isKnown ? inputs : [...inputs, value('indices', at.dims, 'int64')],
        constants: isKnown ? { indices: at } : {},
      }),
    ),
  );
  const name = scatterAdd(b, 'ScatterND', { data: 'data', indices: 'indices', updates: 'updates' });
  const feeds = {
    data: numArray('float32', data, new Float64Array(count(data)).fill(1)),
    updates: numArray(
      'float32',
      updates,
      Float64Array.from({ length: count(updates) }, (_, i) => i % 7),
    ),
    ...(!isKnown && { indices: numArray('int64', [tuples.length, depth], tuples.flat()) }),
  };
  return { graph: b.build([{ name, ...b.type(name) }]), feeds, name };
}

/** One addition after the other. */
function expected(data: readonly number[], tuples: readonly (readonly number[])[]): number[] {
  const sum = new Array<number>(count(data)).fill(1);
  const size = count(data.slice(tuples[0].length));
  tuples.forEach((tuple, t) => {
    const place = tuple.reduce(
      (at, index, axis) => at * data[axis] + (index < 0 ? index + data[axis] : index),
      0,
    );
    for (let i = 0; i < size; i++) sum[place * size + i] += (t * size + i) % 7;
  });
  return sum;
}

const operators = ({ nodes }: Graph) => nodes.map(({ op }) => op).filter((op) => op.startsWith('Scatter'));
const repeated = (length: number, tuple: (i: number) => readonly number[]) =>
  Array.from({ length }, (_, i) => tuple(i));

describe('additions by index', () => {
  const [few, many] = [repeated(20, (i) => [i % 3]), repeated(5000, (i) => [i % 3])];

  it.each([
    ['rows', [3, 4], repeated(3000, (i) => [(i * 7) % 3])],
    ['places counted from the end', [3, 4], repeated(3000, (i) => [((i * 7) % 6) - 3])],
    ['single elements', [3, 4], repeated(9000, (i) => [i % 3, (i % 8) - 4])],
    ['slices of two axes', [2, 3, 2, 2], repeated(3000, (i) => [i % 2, i % 3])],
  ])('of many updates are the sum of all: %s', async (_, data, tuples) => {
    const { graph, feeds, name } = added(data, tuples);
    expect(operators(graph)).toEqual(['ScatterElements']);
    expect(Array.from(interpret(graph, feeds)[name].data)).toEqual(expected(data, tuples));
    expect(Array.from((await run(graph, feeds))[name].data)).toEqual(expected(data, tuples));
  });

  it('of few updates, or at known places that differ, stay one operator', () => {
    expect(operators(added([3, 4], few).graph)).toEqual(['ScatterND']);
    expect(
      operators(
        added(
          [5000, 4],
          repeated(5000, (i) => [4999 - i]),
          true,
        ).graph,
      ),
    ).toEqual(['ScatterND']);
  });

  it('at known places of which some are equal, or may be, do not', () => {
    expect(operators(added([3, 4], many, true).graph)).toEqual(['ScatterElements']);
    expect(
      operators(
        added(
          [5000, 4],
          repeated(5000, (i) => [i - 5000]),
          true,
        ).graph,
      ),
    ).toEqual(['ScatterElements']);
  });
});
