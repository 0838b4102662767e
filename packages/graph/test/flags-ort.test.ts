import { describe, expect, it } from 'vitest';
import { attr } from '../src/builder/builder.js';
import { FLAGS } from '../src/canonical/flags.js';
import {
  type Attribute,
  type Constant,
  canonicalise,
  type DataType,
  interpret,
  numbersOf,
} from '../src/index.js';
import { float32, graphOf, int64, node, value } from './graphs.js';
import { runGraph, tensorOf } from './session.js';

interface Case {
  /** "y = Op(x, a, b)": x is fed, the others are constants. */
  readonly text: string;
  readonly inputs: Readonly<Record<string, Constant>>;
  readonly more?: Readonly<Record<string, Attribute>>;
  readonly opset?: number;
  /** Number types of the outputs that are not float32. */
  readonly types?: Readonly<Record<string, DataType>>;
}

const some = (dims: readonly number[]): Constant =>
  float32(
    dims,
    Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => 3 * Math.sin(1 + 1.7 * i)),
  );

const window = { kernel_shape: attr.ints([3]), strides: attr.ints([2]) };
const gates = (n: number) => ({
  x: some([2, 1, 2]),
  w: some([1, 2 * n, 2]),
  r: some([1, 2 * n, 2]),
  b: some([1, 4 * n]),
});
const hidden = { hidden_size: attr.int(2) };
const reductions = [
  'ReduceL1', 'ReduceL2', 'ReduceLogSumExp', 'ReduceMax', 'ReduceMean', 'ReduceMin', 'ReduceProd', 'ReduceSum', 'ReduceSumSquare',
]; // biome-ignore format: one list

/** For each flag, nodes whose outputs differ between the values 0 and 1. */
const cases: Readonly<Record<string, readonly Case[]>> = {
  align_corners: [{ text: 'y = GridSample(x, g)', inputs: { x: some([1, 1, 3, 3]), g: float32([1, 2, 2, 2], [-0.5, 0.3, 0.2, 0.1, 0.6, -0.7, 0.4, 0.4]) } }],
  allowzero: [{ text: 'y = Reshape(x, s)', inputs: { x: some([2, 3]), s: int64([0, 3]) } }],
  antialias: [{ text: 'y = Resize(x, , f)', inputs: { x: some([1, 1, 6, 6]), f: float32([4], [1, 1, 0.5, 0.5]) }, more: { mode: attr.string('linear') } }],
  ceil_mode: [
    { text: 'y = AveragePool(x)', inputs: { x: some([1, 1, 6]) }, more: window },
    { text: 'y = MaxPool(x)', inputs: { x: some([1, 1, 6]) }, more: window },
  ],
  center_point_box: [{ text: 'y = NonMaxSuppression(x, s, n, o)', inputs: { x: float32([1, 3, 4], [0, 0, 1, 1, 0, 0.4, 1, 1.4, 0, 3, 1, 4]), s: float32([1, 1, 3], [0.9, 0.8, 0.7]), n: int64([3]), o: float32([1], [0.5]) }, types: { y: 'int64' } }],
  count_include_pad: [{ text: 'y = AveragePool(x)', inputs: { x: some([1, 1, 4]) }, more: { kernel_shape: attr.ints([3]), pads: attr.ints([1, 1]) } }],
  detect_negative: [{ text: 'y = IsInf(x)', inputs: { x: float32([3], [1, -Infinity, Infinity]) }, types: { y: 'bool' } }],
  detect_positive: [{ text: 'y = IsInf(x)', inputs: { x: float32([3], [1, -Infinity, Infinity]) }, types: { y: 'bool' } }],
  exclude_outside: [{ text: 'y = Resize(x, , f)', inputs: { x: some([1, 1, 6, 6]), f: float32([4], [1, 1, 0.7, 0.7]) }, more: { mode: attr.string('cubic') } }],
  exclusive: [{ text: 'y = CumSum(x, a)', inputs: { x: some([4]), a: int64([0], []) } }],
  fmod: [{ text: 'y = Mod(x, m)', inputs: { x: int64([-7, 5]), m: int64([3, -3]) }, types: { y: 'int64' } }],
  input_forget: [{ text: 'y = LSTM(x, w, r, b)', inputs: { ...gates(4), b: some([1, 16]) }, more: hidden }],
  inverse: [{ text: 'y = DFT(x)', inputs: { x: some([1, 4, 2]) } }],
  keepdims: [
    ...reductions.map((op) => ({ text: `y = ${op}(x, a)`, inputs: { x: some([2, 3]), a: int64([1]) } })),
    { text: 'y = ReduceMean(x)', opset: 13, inputs: { x: some([2, 3]) }, more: { axes: attr.ints([1]) } },
    { text: 'y = ArgMax(x)', inputs: { x: some([2, 3]) }, types: { y: 'int64' } },
    { text: 'y = ArgMin(x)', inputs: { x: some([2, 3]) }, types: { y: 'int64' } },
  ],
  largest: [{ text: 'y, i = TopK(x, k)', inputs: { x: some([5]), k: int64([2]) }, types: { i: 'int64' } }],
  linear_before_reset: [{ text: 'y = GRU(x, w, r, b)', inputs: gates(3), more: hidden }],
  noop_with_empty_axes: reductions.slice(3, 8).map((op) => ({ text: `y = ${op}(x)`, inputs: { x: some([2, 3]) } })),
  onesided: [{ text: 'y = DFT(x)', inputs: { x: some([1, 4, 1]) } }],
  periodic: [{ text: 'y = HannWindow(x)', inputs: { x: int64([4], []) } }],
  reverse: [{ text: 'y = CumSum(x, a)', inputs: { x: some([4]), a: int64([0], []) } }],
  select_last_index: [{ text: 'y = ArgMax(x)', inputs: { x: float32([2, 3], [1, 1, 0, 2, 2, 2]) }, more: { axis: attr.int(1) }, types: { y: 'int64' } }],
  sorted: [{ text: 'y = Unique(x)', inputs: { x: float32([4], [3, 1, 3, 2]) } }],
  storage_order: [{ text: 'y, i = MaxPool(x)', inputs: { x: some([1, 1, 3, 3]) }, more: { kernel_shape: attr.ints([2, 2]) }, types: { i: 'int64' } }],
  transA: [{ text: 'y = Gemm(x, w)', inputs: { x: some([3, 3]), w: some([3, 3]) } }],
  transB: [{ text: 'y = Gemm(x, w)', inputs: { x: some([3, 3]), w: some([3, 3]) } }],
  upper: [{ text: 'y = Trilu(x)', inputs: { x: some([3, 3]) } }],
}; // biome-ignore format: one node a line

/** Flags of which ONNX Runtime has kernels for one value only. */
const untested = ['layout', 'training_mode'];

function graphFor({ text, inputs, more, opset = 18, types = {} }: Case, flag: string, setting: number) {
  const { x, ...constants } = inputs;
  const one = node(text, { ...more, [flag]: attr.int(setting) });
  return graphOf({
    inputs: [value('x', x.dims, x.dtype)],
    outputs: one.outputs.map((name) => value(name, undefined, types[name] ?? 'float32')),
    nodes: [one],
    constants,
    opsets: { '': opset },
  });
}

type Shown = Readonly<Record<string, { readonly dims: readonly number[]; readonly data: readonly number[] }>>;

/** Returns the outputs of ONNX Runtime; undefined where it refuses the node. */
async function byRuntime(of: Case, flag: string, setting: number): Promise<Shown | undefined> {
  try {
    const found = await runGraph(graphFor(of, flag, setting), { x: tensorOf(of.inputs.x) });
    return Object.fromEntries(
      Object.entries(found).map(([name, { dims, data }]) => [
        name,
        { dims, data: Array.from(data as Float32Array, Number) },
      ]),
    );
  } catch {
    return undefined;
  }
}

/** Returns the outputs of the interpreter for the canonical form; undefined where it refuses the node. */
function byInterpreter(of: Case, flag: string, setting: number): Shown | undefined {
  try {
    const { x } = of.inputs;
    const found = interpret(canonicalise(graphFor(of, flag, setting)), {
      x: { dtype: x.dtype, dims: x.dims, data: numbersOf(x) },
    });
    return Object.fromEntries(
      Object.entries(found).map(([name, { dims, data }]) => [name, { dims, data: [...data] }]),
    );
  } catch {
    return undefined;
  }
}

describe('flags are read as ONNX Runtime reads them', () => {
  it('every flag of the table is tested or listed as untested', () => {
    expect([...Object.keys(cases), ...untested].sort()).toEqual(Object.keys(FLAGS).sort());
  });

  const rows = Object.entries(cases).flatMap(([flag, all]) => all.map((of) => ({ flag, text: of.text, of })));

  it.each(rows)('$flag of $text', async ({ flag, of }) => {
    for (const setting of [-1, 0, 1, 2, 3, 256]) {
      const [theirs, ours] = [await byRuntime(of, flag, setting), byInterpreter(of, flag, setting)];
      expect(Object.keys(ours ?? {}), `${setting}`).toEqual(Object.keys(theirs ?? {}));
      for (const [name, { dims, data }] of Object.entries(theirs ?? {})) {
        expect(ours?.[name].dims).toEqual(dims);
        ours?.[name].data.forEach((number, i) => {
          expect(number, `${setting}, ${name}`).toBeCloseTo(data[i], 4);
        });
      }
    }
  });
});
