import { describe, expect, it } from 'vitest';
import { graphOf, node, value } from '../../test/graphs.js';
import { attributes, random } from '../../test/samples/make.js';
import { grad } from '../autodiff/grad.js';
import { ruleTable } from '../autodiff/tables/index.js';
import { numArray } from '../interpreter/array.js';
import { interpret } from '../interpreter/interpret.js';
import type { Constant, Graph } from '../ir/types.js';
import { verify } from '../ir/verify.js';
import { lastState } from './last-state.js';

const [STEPS, HIDDEN] = [4, 3];

const integers = (dims: readonly number[], ...list: readonly number[]): Constant => ({
  dtype: 'int64',
  dims,
  data: BigInt64Array.from(list, BigInt),
});

const weights = (dims: readonly number[], seed: number): Constant => ({
  dtype: 'float32',
  dims,
  data: Float32Array.from(random(dims, seed, [-1, 1]).data),
});

interface Reading {
  readonly op?: 'LSTM' | 'GRU' | 'RNN';
  readonly direction?: string;
  readonly lengths?: readonly number[];
  readonly index?: Constant;
  /** The nodes from the states s [T, N, H] to y. */
  readonly nodes?: readonly ReturnType<typeof node>[];
}

/** The states of a layer at one step of all sequences, as exporters write it. */
function reading({ op = 'LSTM', direction = 'forward', lengths, index, nodes }: Reading = {}): Graph {
  const rows = { LSTM: 4, GRU: 3, RNN: 1 }[op] * HIDDEN;
  const attribute = attributes({ hidden_size: HIDDEN, direction });
  const batchFirst = [
    node('batched = Transpose(s)', { perm: { kind: 'ints', value: [1, 0, 2] } }),
    node('y = Gather(batched, index)', attributes({ axis: 1 })),
  ];
  const layer = node(`all, last = ${op}(x, w, r, , ${lengths ? 'lengths' : ''})`, attribute);
  return graphOf({
    inputs: [value('x', [STEPS, 'N', 2])],
    outputs: [value('y', undefined)],
    constants: {
      w: weights([1, rows, 2], 401),
      r: weights([1, rows, HIDDEN], 402),
      one: integers([1], 1),
      index: index ?? integers([], -1),
      ...(lengths && { lengths: { dtype: 'int32', dims: [lengths.length], data: Int32Array.from(lengths) } }),
    },
    nodes: [layer, node('s = Squeeze(all, one)'), ...(nodes ?? batchFirst)],
  });
}

const x = random([STEPS, 2, 2], 403);
const gathers = (graph: Graph): boolean => graph.nodes.some(({ op }) => op === 'Gather');
const timeFirst = [node('y = Gather(s, index)')];

describe('lastState', () => {
  it.each([
    ['an LSTM, batch first', {}],
    ['a GRU, time first', { op: 'GRU', nodes: timeFirst }],
    ['an RNN by the number of its last step', { op: 'RNN', index: integers([], STEPS - 1) }],
  ] as const)('reads the last state of %s, and changes no value', (_, options) => {
    const graph = reading(options);
    const moved = lastState(graph);
    verify(moved);
    expect(gathers(moved)).toBe(false);
    expect(interpret(moved, { x }).y).toEqual(interpret(graph, { x }).y);
  });

  it('leaves another step, the reverse direction, sequences of different lengths, and exchanged axes', () => {
    const exchanged = [
      node('turned = Transpose(s)', { perm: { kind: 'ints', value: [0, 2, 1] } }),
      node('y = Gather(turned, index)'),
    ];
    for (const other of [
      reading({ index: integers([], 2) }),
      reading({ direction: 'reverse' }),
      reading({ lengths: [4, 2] }),
      reading({ nodes: exchanged }),
    ]) {
      expect(lastState(other)).toEqual(other);
    }
  });

  it('keeps values that must stay between the layer and the step', () => {
    for (const name of ['all', 's', 'batched'])
      expect(gathers(lastState(reading(), new Set([name])))).toBe(true);
  });

  it('changes no derivative', () => {
    const graph = reading();
    const target = numArray('int64', [2], Float64Array.of(1, 2));
    const asItStands = { ...ruleTable('gradient'), prepare: undefined };
    const [moved, left] = [grad(graph), grad(graph, { table: asItStands })].map(
      (one) => interpret(one, { x, target }).gradient.data,
    );
    moved.forEach((each, i) => {
      expect(each).toBeCloseTo(Number(left[i]), 12);
    });
  });
});
