/** Small models for tests, made by hand. */
import type { Attributes, Constant, DataType, Dims, Graph, Node, Value } from '@onnxplain/graph';

export const value = (name: string, dims: Dims, dtype: DataType = 'float32'): Value => ({
  name,
  dtype,
  dims,
});

export function node(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Attributes = {},
): Node {
  return { op, domain: '', name: `${op}_${outputs[0]}`, inputs, outputs, attributes };
}

export const floats = (dims: readonly number[], numbers: readonly number[]): Constant => ({
  dtype: 'float32',
  dims,
  data: Float32Array.from(numbers),
});

export const ints = (numbers: readonly number[], dims: readonly number[] = [numbers.length]): Constant => ({
  dtype: 'int64',
  dims,
  data: BigInt64Array.from(numbers, BigInt),
});

export const int = (number: number) => ({ kind: 'int', value: number }) as const;

export interface Parts {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly nodes: readonly Node[];
  readonly constants?: Readonly<Record<string, Constant>>;
  readonly name?: string;
}

export function graphOf({ inputs, outputs, nodes, constants = {}, name = 'tiny' }: Parts): Graph {
  return {
    name,
    opsets: { '': 17 },
    inputs,
    outputs,
    constants: new Map(Object.entries(constants)),
    nodes,
    metadata: {},
    functions: [],
    declared: new Map(),
  };
}

/** Weights of {@link linear}: class c of x is the dot product with row c, plus bias c. */
export const linearWeights = [
  [1, 2, -1],
  [0.5, -1, 3],
] as const;
export const linearBias = [0.25, -0.5] as const;

/** x [N, 3] -> logits [N, 2]. */
export function linear(
  batch: number | string = 'N',
  dtype: 'float32' | 'float64' | 'float16' = 'float32',
): Graph {
  return graphOf({
    inputs: [value('x', [batch, 3], dtype)],
    outputs: [value('logits', [batch, 2], dtype)],
    constants: {
      w: cast(floats([2, 3], linearWeights.flat()), dtype),
      b: cast(floats([2], linearBias), dtype),
    },
    nodes: [node('Gemm', ['x', 'w', 'b'], ['logits'], { transB: int(1) })],
  });
}

function cast(constant: Constant, dtype: 'float32' | 'float64' | 'float16'): Constant {
  const numbers = Array.from(constant.data as Float32Array);
  if (dtype === 'float32') return constant;
  if (dtype === 'float64') return { ...constant, dtype, data: Float64Array.from(numbers) };
  return { ...constant, dtype, data: Uint16Array.from(numbers, halfOf) };
}

/** Bits of the few numbers that the linear model needs, all exact in float16. */
function halfOf(number: number): number {
  const size = Math.abs(number);
  if (size === 0) return 0;
  const exponent = Math.floor(Math.log2(size));
  return (number < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | ((size / 2 ** exponent - 1) * 1024);
}

/** x [N, 3] -> tanh of a linear layer, squared and mixed: logits [N, 2] with a gradient that changes with x. */
export function curved(batch: number | string = 'N'): Graph {
  return graphOf({
    inputs: [value('x', [batch, 3])],
    outputs: [value('logits', [batch, 2])],
    constants: {
      w: floats([3, 4], [1, -1, 0.5, 2, 0.3, 1, -2, 1, 1, 1, 1, -1]),
      v: floats([4, 2], [1, 2, -1, 0.5, 3, 1, 1, -1]),
    },
    nodes: [
      node('MatMul', ['x', 'w'], ['h']),
      node('Tanh', ['h'], ['t']),
      node('Mul', ['t', 'h'], ['m']),
      node('MatMul', ['m', 'v'], ['logits']),
    ],
  });
}

/** A loop that never ends: its condition stays true and its trip count is the largest there is. */
export function endless(): Graph {
  const body = graphOf({
    name: 'body',
    inputs: [value('i', [], 'int64'), value('go', [], 'bool'), value('state', [1])],
    outputs: [value('goOn', [], 'bool'), value('next', [1])],
    nodes: [node('Identity', ['go'], ['goOn']), node('Identity', ['state'], ['next'])],
  });
  return graphOf({
    inputs: [value('x', [1])],
    outputs: [value('y', [1])],
    constants: {
      trips: { dtype: 'int64', dims: [], data: BigInt64Array.of(2n ** 62n) },
      true: { dtype: 'bool', dims: [], data: Uint8Array.of(1) },
    },
    nodes: [node('Loop', ['trips', 'true', 'x'], ['y'], { body: { kind: 'graph', value: body } })],
  });
}
