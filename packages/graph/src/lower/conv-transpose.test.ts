import { describe, expect, it } from 'vitest';
import { pseudorandom } from '../../test/central-differences.js';
import { convolutionCases, gradientOf } from '../../test/convolutions.js';
import { float32, graphOf, node, value } from '../../test/graphs.js';
import { attr } from '../builder/builder.js';
import { numArray } from '../interpreter/array.js';
import { interpret } from '../interpreter/interpret.js';
import type { Constant, Graph } from '../ir/types.js';
import { verify } from '../ir/verify.js';
import { convTransposeAsConv } from './conv-transpose.js';
import { convTranspose3d } from './conv-transpose-3d.js';
import { fewChannels } from './few-channels.js';

const count = (dims: readonly number[]): number => dims.reduce((n, d) => n * d, 1);
const wobbles = (name: string, dims: readonly number[]): Float64Array =>
  Float64Array.from({ length: count(dims) }, (_, i) => Math.fround(pseudorandom(name, i)));
const constant = (name: string, dims: readonly number[]): Constant =>
  float32(dims, Array.from(wobbles(name, dims)));

const operators = ({ nodes }: Graph, among: readonly string[]): readonly string[] =>
  among.filter((op) => nodes.some((each) => each.op === op));

function expectSame(lowered: Graph, plain: Graph, dims: readonly number[]): void {
  verify(lowered);
  const x = numArray('float32', dims, wobbles('x', dims));
  const [name] = plain.outputs.map((output) => output.name);
  const [expected, got] = [interpret(plain, { x })[name], interpret(lowered, { x })[name]];
  expect(got.dims).toEqual(expected.dims);
  expected.data.forEach((each, i) => {
    expect(got.data[i]).toBeCloseTo(each, 12);
  });
}

describe('gradients of convolutions', () => {
  it.each(convolutionCases)('keep their values in the operators of ort-cpu: %s', (_, expected, given) => {
    const plain = gradientOf(given);
    const lowered = convTransposeAsConv(fewChannels(plain));
    expect(operators(lowered, ['ConvTranspose', 'Pad', 'Transpose', 'DepthToSpace'])).toEqual(expected);
    expectSame(lowered, plain, [2, ...given.input]);
  });
});

interface Transposed {
  /** [C, M/g, ...] */
  readonly kernel: readonly number[];
  readonly input: readonly (number | string)[];
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly outputPadding?: readonly number[];
  readonly dilations?: readonly number[];
  readonly group?: number;
}

/** y = ConvTranspose(x, k, bias), as a model may have it. */
function transposed(given: Transposed): Graph {
  const { kernel, input, strides, pads, outputPadding, dilations, group = 1 } = given;
  return graphOf({
    inputs: [value('x', ['N', ...input])],
    outputs: [value('y', undefined)],
    constants: { k: constant('k', kernel), bias: constant('bias', [kernel[1] * group]) },
    nodes: [
      node('y = ConvTranspose(x, k, bias)', {
        strides: attr.ints(strides),
        pads: attr.ints(pads),
        group: attr.int(group),
        ...(outputPadding && { output_padding: attr.ints(outputPadding) }),
        ...(dilations && { dilations: attr.ints(dilations) }),
      }),
    ],
  });
}

describe('a ConvTranspose with three spatial axes', () => {
  it.each<readonly [string, Transposed]>([
    [
      'stride 1',
      { kernel: [2, 3, 2, 3, 1], input: [2, 3, 4, 2], strides: [1, 1, 1], pads: [0, 1, 0, 1, 1, 0] },
    ],
    [
      'a stride and output padding for each axis',
      {
        kernel: [2, 1, 3, 3, 2],
        input: [2, 2, 3, 3],
        strides: [2, 3, 2],
        pads: [1, 1, 0, 1, 0, 0],
        outputPadding: [1, 2, 0],
      },
    ],
    [
      'groups and dilations',
      {
        kernel: [4, 2, 2, 2, 2],
        input: [4, 2, 2, 2],
        strides: [2, 1, 1],
        pads: [0, 0, 0, 0, 0, 0],
        dilations: [1, 2, 3],
        group: 2,
      },
    ],
  ])('keeps its values as a Conv: %s', (_, given) => {
    const plain = transposed(given);
    const lowered = convTranspose3d(plain);
    expect(operators(lowered, ['Conv', 'ConvTranspose'])).toEqual(['Conv']);
    expectSame(lowered, plain, [2, ...given.input.map(Number)]);
  });

  it('stays where zeros have to be put between elements of which the number is not known', () => {
    const open = {
      kernel: [1, 2, 2, 2, 2],
      input: [1, 'D', 2, 2],
      strides: [2, 2, 2],
      pads: [0, 0, 0, 0, 0, 0],
    };
    expect(operators(convTranspose3d(transposed(open)), ['Conv', 'ConvTranspose'])).toEqual([
      'ConvTranspose',
    ]);
    const flat = { kernel: [1, 2, 2, 2], input: [1, 3, 2], strides: [2, 2], pads: [0, 0, 0, 0] };
    expect(operators(convTranspose3d(transposed(flat)), ['Conv', 'ConvTranspose'])).toEqual([
      'ConvTranspose',
    ]);
  });
});

describe('what ort-cpu leaves as a ConvTranspose', () => {
  it.each<readonly [string, Transposed]>([
    [
      'one channel on either side',
      { kernel: [1, 1, 3, 3], input: [1, 4, 4], strides: [1, 1], pads: [1, 1, 1, 1] },
    ],
    [
      'many channels and a stride',
      { kernel: [4, 8, 3, 3], input: [4, 4, 4], strides: [2, 2], pads: [1, 1, 1, 1] },
    ],
    [
      'more padding than the kernel reaches',
      { kernel: [2, 2, 1, 1], input: [2, 4, 4], strides: [1, 1], pads: [1, 1, 1, 1] },
    ],
  ])('has %s', (_, given) => {
    const plain = transposed(given);
    expect(convTransposeAsConv(fewChannels(plain)).nodes.map(({ op }) => op)).toEqual(['ConvTranspose']);
  });
});
