import { write } from '@onnxplain/graph';
import { expect, test } from 'vitest';
import { graphOf, int, node, value } from '../../test/models.js';
import { open } from '../model/open.js';
import { resolveFunction } from './model-function.js';

/** y = x + b and z = x · b, rows of any width. */
const twoInputs = write(
  graphOf({
    inputs: [value('x', ['N', 'width']), value('b', ['N', 'width'])],
    outputs: [value('y', ['N', 'width']), value('z', ['N', 'width'])],
    nodes: [node('Add', ['x', 'b'], ['y']), node('Mul', ['x', 'b'], ['z'])],
  }),
);

const oneInput = write(
  graphOf({
    inputs: [value('x', ['N', 'width'])],
    outputs: [value('y', ['N', 'width']), value('z', ['N', 'width'])],
    nodes: [node('Relu', ['x'], ['y']), node('Tanh', ['x'], ['z'])],
  }),
);

test('a function is resolved once for the same output, input and shape', async () => {
  await using model = await open(oneInput, { device: 'cpu' });
  const options = { output: 'y', shape: [3] };
  const found = resolveFunction(model, options);
  expect(resolveFunction(model, { ...options, shape: [3] })).toBe(found);
  expect(resolveFunction(model, { ...options, shape: [4] }).input.shape).toEqual([4]);
  expect(resolveFunction(model, { ...options, output: 'z' }).exported).toBe('z');
  expect(() => resolveFunction(model, { output: 'w', shape: [3] })).toThrow('"w"');
});

test('a function of a model with other inputs has the values that each call gives', async () => {
  await using model = await open(twoInputs, { device: 'cpu' });
  const at = (b: number) =>
    resolveFunction(model, {
      output: 'y',
      input: 'x',
      shape: [1],
      feeds: { b: { dtype: 'float32', dims: [1, 1], data: Float32Array.of(b) } },
    }).others.rows(1).b;
  expect([at(2), at(5)].map(({ data }) => data[0])).toEqual([2, 5]);
});

test('bfloat16 inputs and outputs are refused with the types to export', async () => {
  const brief = (input: 'float32' | 'bfloat16', output: 'float32' | 'bfloat16') =>
    write(
      graphOf({
        inputs: [value('x', ['N', 3], input)],
        outputs: [value('y', ['N', 3], output)],
        nodes: [node('Cast', ['x'], ['y'], { to: int(output === 'float32' ? 1 : 16) })],
      }),
    );
  await using reads = await open(brief('bfloat16', 'float32'), { device: 'cpu' });
  await using gives = await open(brief('float32', 'bfloat16'), { device: 'cpu' });
  for (const [model, options] of [
    [reads, {}],
    [reads, { input: 'x' }],
    [gives, {}],
    [gives, { output: 'y' }],
  ] as const) {
    expect(() => resolveFunction(model, options)).toThrow(/bfloat16.*export the model in float32 or float16/);
  }
});
