import { expect, it } from 'vitest';
import { adjoint, convolutionCases, gradientOf } from '../../../test/convolutions.js';
import { numArray } from '../../interpreter/array.js';
import { interpret } from '../../interpreter/interpret.js';

it.each(convolutionCases)(
  'the gradient of a convolution is a transposed convolution and the sum of its products: %s',
  (_, __, given) => {
    const gradient = gradientOf(given);
    const operators = gradient.nodes.map(({ op }) => op);
    expect(operators.filter((op) => ['ConvTranspose', 'Pad', 'Transpose'].includes(op))).toEqual([
      'ConvTranspose',
    ]);
    const size = given.input.reduce((n, d) => n * d, 1);
    const x = numArray('float32', [1, ...given.input], new Float64Array(size));
    const result = interpret(gradient, { x }).gradient;
    for (const [i, expected] of adjoint(given).entries()) expect(result.data[i]).toBeCloseTo(expected, 5);
  },
);
