import { expect, test } from 'vitest';
import { attr } from '../builder/builder.js';
import type { Dims, Graph, Node } from '../ir/types.js';
import { unifySymbols } from './unify-symbols.js';

const concat = (inputs: readonly string[], output: string, axis: number): Node => ({
  ...{
    op: 'Concat',
    domain: '',
    name: output,
    inputs,
    outputs: [output],
    attributes: { axis: attr.int(axis) },
  },
});

function graphOf(dims: Readonly<Record<string, Dims>>, nodes: readonly Node[]): Graph {
  return {
    name: 'g',
    opsets: { '': 17 },
    inputs: Object.entries(dims).map(([name, each]) => ({ name, dtype: 'float32', dims: each })),
    outputs: [{ name: 'y', dtype: 'float32', dims: ['c', 3] }],
    constants: new Map(),
    nodes,
    metadata: {},
    functions: [],
    declared: new Map([['y', { dtype: 'float32', dims: ['b', 3] }]]),
  };
}

const columns = { x: ['a', 1], z: ['b', 1], w: ['c', 1] } as const;
const rowsOf = ({ inputs }: Graph) => inputs.map(({ dims }) => dims?.[0]);

test.each([1, -1])('columns that are put side by side (axis %i) have one name for their rows', (axis) => {
  const graph = unifySymbols(graphOf(columns, [concat(['x', 'z', 'w'], 'y', axis)]));
  expect(rowsOf(graph)).toEqual(['a', 'a', 'a']);
  expect(graph.outputs[0].dims).toEqual(['a', 3]);
  expect(graph.declared.get('y')?.dims).toEqual(['a', 3]);
});

test('the rows of a chain of columns get one symbol', () => {
  const chain = [concat(['z', 'w'], 'v', 1), concat(['x', 'v'], 'y', 1)];
  expect(new Set(rowsOf(unifySymbols(graphOf(columns, chain)))).size).toBe(1);
});

test('rows that are concatenated along their own axis keep their symbols', () => {
  const graph = graphOf(columns, [concat(['x', 'z', 'w'], 'y', 0)]);
  expect(unifySymbols(graph)).toBe(graph);
});

test('a size that is known is not renamed, nor a symbol of one input alone', () => {
  const known = graphOf({ x: ['a', 1], z: [2, 1], w: ['c', 1] }, [concat(['x', 'z'], 'y', 1)]);
  expect(unifySymbols(known)).toBe(known);
});
