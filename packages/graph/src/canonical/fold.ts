import { OnnxplainError } from '@onnxplain/core';
import type { GraphBuilder } from '../build.js';
import { evaluate } from '../eval/evaluate.js';
import { constantFrom } from '../eval/numbers.js';
import { constantOfElements } from '../infer/contents.js';
import { knownSize } from '../infer/site.js';
import { isOp } from '../ops.js';
import type { Constant, Graph, Node } from '../types.js';
import { rewrite } from './rewrite.js';
import { symbolicTargets } from './targets.js';

/** Computes the outputs of a node from its inputs; undefined where it cannot. */
export type Evaluator = (
  node: Node,
  inputs: readonly (Constant | undefined)[],
  opset: number,
) => readonly Constant[] | undefined;

export interface FoldOptions {
  /** Largest result that becomes a constant, in elements. Default 65536; what the inputs hold may always be replaced. */
  readonly elements?: number;
  /** Default: the float64 interpreter, rounded to the declared types. */
  readonly evaluator?: Evaluator;
}

/** Inputs above this many elements are left to the runtime, which folds them faster when it opens the model. */
const LARGEST_INPUT = 2 ** 18;

/**
 * The graph with everything that depends on constants only computed: integer and shape arithmetic exactly, floats by the
 * evaluator. Shape of a value with known sizes is a constant; Reshape and Slice arguments that are computed from symbolic
 * shapes become constants where one -1 (or a 0) says the same. Large constants are never copied.
 */
export function fold(graph: Graph, options: FoldOptions = {}): Graph {
  const { elements = 2 ** 16, evaluator = interpreted } = options;
  return rewrite(graph, (node, b) => {
    if (!isOp(node.op, node.domain) || node.op === 'Dropout') return undefined;
    return knownContents(node, b) ?? computed(node, b, { elements, evaluator }) ?? symbolicTargets(node, b);
  });
}

/** Outputs whose integers inference knows. */
function knownContents(node: Node, b: GraphBuilder): readonly string[] | undefined {
  const values = b.preview(node).map(({ elements, ...type }) => constantOfElements(type, elements));
  if (values.length === 0 || !node.outputs.every((name, i) => name === '' || values[i] !== undefined))
    return undefined;
  return values.slice(0, node.outputs.length).map((value) => (value === undefined ? '' : b.constant(value)));
}

function computed(
  node: Node,
  b: GraphBuilder,
  { elements, evaluator }: Required<FoldOptions>,
): readonly string[] | undefined {
  const inputs = node.inputs.map((name) => (name === '' ? undefined : b.constantOf(name)));
  if (inputs.some((value, i) => node.inputs[i] !== '' && value === undefined)) return undefined;
  const given = inputs.reduce((sum, value) => sum + (value?.data.length ?? 0), 0);
  const made = b.preview(node).reduce((sum, { dims }) => sum + (knownSize(dims) ?? 0), 0);
  if (given > LARGEST_INPUT || made > Math.max(elements, given)) return undefined;
  const results = evaluator(node, inputs, b.opset);
  if (results === undefined || results.some((value) => value.data.length > Math.max(elements, given)))
    return undefined;
  return results.map((value) => b.constant(value));
}

/** The interpreter on a graph of one node. */
const interpreted: Evaluator = (node, inputs, opset) => {
  if (inputs.some((value) => value?.dtype === 'string')) return undefined;
  const constants = new Map(
    node.inputs.flatMap((name, i): [string, Constant][] =>
      inputs[i] === undefined ? [] : [[name, inputs[i]]],
    ),
  );
  const outputs = node.outputs.filter((name) => name !== '');
  const graph: Graph = {
    name: '',
    opsets: { '': opset },
    inputs: [],
    outputs: outputs.map((name) => ({ name, dtype: 'float32', dims: undefined })),
    constants,
    nodes: [node],
    metadata: {},
    functions: [],
    declared: new Map(),
  };
  try {
    const values = evaluate(graph, {}, { precision: 'declared' });
    return node.outputs.flatMap((name) => {
      const value = values[name];
      return value === undefined ? [] : [constantFrom(value.dtype, value.dims, value.data)];
    });
  } catch (error) {
    // What the interpreter refuses is left to the runtime to judge.
    if (error instanceof OnnxplainError) return undefined;
    throw error;
  }
};
