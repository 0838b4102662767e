import { describe, expect, it } from 'vitest';
import { graphOf, node, value } from '../../test/graphs.js';
import { feedFor, runGraph } from '../../test/session.js';
import { attr } from '../builder/builder.js';
import { numArray } from '../interpreter/array.js';
import { interpret } from '../interpreter/interpret.js';
import type { DataType, Graph } from '../ir/types.js';
import { halfAdditions } from './half-additions.js';

const scattered = (op: 'ScatterElements' | 'ScatterND', dtype: DataType, reduction = 'add'): Graph =>
  graphOf({
    inputs: [
      value('data', ['N'], dtype),
      value('at', op === 'ScatterND' ? [4, 1] : [4], 'int64'),
      value('updates', [4], dtype),
    ],
    outputs: [value('y', ['N'], dtype)],
    nodes: [node(`y = ${op}(data, at, updates)`, { reduction: attr.string(reduction) })],
  });

const operators = ({ nodes }: Graph): readonly string[] => nodes.map(({ op }) => op);

describe.each(['ScatterElements', 'ScatterND'] as const)('%s that adds float16', (op) => {
  const plain = scattered(op, 'float16');
  const lowered = halfAdditions(plain);

  it('adds in float32, to the same sums', () => {
    expect(operators(lowered)).toEqual(['Cast', 'Cast', op, 'Cast']);
    const feeds = {
      data: numArray('float16', [3], [1, 0.5, -2]),
      at: numArray('int64', op === 'ScatterND' ? [4, 1] : [4], [0, 2, 0, 1]),
      updates: numArray('float16', [4], [0.25, 8, 3, -0.5]),
    };
    expect(Array.from(interpret(plain, feeds).y.data)).toEqual([4.25, 0, 6]);
    expect(interpret(lowered, feeds).y).toEqual(interpret(plain, feeds).y);
  });

  it('runs on the CPU provider, which refuses it as it stands', async () => {
    const at = feedFor('int64', op === 'ScatterND' ? [4, 1] : [4]);
    const feeds = { data: feedFor('float16', [8]), at, updates: feedFor('float16', [4], 2) };
    await expect(runGraph(plain, feeds)).rejects.toThrow();
    expect((await runGraph(lowered, feeds)).y.dims).toEqual([8]);
  });
});

it('other types and other reductions stay', () => {
  for (const graph of [scattered('ScatterND', 'float32'), scattered('ScatterElements', 'float64')])
    expect(halfAdditions(graph)).toEqual(graph);
  expect(operators(halfAdditions(scattered('ScatterND', 'float16', 'none')))).toEqual(['ScatterND']);
});
