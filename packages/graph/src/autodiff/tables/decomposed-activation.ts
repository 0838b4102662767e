import type { MathBuilder } from '../../builder/math-builder.js';
import type { Node } from '../../ir/types.js';
import { producersOf } from '../../ir/walk.js';
import type { RuleContext } from '../rules/rule.js';

/** Elementwise operators. One with several inputs counts if all but one are scalar constants. */
const ELEMENTWISE: ReadonlySet<string> = new Set([
  'Abs', 'Add', 'Cast', 'Clip', 'Div', 'Elu', 'Erf', 'Exp', 'Gelu', 'HardSigmoid', 'HardSwish', 'LeakyRelu', 'Log', 'Max', 'Min',
  'Mish', 'Mul', 'Neg', 'Pow', 'Reciprocal', 'Relu', 'Sigmoid', 'Softplus', 'Softsign', 'Sqrt', 'Sub', 'Tanh',
]); // biome-ignore format: one family

/**
 * Returns the input nearest to x, of a node whose inputs are all elementwise functions of one value x: the node belongs to an
 * activation that the file decomposes (x sigmoid(x), x (1 + erf(x))). Undefined for other nodes.
 */
export function activationInput(
  b: MathBuilder,
  { inputs, wanted, upstream }: RuleContext,
): NearestInput | undefined {
  const producers = producersOf(upstream());
  const varying = inputs.flatMap((name, i) => (wanted[i] ? [{ i, ...sourceOf(b, producers, name) }] : []));
  const [first, ...rest] = varying;
  if (first === undefined || rest.some(({ name }) => name !== first.name)) return undefined;
  const { i: at, distance } = varying.reduce((near, one) => (one.distance < near.distance ? one : near));
  return { index: at, isSource: distance === 0 };
}

export interface NearestInput {
  /** Position among the node's inputs. */
  readonly index: number;
  /** Whether the input is x itself. */
  readonly isSource: boolean;
}

interface ElementwiseSource {
  readonly name: string;
  /** Number of nodes between the source and the value. */
  readonly distance: number;
}

/** Returns the earliest value that a value is an elementwise function of; the value itself if it is not one. */
function sourceOf(b: MathBuilder, producers: ReadonlyMap<string, Node>, name: string): ElementwiseSource {
  const producer = producers.get(name);
  if (producer === undefined || producer.domain !== '' || !ELEMENTWISE.has(producer.op))
    return { name, distance: 0 };
  const varying = producer.inputs.filter((input) => input !== '' && !isScalar(b, input));
  const sources = varying.map((input) => sourceOf(b, producers, input));
  const [first, ...rest] = sources;
  if (first === undefined || rest.some((other) => other.name !== first.name)) return { name, distance: 0 };
  return { name: first.name, distance: 1 + Math.max(...sources.map(({ distance }) => distance)) };
}

const isScalar = (b: MathBuilder, name: string): boolean => b.constantOf(name)?.data.length === 1;
