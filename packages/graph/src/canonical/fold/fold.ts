import { sizeOf } from '@onnxplain/core';
import type { GraphBuilder } from '../../builder/build.js';
import { constantOfElements } from '../../infer/contents.js';
import { knownSize } from '../../infer/site.js';
import { DRAWS, isOp } from '../../ir/ops.js';
import type { Constant, Graph, Node, ValueType } from '../../ir/types.js';
import { type NodeRule, rewrite } from '../../rewrite/rewrite.js';
import { type Evaluator, interpreterEvaluator } from './evaluator.js';
import { resolveSequence } from './sequence.js';
import { constantShapeArguments } from './shape-arguments.js';
import { unroll } from './unroll.js';

export interface FoldOptions {
  /** Most elements of a result that becomes a constant. Default 65536; a result no larger than its inputs always may. */
  readonly elements?: number;
  /** Default: the float64 interpreter, rounded to the declared types. */
  readonly evaluator?: Evaluator;
}

/** Nodes with more input elements are left to the runtime, which folds them faster when it opens the model. */
const LARGEST_INPUT = 2 ** 18;
const LARGEST_RESULT = 2 ** 16;

/** DequantizeLinear is not folded so that its weights stay small; draws of random numbers differ in every run. */
const NOT_FOLDED: ReadonlySet<string> = new Set(['DequantizeLinear', ...DRAWS]);

/**
 * Folds constants. Integer and shape arithmetic is exact; floats go through the evaluator. The Shape of a value with known sizes is a
 * constant. Reshape and Slice arguments that are computed from symbolic shapes become constants where -1 or 0 expresses them. Loops with a
 * known number of iterations are unrolled. Reads from sequences at known positions become the tensors read. Large constants are never
 * copied.
 */
export function fold(graph: Graph, options: FoldOptions = {}): Graph {
  const { elements = LARGEST_RESULT, evaluator = interpreterEvaluator } = options;
  const rule: NodeRule = (node, b) => {
    if (!isOp(node.op, node.domain)) return resolveSequence(node, b);
    if (NOT_FOLDED.has(node.op)) return undefined;
    if (node.op === 'Loop') return unroll(node, b, rule);
    return (
      inferredElements(node, b) ??
      evaluate(node, b, { elements, evaluator }) ??
      constantShapeArguments(node, b)
    );
  };
  return rewrite(graph, rule);
}

/** Returns constants for outputs whose elements shape inference knows. */
function inferredElements(node: Node, b: GraphBuilder): readonly string[] | undefined {
  const values = b.preview(node).map((type) => type && constantOfElements(type, type.elements));
  if (values.length === 0 || !node.outputs.every((name, i) => name === '' || values[i] !== undefined))
    return undefined;
  return values.slice(0, node.outputs.length).map((value) => (value === undefined ? '' : b.constant(value)));
}

/** Returns constants for the outputs of a node whose inputs are all constants. */
function evaluate(
  node: Node,
  b: GraphBuilder,
  options: Required<FoldOptions>,
): readonly string[] | undefined {
  const inputs = node.inputs.map((name) => (name === '' ? undefined : b.constantOf(name)));
  if (inputs.some((value, i) => node.inputs[i] !== '' && value === undefined)) return undefined;
  const results = evaluateConstantNode(node, { inputs, outputs: b.preview(node), opset: b.opset }, options);
  const named = node.outputs.filter((name) => name !== '');
  return results && node.outputs.map((name) => (name === '' ? '' : b.constant(results[named.indexOf(name)])));
}

/** The constant inputs of a node, and the types of its outputs where they are known. */
export interface FoldableNode {
  readonly inputs: readonly (Constant | undefined)[];
  readonly outputs: readonly (ValueType | undefined)[];
  readonly opset: number;
}

/**
 * Evaluates a node of constant inputs. Returns one constant for each named output; undefined where inputs or results are large, where the
 * node draws random numbers, and where the evaluator cannot compute it.
 */
export function evaluateConstantNode(
  node: Node,
  { inputs, outputs, opset }: FoldableNode,
  { elements = LARGEST_RESULT, evaluator = interpreterEvaluator }: FoldOptions = {},
): readonly Constant[] | undefined {
  if (!isOp(node.op, node.domain) || NOT_FOLDED.has(node.op)) return undefined;
  const inputElements = inputs.reduce((sum, value) => sum + (value ? sizeOf(value.dims) : 0), 0);
  const outputElements = outputs.reduce((sum, type) => sum + (knownSize(type?.dims) ?? 0), 0);
  const limit = Math.max(elements, inputElements);
  if (inputElements > LARGEST_INPUT || outputElements > limit) return undefined;
  const results = evaluator(node, inputs, opset);
  return results?.some(({ data }) => data.length > limit) ? undefined : results;
}
