import { expect, test } from 'vitest';
import { codeOf, float32, graphOf, int64, node, value } from '../../test/graphs.js';
import { attr } from '../builder/builder.js';
import { numArray } from '../interpreter/array.js';
import { interpret } from '../interpreter/interpret.js';
import type { Dim, Graph, Node } from '../ir/types.js';
import { verify } from '../ir/verify.js';
import { type Link, select } from './select.js';

const model = (dims: readonly Dim[], nodes: readonly Node[] = [node('y = Identity(x)')]): Graph =>
  graphOf({ inputs: [value('x', dims)], outputs: [value('y', dims)], nodes });

const rows = [
  [1, 4, -2],
  [0.5, 0.5, 3],
];
const targets = [2, 0];

/** The scores that select's graph computes for the rows above. */
function scores(graph: Graph, link: Link, dims: readonly number[]): readonly number[] {
  const selected = select(graph, { output: 'y', link });
  verify(selected);
  const feeds = {
    x: numArray(
      'float32',
      dims,
      rows.flat().slice(
        0,
        dims.reduce((a, b) => a * b),
      ),
    ),
    target: numArray('int64', [dims[0]], targets.slice(0, dims[0])),
  };
  return [...interpret(selected, feeds).score.data];
}

const softmax = (row: readonly number[]) => {
  const sum = row.reduce((total, z) => total + Math.exp(z), 0);
  return row.map((z) => Math.exp(z) / sum);
};
const others = (row: readonly number[], target: number) => row.filter((_, j) => j !== target);

const LINKS: Readonly<Record<Link, (row: readonly number[], target: number) => number>> = {
  logit: (row, target) => row[target],
  probability: (row, target) => softmax(row)[target],
  margin: (row, target) => row[target] - Math.max(...others(row, target)),
};

const expectClose = (got: readonly number[], wanted: readonly number[]) => {
  expect(got).toHaveLength(wanted.length);
  got.forEach((number, i) => {
    expect(number).toBeCloseTo(wanted[i], 6);
  });
};

test.each(Object.keys(LINKS) as Link[])(
  '%s of [N, C] and of [N, C, 1, 1] is what its formula says',
  (link) => {
    const wanted = rows.map((row, i) => LINKS[link](row, targets[i]));
    expectClose(scores(model(['N', 3]), link, [2, 3]), wanted);
    expectClose(scores(model(['N', 3, 1, 1]), link, [2, 3, 1, 1]), wanted);
    expectClose(scores(model([2, 3]), link, [2, 3]), wanted);
  },
);

test.each(['logit', 'probability'] as const)('%s works where the number of classes is not known', (link) => {
  expectClose(
    scores(model(['N', 'C']), link, [2, 3]),
    rows.map((row, i) => LINKS[link](row, targets[i])),
  );
});

test('the only number of a row is its score for target 0, and its probability a sigmoid', () => {
  for (const dims of [['N'], ['N', 1]]) {
    const graph = model(dims);
    const selected = select(graph, { output: 'y' });
    const feeds = {
      x: numArray('float32', dims.length === 1 ? [2] : [2, 1], [3, -1]),
      target: numArray('int64', [2], [0, 0]),
    };
    expect([...interpret(selected, feeds).score.data]).toEqual([3, -1]);
    const squashed = interpret(select(graph, { output: 'y', link: 'probability' }), feeds).score.data;
    expectClose([...squashed], [1 / (1 + Math.exp(-3)), 1 / (1 + Math.exp(1))]);
  }
});

test('the target indexes the flattened scores of all positions', () => {
  const feeds = { x: numArray('float32', [1, 2, 3], rows.flat()), target: numArray('int64', [1], [5]) };
  expect(interpret(select(model(['N', 2, 3]), { output: 'y' }), feeds).score.data).toEqual(
    Float64Array.of(3),
  );
});

test('infinite scores of other classes do not change the selected one', () => {
  const feeds = {
    x: numArray('float32', [1, 3], [-Infinity, 2, Infinity]),
    target: numArray('int64', [1], [1]),
  };
  expect(interpret(select(model([1, 3]), { output: 'y' }), feeds).score.data).toEqual(Float64Array.of(2));
});

test('a probability gets no second softmax, and is returned unchanged for every link', () => {
  const graph = model(
    ['N', 3],
    [node('p = Softmax(x)', { axis: { kind: 'int', value: 1 } }), node('y = Identity(p)')],
  );
  const wanted = rows.map((row, i) => softmax(row)[targets[i]]);
  expectClose(scores(graph, 'logit', [2, 3]), wanted);
  expectClose(scores(graph, 'probability', [2, 3]), wanted);
});

test('log-probabilities become probabilities by their exponential, some classes of them too', () => {
  const graph = model(['N', 3], [node('y = LogSoftmax(x)', { axis: { kind: 'int', value: 1 } })]);
  expectClose(
    scores(graph, 'probability', [2, 3]),
    rows.map((row, i) => softmax(row)[targets[i]]),
  );
});

test('the option holds takes precedence over what the graph shows', () => {
  const graph = model(['N', 3], [node('y = Softmax(x)', { axis: { kind: 'int', value: 1 } })]);
  const selected = select(graph, { output: 'y', link: 'probability', holds: 'logits' });
  const feeds = { x: numArray('float32', [1, 3], rows[0]), target: numArray('int64', [1], [2]) };
  expectClose([...interpret(selected, feeds).score.data], [softmax(softmax(rows[0]))[2]]);
});

test('the new input and output come last and take another name where theirs is taken', () => {
  const graph = graphOf({
    inputs: [value('target', ['N', 2])],
    outputs: [value('y', ['N', 2]), value('score', ['N', 2])],
    nodes: [node('y = Neg(target)'), node('score = Exp(y)')],
  });
  const selected = select(graph, { output: 'score' });
  verify(selected);
  expect(selected.inputs.slice(0, 1)).toEqual(graph.inputs);
  expect(selected.outputs.slice(0, 2)).toEqual(graph.outputs);
  expect(selected.inputs.at(-1)).toMatchObject({ dtype: 'int64', dims: ['N'] });
  expect(selected.outputs.at(-1)).toMatchObject({ dtype: 'float32', dims: ['N'] });
  const names = [...selected.inputs, ...selected.outputs].map(({ name }) => name);
  expect(new Set(names).size).toBe(5);
});

test.each<[string, Graph, string, Link, string]>([
  ['an output that does not exist', model(['N', 3]), 'z', 'logit', 'name-unknown'],
  ['one number for all', model([]), 'y', 'logit', 'shape-mismatch'],
  ['the margin of one class', model(['N', 1]), 'y', 'margin', 'not-applicable'],
  ['the margin over two axes', model(['N', 3, 4]), 'y', 'margin', 'not-applicable'],
  ['the probability over two axes', model(['N', 'L', 4]), 'y', 'probability', 'not-applicable'],
  ['the margin of unknown classes', model(['N', 'C']), 'y', 'margin', 'not-applicable'],
  [
    'labels',
    graphOf({ inputs: [value('x', ['N'], 'int64')], outputs: [value('y', ['N'], 'int64')], nodes: [node('y = Identity(x)')] }),
    'y', 'logit', 'type-mismatch',
  ], // biome-ignore format: a row
])('%s is refused', (_, graph, output, link, code) => {
  expect(codeOf(() => select(graph, { output, link }))).toBe(code);
});

test('float32 weights are not copied', () => {
  const w = float32([2], [1, 2]);
  const graph = graphOf({
    inputs: [value('x', ['N', 2])],
    outputs: [value('y', ['N', 2])],
    nodes: [node('y = Mul(x, w)')],
    constants: { w },
  });
  expect(select(graph, { output: 'y' }).constants.get('w')).toBe(w);
});

test('an output that was reshaped to a column has the rows it had before', () => {
  const column = (nodes: readonly Node[]) =>
    graphOf({
      inputs: [value('x', ['N', 3])],
      outputs: [value('y', undefined)],
      constants: { shape: int64([-1, 1]) },
      nodes,
    });
  expect(scores(column([node('y = Reshape(x, shape)')]), 'logit', [2, 3])).toEqual([-2, 0.5]);
  const doubled = column([
    node('twice = Concat(x, x)', { axis: attr.int(0) }),
    node('y = Reshape(twice, shape)'),
  ]);
  expect(codeOf(() => select(doubled, { output: 'y' }))).toBe('shape-mismatch');
});
