import { describe, expect, it } from 'vitest';
import { codeOf, node } from '../../test/graphs.js';
import { attr } from '../builder/builder.js';
import { attributesOf } from './attributes.js';

describe('attributes of a node', () => {
  it('are those that it writes, else the defaults of its operator', () => {
    const gemm = attributesOf(node('y = Gemm(a, b)', { alpha: attr.float(2), transB: attr.int(1) }), 'Gemm');
    expect([gemm.alpha, gemm.beta, gemm.transA, gemm.transB]).toEqual([2, 1, false, true]);
    expect(attributesOf(node('y = Transpose(x)'), 'Transpose').perm).toBeUndefined();
  });

  it('have the defaults of its own operator, whichever of a family it is', () => {
    const axisOf = (text: string) => attributesOf(node(text), 'ArgMax', 'Softmax', 'LpNormalization').axis;
    expect(['y = ArgMin(x)', 'y = Hardmax(x)', 'y = LpNormalization(x)'].map(axisOf)).toEqual([0, -1, -1]);
  });

  it('take 1 for a float, and an empty list of another kind', () => {
    expect(attributesOf(node('y = Elu(x)', { alpha: attr.int(2) }), 'Elu').alpha).toBe(2);
    expect(attributesOf(node('y = Conv(x, w)', { pads: attr.floats([]) }), 'Conv').pads).toEqual([]);
  });

  it('read flags as ONNX Runtime does', () => {
    const flags = (value: number) => [
      attributesOf(node('y = ReduceSum(x)', { keepdims: attr.int(value) }), 'ReduceSum').keepdims,
      attributesOf(node('y = Trilu(x)', { upper: attr.int(value) }), 'Trilu').upper,
    ];
    expect([0, 1, 2].map(flags)).toEqual([
      [false, false],
      [true, true],
      [false, true],
    ]);
  });

  it('refuse another kind, a missing one that is required, and a node of another operator', () => {
    const elu = node('y = Elu(x)', { alpha: attr.string('1') });
    expect(codeOf(() => attributesOf(elu, 'Elu').alpha)).toBe('model-invalid');
    expect(codeOf(() => attributesOf(node('y = Concat(x)'), 'Concat').axis)).toBe('model-invalid');
    expect(codeOf(() => attributesOf(elu, 'Celu', 'Concat'))).toBe('op-unknown');
  });

  it('are typed by the operator', () => {
    const softmax = node('y = Softmax(x)');
    // @ts-expect-error Softmax has no such attribute.
    expect(attributesOf(softmax, 'Softmax').axes).toBeUndefined();
    // @ts-expect-error No operator has this name.
    expect(() => attributesOf(softmax, 'SoftMax')).toThrow();
    // @ts-expect-error Only attributes that all of the operators have can be read.
    expect(attributesOf(softmax, 'Softmax', 'LpNormalization').p).toBeUndefined();
  });
});
