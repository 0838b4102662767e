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

/** A node that is linear in the one of its inputs that relevance goes to: y = W x + bias. */
export interface Layer {
  readonly node: Node;
  /** The input, its weights, its bias where it has one, its output. */
  readonly x: string;
  readonly weights: string;
  readonly bias: string | undefined;
  readonly y: string;
  /** Whether x is known not to be negative anywhere. */
  readonly positive: boolean;
  /** Whether no other layer lies between what is explained and this one. */
  readonly first: boolean;
  /** W x + bias for other numbers; without a bias, W x. */
  apply(x: string, weights: string, bias?: string): string;
  /** W' s for other weights: from the shape of y to that of x. */
  adjoint(weights: string, s: string): string;
}

/** The node as a layer; undefined when more than its data varies, or when it has several weights. */
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
    positive: isPositive(inputs[at], step.upstream()),
    first: !step.upstream().some(isLinear),
    apply: (x, weights, bias) =>
      b.emit(op, bias ? [...operands(x, weights), bias] : operands(x, weights), node.attributes),
    adjoint(weights, s) {
      const changed = operands(inputs[at], weights);
      const found = rule(b, { ...step, inputs: changed, node: { ...node, inputs: changed } }, s)[at];
      return found ?? step.refuse('its rule gives nothing', 'Report this as a bug.');
    },
  };
}

/** Operators whose outputs are not negative, and those whose outputs are so when their inputs are. */
const POSITIVE: ReadonlySet<string> = new Set([
  'Abs',
  'Exp',
  'HardSigmoid',
  'Relu',
  'Sigmoid',
  'Softmax',
  'Softplus',
]);
const KEEPING: ReadonlySet<string> = new Set([...opsIn('pooling', 'reshape'), 'Transpose']);

function isPositive(name: string, nodes: readonly Node[]): boolean {
  const maker = nodes.find(({ outputs }) => outputs.includes(name));
  if (maker === undefined) return false;
  return POSITIVE.has(maker.op) || (KEEPING.has(maker.op) && isPositive(maker.inputs[0], nodes));
}
