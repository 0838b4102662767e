import { sizeOf } from '@onnxplain/core';
import type { GraphBuilder } from '../builder/build.js';
import { constantOfElements } from '../infer/contents.js';
import { knownSize } from '../infer/site.js';
import { DRAWS, isOp } from '../ir/ops.js';
import type { Constant, Graph, Node, ValueType } from '../ir/types.js';
import { type NodeRule, rewrite } from '../rewrite/rewrite.js';
import { type Evaluator, interpreted } from './evaluator.js';
import { resolveSequence } from './sequence.js';
import { symbolicTargets } from './targets.js';
import { unroll } from './unroll.js';

export interface FoldOptions {
  /** Largest result that becomes a constant, in elements. Default 65536; what the inputs hold may always be replaced. */
  readonly elements?: number;
  /** Default: the float64 interpreter, rounded to the declared types. */
  readonly evaluator?: Evaluator;
}

/** Inputs above this many elements are left to the runtime, which folds them faster when it opens the model. */
const LARGEST_INPUT = 2 ** 18;
const LARGEST_RESULT = 2 ** 16;

/** DequantizeLinear keeps weights small. */
const KEPT: ReadonlySet<string> = new Set(['DequantizeLinear', ...DRAWS]);

/**
 * The graph with everything that depends on constants only computed: integer and shape arithmetic exactly, floats by the
 * evaluator. Shape of a value with known sizes is a constant; Reshape and Slice arguments that are computed from symbolic
 * shapes become constants where one -1 (or a 0) says the same; loops are unrolled that run a known number of times, and tensors of
 * sequences read where their places are known.
 * Large constants are never copied.
 */
export function fold(graph: Graph, options: FoldOptions = {}): Graph {
  const { elements = LARGEST_RESULT, evaluator = interpreted } = options;
  const rule: NodeRule = (node, b) => {
    if (!isOp(node.op, node.domain)) return resolveSequence(node, b);
    if (KEPT.has(node.op)) return undefined;
    if (node.op === 'Loop') return unroll(node, b, rule);
    return knownContents(node, b) ?? computed(node, b, { elements, evaluator }) ?? symbolicTargets(node, b);
  };
  return rewrite(graph, rule);
}

/** Outputs whose integers inference knows. */
function knownContents(node: Node, b: GraphBuilder): readonly string[] | undefined {
  const values = b.preview(node).map((type) => type && constantOfElements(type, type.elements));
  if (values.length === 0 || !node.outputs.every((name, i) => name === '' || values[i] !== undefined))
    return undefined;
  return values.slice(0, node.outputs.length).map((value) => (value === undefined ? '' : b.constant(value)));
}

function computed(
  node: Node,
  b: GraphBuilder,
  options: Required<FoldOptions>,
): readonly string[] | undefined {
  const inputs = node.inputs.map((name) => (name === '' ? undefined : b.constantOf(name)));
  if (inputs.some((value, i) => node.inputs[i] !== '' && value === undefined)) return undefined;
  const results = evaluated(node, { inputs, outputs: b.preview(node), opset: b.opset }, options);
  const named = node.outputs.filter((name) => name !== '');
  return results && node.outputs.map((name) => (name === '' ? '' : b.constant(results[named.indexOf(name)])));
}

/** What is known of a node of constants. */
export interface FoldableNode {
  readonly inputs: readonly (Constant | undefined)[];
  readonly outputs: readonly (ValueType | undefined)[];
  readonly opset: number;
}

/** What a node makes of constants, one for each output with a name; undefined where that would be large, or different every time. */
export function evaluated(
  node: Node,
  { inputs, outputs, opset }: FoldableNode,
  { elements = LARGEST_RESULT, evaluator = interpreted }: FoldOptions = {},
): readonly Constant[] | undefined {
  if (!isOp(node.op, node.domain) || KEPT.has(node.op)) return undefined;
  const given = inputs.reduce((sum, value) => sum + (value ? sizeOf(value.dims) : 0), 0);
  const made = outputs.reduce((sum, type) => sum + (knownSize(type?.dims) ?? 0), 0);
  const most = Math.max(elements, given);
  if (given > LARGEST_INPUT || made > most) return undefined;
  const results = evaluator(node, inputs, opset);
  return results?.some(({ data }) => data.length > most) ? undefined : results;
}
