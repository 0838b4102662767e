import { isFloat } from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import type { Graph, Op } from '../src/index.js';
import { floatInputs, floatOutputs, gradients, project } from './central-differences.js';
import { type Sample, samples } from './samples.js';

/** Operators whose rules look at sizes. */
const SIZED: readonly Op[] = [
  ...(['Add', 'Max', 'Where', 'MatMul', 'Einsum', 'Conv', 'ConvTranspose'] as const),
  ...(['AveragePool', 'MaxPool', 'GlobalAveragePool', 'GlobalMaxPool', 'LayerNormalization'] as const),
  ...([
    'Concat',
    'DepthToSpace',
    'Expand',
    'Gather',
    'GatherElements',
    'GatherND',
    'Pad',
    'Reshape',
  ] as const),
  ...(['DeformConv', 'GridSample', 'MaxRoiPool', 'RoiAlign'] as const),
  ...(['Resize', 'Slice', 'Split', 'Tile', 'Transpose', 'ReduceMean', 'ReduceProd', 'TopK'] as const),
  ...(['DFT', 'Det', 'Unique'] as const),
];

/** What needs its sizes: a padding that depends on them, a diagonal. */
const NEEDS_SIZES = /"auto_pad":"SAME|output_shape|^ii/;

/** The same graph with every size of its first input left open. */
function opened(graph: Graph): Graph {
  const [first, ...rest] = graph.inputs;
  const dims = first.dims?.map((_, axis) => `axis${axis}`);
  return {
    ...graph,
    inputs: [{ ...first, dims }, ...rest],
    outputs: graph.outputs.map((value) => ({ ...value, dims: undefined })),
  };
}

const suitable = ({ graph, smooth, note }: Sample): boolean =>
  smooth && !NEEDS_SIZES.test(note) && isFloat(graph.inputs[0].dtype) && floatOutputs(graph).length > 0;

function compare({ graph, feeds }: Sample): void {
  const [wrt, names] = [floatInputs(graph), floatOutputs(graph)];
  const fixed = gradients(project(graph, feeds, names), wrt);
  const free = gradients(project(opened(graph), feeds, names), wrt);
  free.values.forEach((value, i) => {
    expect(value.dims).toEqual(fixed.values[i].dims);
    // 1 / n is a float32 constant where n is known.
    value.data.forEach((x, k) => {
      expect(x).toBeCloseTo(fixed.values[i].data[k], 6);
    });
  });
}

describe.each(SIZED)('with open sizes, %s', (op) => {
  const list = samples[op]().filter(suitable).slice(0, 12);
  it.each(list.map((one, i) => [`${i} ${one.note}`, one] as const))(
    'has the same gradient: sample %s',
    (_, one) => compare(one),
  );
});
