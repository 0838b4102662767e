import { describe, expect, it } from 'vitest';
import { float32, graphOf, node, value } from '../../test/graphs.js';
import { attr } from '../builder/builder.js';
import { numArray } from '../interpreter/array.js';
import { interpret } from '../interpreter/interpret.js';
import type { DataType, Graph } from '../ir/types.js';
import { steepMasks } from './steep-masks.js';

const CODES = { float16: 10, float32: 1, float64: 11 } as const;

/** y = [x > 0] as numbers, or what `compare` says, beside a forward output f. */
function masked(
  compare: string,
  dtype: keyof typeof CODES = 'float32',
  metadata: Graph['metadata'] = {},
): Graph {
  const zero =
    dtype === 'float32' ? float32([], [0]) : { dtype: dtype as DataType, dims: [], data: dataOf(dtype) };
  const graph = graphOf({
    inputs: [value('x', ['N'], dtype)],
    outputs: [value('f', ['N'], dtype), value('y', ['N'], dtype)],
    constants: { zero, one: float32([], [1]) },
    nodes: [
      node('f = Neg(x)'),
      node(`c = ${compare}`),
      node('m = Cast(c)', { to: attr.int(CODES[dtype]) }),
      node('y = Mul(m, x)'),
    ],
  });
  return { ...graph, metadata };
}

const dataOf = (dtype: string) => (dtype === 'float64' ? Float64Array.of(0) : Uint16Array.of(0));
const operators = ({ nodes }: Graph): readonly string[] => nodes.map(({ op }) => op);
const x = numArray('float32', [6], [-2, -1e-30, 0, 1e-38, 0.5, 3e38]);

describe('steepMasks', () => {
  it.each([
    ['Greater(x, zero)', ['Neg', 'Greater', 'HardSigmoid', 'Mul']],
    ['Less(x, zero)', ['Neg', 'Less', 'HardSigmoid', 'Mul']],
  ])('turns Cast(%s) into one HardSigmoid of the same values', (compare, expected) => {
    const plain = masked(compare);
    const lowered = steepMasks(plain);
    expect(operators(lowered)).toEqual(expected);
    expect(interpret(lowered, { x })).toEqual(interpret(plain, { x }));
  });

  it('is done for float64 too, and not for float16, which cannot hold the slope', () => {
    expect(operators(steepMasks(masked('Greater(x, zero)', 'float64')))).toContain('HardSigmoid');
    expect(operators(steepMasks(masked('Greater(x, zero)', 'float16')))).not.toContain('HardSigmoid');
  });

  it.each(['Greater(x, one)', 'Greater(zero, x)', 'GreaterOrEqual(x, zero)'])(
    'leaves Cast(%s)',
    (compare) => {
      expect(operators(steepMasks(masked(compare)))).toContain('Cast');
    },
  );

  it('leaves the masks of the model itself, where a comparison of NaN counts', () => {
    expect(operators(steepMasks(masked('Greater(x, zero)', 'float32', { 'onnxplain.of': 'y' })))).toContain(
      'Cast',
    );
    expect(
      operators(steepMasks(masked('Greater(x, zero)', 'float32', { 'onnxplain.of': 'f' }))),
    ).not.toContain('Cast');
  });
});
