/** Small graphs, spelled briefly, for tests. */
import type { Attribute, Constant, Graph, LocalFunction, Node, Value } from '../src/ir/types.js';

export const float32 = (dims: readonly number[], values: readonly number[]): Constant => ({
  dtype: 'float32',
  dims,
  data: Float32Array.from(values),
});

export const int64 = (values: readonly number[], dims: readonly number[] = [values.length]): Constant => ({
  dtype: 'int64',
  dims,
  data: BigInt64Array.from(values, BigInt),
});

export const value = (name: string, dims: Value['dims'], dtype: Value['dtype'] = 'float32'): Value => ({
  name,
  dtype,
  dims,
});

/** "y, z = Split(x, s)" with attributes; a domain may stand before the operator: "my:Op". */
export function node(text: string, attributes: Readonly<Record<string, Attribute>> = {}): Node {
  const match = /^(.*?) = (?:([\w.]+):)?(\w+)\((.*)\)$/.exec(text);
  if (match === null) throw new Error(`not a node: ${text}`);
  const [, outputs, domain = '', op, inputs] = match;
  const names = (list: string): readonly string[] =>
    list === '' ? [] : list.split(',').map((s) => s.trim());
  return { op, domain, name: '', inputs: names(inputs), outputs: names(outputs), attributes };
}

export interface GraphParts {
  readonly inputs?: readonly Value[];
  readonly outputs?: readonly Value[];
  readonly nodes?: readonly Node[];
  readonly constants?: Readonly<Record<string, Constant>>;
  readonly functions?: readonly LocalFunction[];
  readonly opsets?: Readonly<Record<string, number>>;
}

export function graphOf({ inputs, outputs, nodes, constants, functions, opsets }: GraphParts): Graph {
  return {
    name: 'test',
    opsets: opsets ?? { '': 18 },
    inputs: inputs ?? [],
    outputs: outputs ?? [],
    constants: new Map(Object.entries(constants ?? {})),
    nodes: nodes ?? [],
    metadata: {},
    functions: functions ?? [],
    declared: new Map(),
  };
}

/** The code of the error that something throws; 'none' when it throws nothing, 'foreign' for another error. */
export function codeOf(run: () => unknown): string {
  try {
    run();
    return 'none';
  } catch (error) {
    return error instanceof Error && 'code' in error && error.name === 'OnnxplainError'
      ? String(error.code)
      : 'foreign';
  }
}
