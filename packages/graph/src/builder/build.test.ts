import { describe, expect, expectTypeOf, it } from 'vitest';
import { codeOf, float32, graphOf, int64, node, value } from '../../test/graphs.js';
import type { Op } from '../ir/ops.js';
import { builderOf, emptyBuilder } from './build.js';
import { attr, type Builder } from './builder.js';

const started = () =>
  builderOf(
    graphOf({
      inputs: [value('x', ['N', 3]), value('h', ['N', 3], 'float16'), value('s', ['N', 'M'])],
      outputs: [value('y', undefined)],
      nodes: [node('y = Relu(x)')],
      constants: { w: float32([3], [1, 2, 3]), t: int64([2, 3]) },
    }),
  );

describe('a builder', () => {
  it('returns the first outputs when the same node is emitted again, also one of the graph', () => {
    const b = started();
    expect(b.emit('Relu', ['x'])).toBe('y');
    const soft = b.emit('Softmax', ['x'], { axis: attr.int(1) });
    expect(b.emit('Softmax', ['x'], { axis: attr.int(1) })).toBe(soft);
    expect(b.emit('Softmax', ['x'], { axis: attr.int(0) })).not.toBe(soft);
    expect(b.emit('Elu', ['x'], { alpha: attr.float(-0) })).not.toBe(
      b.emit('Elu', ['x'], { alpha: attr.float(0) }),
    );
  });

  it('takes the operators of the canonical form only: another name does not compile', () => {
    expectTypeOf<Parameters<Builder['emit']>[0]>().toEqualTypeOf<Op>();
    expectTypeOf<Parameters<Builder['emitMany']>[0]>().toEqualTypeOf<Op>();
  });

  it('shares equal small constants, but neither other bits nor other types', () => {
    const b = started();
    expect(b.constant(float32([3], [1, 2, 3]))).toBe('w');
    expect(b.ints([2, 3])).toBe('t');
    expect(b.constant(float32([1, 3], [1, 2, 3]))).not.toBe('w');
    expect(b.scalar(0, 'x')).not.toBe(b.scalar(-0, 'x'));
    expect(b.scalar(1, 'x')).not.toBe(b.scalar(1, 'h'));
    expect(b.constantOf(b.scalar(1.5, 'h'))).toEqual({
      dtype: 'float16',
      dims: [],
      data: Uint16Array.of(0x3e00),
    });
  });

  it('computes integers that follow from known shapes', () => {
    const b = started();
    const columns = b.emit('Gather', [b.shape('x'), b.ints([1])]);
    expect(b.constantOf(columns)?.data).toEqual(BigInt64Array.of(3n));
    expect(b.constantOf(b.emit('Mul', [columns, b.ints([4])]))?.data).toEqual(BigInt64Array.of(12n));
    expect(b.constantOf(b.shape('x'))).toBeUndefined();
    const graph = b.build([]);
    expect(graph.nodes.map(({ op }) => op)).toEqual(['Relu', 'Shape']);
  });

  it('spells a shape with one symbol as a Reshape target, and asks at run time for two', () => {
    const b = started();
    expect(b.constantOf(b.reshapeTarget('x'))?.data).toEqual(BigInt64Array.of(-1n, 3n));
    expect(b.constantOf(b.reshapeTarget('s'))).toBeUndefined();
    expect(b.reshapeTarget('s')).toBe(b.shape('s'));
  });

  it('reads a size from the only input that has it, so that no value is computed for its shape', () => {
    const classes = value('target', ['N'], 'int64');
    const metadata = { 'onnxplain.target': 'target' };
    const b = builderOf({ ...graphOf({ inputs: [value('x', ['N', 3]), classes] }), metadata });
    const wide = b.emit('Concat', ['x', 'x'], { axis: attr.int(1) });
    const shapes = [b.shape(wide), b.sizeOf(wide, 0)];
    const made = b.build([]).nodes;
    const makers = shapes.map((name) => made.find(({ outputs }) => outputs[0] === name));
    expect(makers.map((maker) => [maker?.op, maker?.inputs])).toEqual([
      ['Concat', [shapes[1], b.ints([6])]],
      ['Shape', ['x']],
    ]);
  });

  it('reads a size from the value where the name of the size stands twice', () => {
    const twice = [
      [value('x', ['N', 'N'])],
      [value('x', ['N', 'M']), value('other', ['N', 'M'])],
      [value('x', ['N', 3]), value('indices', ['N'], 'int64')],
    ];
    for (const inputs of twice) {
      const b = builderOf(graphOf({ inputs, outputs: [] }));
      const y = b.emit('Exp', ['x']);
      for (const name of [b.shape(y), b.sizeOf(y, 0)])
        expect(b.build([]).nodes.find(({ outputs }) => outputs[0] === name)?.inputs).toEqual([y]);
    }
  });

  it('never makes a name that the graph has, inner graphs included', () => {
    const inner = graphOf({ outputs: [value('Relu_2', undefined)], nodes: [node('Relu_2 = Exp(x)')] });
    const b = builderOf(
      graphOf({
        inputs: [value('x', [2]), value('c', [], 'bool')],
        outputs: [value('Relu_1', undefined)],
        nodes: [
          node('Relu_1 = Exp(x)'),
          node('z = If(c)', {
            then_branch: { kind: 'graph', value: inner },
            else_branch: { kind: 'graph', value: inner },
          }),
        ],
      }),
    );
    expect(b.emit('Relu', ['x'])).toBe('Relu_3');
  });

  it('knows types, and says so when it does not', () => {
    const b = started();
    expect(b.dims('y')).toEqual(['N', 3]);
    expect(b.dtype('h')).toBe('float16');
    expect(b.rank(b.emit('Unsqueeze', ['x', b.ints([0])]))).toBe(3);
    expect(codeOf(() => b.type('nothing'))).toBe('value-unknown');
    const open = b.emit('Reshape', ['x', b.emit('Reshape', [b.emit('NonZero', ['x']), b.ints([-1])])]);
    expect(codeOf(() => b.dims(open))).toBe('shape-mismatch');
  });

  it('builds from nothing', () => {
    const b = emptyBuilder(18);
    const sum = b.emit('Add', [b.constant(float32([2], [1, 2])), b.constant(float32([2], [3, 4]))]);
    const graph = b.build([{ name: sum, ...b.type(sum) }]);
    expect(graph.opsets).toEqual({ '': 18 });
    expect(graph.constants.size).toBe(2);
  });
});
