import { describe, expect, test } from 'vitest';
import { float32, graphOf, int64, node, value } from '../../test/graphs.js';
import { numArray } from '../interpreter/array.js';
import { interpret } from '../interpreter/interpret.js';
import type { Attribute, Constant, Dim, Graph, Node } from '../ir/types.js';
import { verify } from '../ir/verify.js';
import { freeBatch } from './free-batch.js';

const int = (number: number): Attribute => ({ kind: 'int', value: number });
const ints = (...numbers: readonly number[]): Attribute => ({ kind: 'ints', value: numbers });
const ramp = (dims: readonly number[], scale = 1): Constant =>
  float32(
    dims,
    Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i + 1) * scale),
  );

const fixed = (from: readonly Dim[], to: readonly Dim[], nodes: readonly Node[], constants = {}): Graph =>
  graphOf({ inputs: [value('x', from)], outputs: [value('y', to)], nodes, constants });

/** Every row of a batch of three comes out as the row alone does. */
function expectRows(graph: Graph): void {
  const { graph: freed, freed: done, reason } = freeBatch(graph);
  expect([done, reason]).toEqual([true, 'batch 1 became N']);
  verify(freed);
  const { name, dims = [] } = graph.inputs[0];
  const rest = dims.slice(1).map(Number);
  const size = rest.reduce((a, b) => a * b, 1);
  const data = Float64Array.from({ length: 3 * size }, (_, i) => Math.cos(3 * i));
  const batch = interpret(freed, { [name]: numArray('float32', [3, ...rest], data) }).y;
  expect(batch.dims[0]).toBe(3);
  const length = batch.data.length / 3;
  for (let row = 0; row < 3; row++) {
    const single = numArray('float32', [1, ...rest], data.slice(row * size, (row + 1) * size));
    expect(batch.data.slice(row * length, (row + 1) * length)).toEqual(
      interpret(graph, { [name]: single }).y.data,
    );
  }
}

describe('a fixed batch of 1 is freed, and each row gives what it gave alone', () => {
  test('in the input alone', () => {
    expectRows(fixed([1, 4], [1, 4], [node('y = Relu(x)')]));
  });

  test.each([
    ['a first axis', [1, 24]],
    ['a first axis before one to fill', [1, -1]],
    ['a first axis among copied ones', [1, 0, 12]],
    ['a first axis with another of size 1 behind', [1, 1, 24]],
    ['a first axis to fill already', [-1, 6, 4]],
    ['a copied first axis', [0, -1]],
    ['a split', [1, 3, 2, 4]],
  ] as const)('in a Reshape with %s', (_, target) => {
    const sizes = target.map((size, i) => (size === 0 ? [1, 2, 12][i] : size));
    const known = sizes.filter((size) => size !== -1).reduce((a, b) => a * b, 1);
    const to = sizes.map((size) => (size === -1 ? 24 / known : size));
    expectRows(fixed([1, 2, 12], to, [node('y = Reshape(x, s)')], { s: int64(target) }));
  });

  test('in the heads of an attention layer that keeps time first', () => {
    // [1, 5, 6] -> [5, 1, 6] -> [5, 2 heads, 3] -> [2, 5, 3] -> attention -> back.
    const nodes = [
      node('t = Transpose(x)', { perm: ints(1, 0, 2) }),
      node('h = Reshape(t, split)'),
      node('q = Transpose(h)', { perm: ints(1, 0, 2) }),
      node('k = Transpose(h)', { perm: ints(1, 2, 0) }),
      node('a = MatMul(q, k)'),
      node('p = Softmax(a)', { axis: int(2) }),
      node('o = MatMul(p, q)'),
      node('r = Transpose(o)', { perm: ints(1, 0, 2) }),
      node('m = Reshape(r, merge)'),
      node('y = Transpose(m)', { perm: ints(1, 0, 2) }),
    ];
    expectRows(fixed([1, 5, 6], [1, 5, 6], nodes, { split: int64([5, 2, 3]), merge: int64([5, 1, 6]) }));
  });

  test('in rows of an attention layer that keeps time first, merged for a matrix product and split after it', () => {
    // [1, 5, 6] -> [5, 1, 2 heads, 3] -> [5, 6] -> Gemm -> [5, 2, 2] -> [5, 4] -> [5, 1, 4] -> [1, 5, 4].
    const nodes = [
      node('t = Transpose(x)', { perm: ints(1, 0, 2) }),
      node('h = Reshape(t, split)'),
      node('m = Reshape(h, merge)'),
      node('g = Gemm(m, w)'),
      node('p = Reshape(g, pairs)'),
      node('r = Relu(p)'),
      node('q = Reshape(r, flat)'),
      node('a = Reshape(q, apart)'),
      node('y = Transpose(a)', { perm: ints(1, 0, 2) }),
    ];
    const constants = {
      split: int64([5, 1, 2, 3]),
      merge: int64([5, 6]),
      w: ramp([6, 4]),
      pairs: int64([5, 2, 2]),
      flat: int64([5, 4]),
      apart: int64([5, 1, 4]),
    };
    expectRows(fixed([1, 5, 6], [1, 5, 4], nodes, constants));
  });

  test('in a class token that is repeated once', () => {
    const nodes = [node('y = Concat(token, x)', { axis: int(1) })];
    expectRows(fixed([1, 3, 4], [1, 4, 4], nodes, { token: ramp([1, 1, 4]) }));
  });

  test('in class tokens of frames that rows are merged into', () => {
    const nodes = [
      node('f = Reshape(x, frames)'),
      node('c = Concat(token, f)', { axis: int(1) }),
      node('y = Reshape(c, back)'),
    ];
    const constants = { frames: int64([2, 3, 4]), token: ramp([2, 1, 4]), back: int64([1, 32]) };
    expectRows(fixed([1, 6, 4], [1, 32], nodes, constants));
  });

  test('in a Slice that takes the whole batch', () => {
    const constants = { from: int64([0, 1]), to: int64([1, 3]), axes: int64([0, 1]) };
    expectRows(fixed([1, 4], [1, 2], [node('y = Slice(x, from, to, axes)')], constants));
  });

  test.each([
    ['of all axes', {}, [1, 2, 6, 5]],
    ['of chosen axes', { axes: ints(3, -4) }, [5, 1]],
  ] as const)('in the sizes of a Resize, %s', (_, attributes, sizes) => {
    const nodes = [
      node('y = Resize(x, , , s)', { mode: { kind: 'string', value: 'linear' }, ...attributes }),
    ];
    const to = sizes.length === 4 ? sizes : [1, 2, 3, 5];
    expectRows(fixed([1, 2, 3, 3], to, nodes, { s: int64(sizes) }));
  });

  test('in constant coordinates that begin with the number of the row, as masks of attention have them', () => {
    const at = int64([0, 3, 0, 1, 0, 1], [1, 1, 3, 2]);
    expectRows(fixed([1, 4], [1, 1, 3], [node('y = GatherND(x, at)')], { at }));
  });

  test('in coordinates that are the number of the row', () => {
    expectRows(fixed([1, 4], [1, 4], [node('y = GatherND(x, at)')], { at: int64([0], [1, 1]) }));
  });

  test('in indices into an axis that rows are merged into', () => {
    const nodes = [node('f = Reshape(x, flat)'), node('y = Gather(f, at)', { axis: int(0) })];
    expectRows(fixed([1, 4, 2], [1, 3, 2], nodes, { flat: int64([4, 2]), at: int64([3, 0, 1], [1, 3]) }));
  });

  test.each([[1], [2]])('in the target of an Expand, %i elements of a row before the others', (heads) => {
    const constants = {
      split: int64([heads, 4 / heads, 1]),
      to: int64([heads, 4 / heads, 3]),
      back: int64([1, 12]),
    };
    const nodes = [node('h = Reshape(x, split)'), node('e = Expand(h, to)'), node('y = Reshape(e, back)')];
    expectRows(fixed([1, 4], [1, 12], nodes, constants));
  });

  test.each([
    ['added', [node('y = Add(h, w)')]],
    ['multiplied as matrices', [node('y = MatMul(h, w)')]],
    ['chosen among', [node('c = Less(h, w)'), node('y = Where(c, h, w)')]],
    ['indices', [node('y = GatherElements(h, at)', { axis: int(-1) })]],
  ] as const)('in operands of one row that meet heads merged with rows: %s', (_, nodes) => {
    const constants = {
      split: int64([2, 3, 3]),
      w: ramp([2, 3, 3]),
      at: int64([2, 0, 1, 1, 1, 0, 2, 2, 0, 1, 2, 0, 0, 1, 1, 2, 0, 0], [2, 3, 3]),
      back: int64([1, 18]),
    };
    const all = [node('h = Reshape(x, split)'), ...nodes.slice(0, -1)];
    const last = { ...nodes[nodes.length - 1], outputs: ['r'] };
    expectRows(fixed([1, 2, 9], [1, 18], [...all, last, node('y = Reshape(r, back)')], constants));
  });

  test('in places of one row to which updates of every row are scattered', () => {
    const constants = { zeros: ramp([1, 4]), at: int64([3, 0, 1], [1, 3]) };
    expectRows(
      fixed([1, 3], [1, 4], [node('y = ScatterElements(zeros, at, x)', { axis: int(1) })], constants),
    );
  });

  test('in the initial states of a recurrent network', () => {
    const nodes = [
      node('t = Transpose(x)', { perm: ints(1, 0, 2) }),
      node(', last = GRU(t, w, r, , , h)', { hidden_size: int(2) }),
      node('y = Squeeze(last, zero)'),
    ];
    const constants = { w: ramp([1, 6, 3]), r: ramp([1, 6, 2], 0.5), h: ramp([1, 1, 2]), zero: int64([0]) };
    expectRows(fixed([1, 5, 3], [1, 2], nodes, constants));
  });
});

test('a batch of 4 is freed as well', () => {
  const { graph, freed } = freeBatch(
    fixed([4, 6], [4, 2, 3], [node('y = Reshape(x, s)')], { s: int64([4, 2, 3]) }),
  );
  expect(freed).toBe(true);
  expect(graph.outputs[0].dims).toEqual(['N', 2, 3]);
  expect(graph.inputs[0].dims).toEqual(['N', 6]);
});

test.each<[string, Graph, RegExp]>([
  ['a batch that is free', fixed(['B', 2], ['B', 2], [node('y = Neg(x)')]), /symbolic already \(B\)/],
  [
    'an output without the batch',
    fixed([1, 2], [2], [node('y = ReduceMean(x, zero)', { keepdims: int(0) })], { zero: int64([0]) }),
    /output "y"/,
  ],
  [
    'a matrix made for one batch',
    fixed([2, 3], [2, 3], [node('y = MatMul(m, x)')], { m: ramp([2, 2]) }),
    /./,
  ],
  [
    'rows that are mixed',
    fixed([1, 2, 3], [1, 6], [node('t = Transpose(x)', { perm: ints(1, 0, 2) }), node('y = Reshape(t, s)')], {
      s: int64([1, 6]),
    }),
    /./,
  ],
  ['no input', graphOf({ outputs: [value('w', [1])], constants: { w: ramp([1]) } }), /no input/],
  [
    'inputs that disagree',
    graphOf({ inputs: [value('x', [1]), value('z', [3])], outputs: [value('x', [1])] }),
    /input "z"/,
  ],
])('%s stays as it is, with the reason', (_, graph, reason) => {
  const result = freeBatch(graph);
  expect(result.freed).toBe(false);
  expect(result.graph).toBe(graph);
  expect(result.reason).toMatch(reason);
});

test('the symbol is one that the graph does not use', () => {
  expect(freeBatch(fixed([1, 'N'], [1, 'N'], [node('y = Neg(x)')])).graph.inputs[0].dims).toEqual([
    'N_',
    'N',
  ]);
});
