import type { MathBuilder } from '../../../builder/math-builder.js';
import { attributesOf } from '../../../ir/attributes.js';
import { opsIn } from '../../../ir/ops.js';
import type { Node } from '../../../ir/types.js';
import { gradient } from '../../rules/gradient.js';
import type { RuleContext } from '../../rules/rule.js';

/** Operators that multiply by weights. */
const LINEAR = ['Conv', 'ConvTranspose', 'Einsum', 'Gemm', 'MatMul'] as const;
export type LinearOp = (typeof LINEAR)[number];

const isLinear = ({ op, domain }: Node): boolean =>
  domain === '' && (LINEAR as readonly string[]).includes(op);

/** A node y = W x + bias, of which x is the only varying input. */
export interface Layer {
  readonly node: Node;
  /** Input, weights, bias if there is one, and output. */
  readonly x: string;
  readonly weights: string;
  readonly bias: string | undefined;
  readonly y: string;
  /** Whether x is known to have no negative element. */
  readonly isNonNegative: boolean;
  /** Whether no other layer lies between the explained input and this layer. */
  readonly isFirst: boolean;
  /** Computes W x + bias for other values; W x if there is no bias. */
  apply(x: string, weights: string, bias?: string): string;
  /** Computes W^T s for other weights, in the shape of x. */
  adjoint(weights: string, s: string): string;
}

/** Returns the node as a layer; undefined if several inputs vary, or if it has several weights. */
export function layerOf(b: MathBuilder, step: RuleContext): Layer | undefined {
  const { node, inputs, outputs, wanted } = step;
  const at = wanted.indexOf(true);
  if (wanted.lastIndexOf(true) !== at || at > 1) return undefined;
  if (node.op === 'Einsum' && inputs.length !== 2) return undefined;
  if (node.op.startsWith('Conv') && at !== 0) return undefined;
  if (node.op === 'Gemm' && attributesOf(node, 'Gemm').alpha <= 0) return undefined;
  const operands = (x: string, weights: string): string[] => (at === 0 ? [x, weights] : [weights, x]);
  const op = node.op as LinearOp;
  const rule = gradient[op];
  return {
    node,
    x: inputs[at],
    weights: inputs[1 - at],
    bias: inputs[2] || undefined,
    y: outputs[0],
    isNonNegative: isNonNegativeValue(inputs[at], step.upstream()),
    isFirst: !step.upstream().some(isLinear),
    apply: (x, weights, bias) =>
      b.emit(op, bias ? [...operands(x, weights), bias] : operands(x, weights), node.attributes),
    adjoint(weights, s) {
      const changed = operands(inputs[at], weights);
      const found = rule(b, { ...step, inputs: changed, node: { ...node, inputs: changed } }, s)[at];
      return found ?? step.refuse('its rule gives nothing', 'Report this as a bug.');
    },
  };
}

/** Operators whose outputs are never negative. */
const NON_NEGATIVE: ReadonlySet<string> = new Set([
  'Abs',
  'Exp',
  'HardSigmoid',
  'Relu',
  'Sigmoid',
  'Softmax',
  'Softplus',
]);
/** Operators whose outputs are not negative if their inputs are not. */
const SIGN_PRESERVING: ReadonlySet<string> = new Set([...opsIn('pooling', 'reshape'), 'Transpose']);

function isNonNegativeValue(name: string, nodes: readonly Node[]): boolean {
  const producer = nodes.find(({ outputs }) => outputs.includes(name));
  if (producer === undefined) return false;
  return (
    NON_NEGATIVE.has(producer.op) ||
    (SIGN_PRESERVING.has(producer.op) && isNonNegativeValue(producer.inputs[0], nodes))
  );
}
