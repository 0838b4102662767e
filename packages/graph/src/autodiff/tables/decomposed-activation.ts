import type { MathBuilder } from '../../builder/math-builder.js';
import type { Node } from '../../ir/types.js';
import { producersOf } from '../../ir/walk.js';
import type { RuleContext } from '../rules/rule.js';

/** Operators of one number at a time; those of several inputs count where the others are scalar constants. */
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
): Nearest | undefined {
  const makers = producersOf(upstream());
  const varying = inputs.flatMap((name, i) => (wanted[i] ? [{ i, ...originOf(b, makers, name) }] : []));
  const [first, ...rest] = varying;
  if (first === undefined || rest.some(({ name }) => name !== first.name)) return undefined;
  const { i: at, distance } = varying.reduce((near, one) => (one.distance < near.distance ? one : near));
  return { at, isOrigin: distance === 0 };
}

export interface Nearest {
  /** Position among the node's inputs. */
  readonly at: number;
  /** Whether it is the value itself. */
  readonly isOrigin: boolean;
}

interface Origin {
  readonly name: string;
  /** Nodes in between. */
  readonly distance: number;
}

/** What a value is an elementwise function of, as far back as that goes. */
function originOf(b: MathBuilder, makers: ReadonlyMap<string, Node>, name: string): Origin {
  const maker = makers.get(name);
  if (maker === undefined || maker.domain !== '' || !ELEMENTWISE.has(maker.op)) return { name, distance: 0 };
  const varying = maker.inputs.filter((input) => input !== '' && !isScalar(b, input));
  const origins = varying.map((input) => originOf(b, makers, input));
  const [first, ...rest] = origins;
  if (first === undefined || rest.some((other) => other.name !== first.name)) return { name, distance: 0 };
  return { name: first.name, distance: 1 + Math.max(...origins.map(({ distance }) => distance)) };
}

const isScalar = (b: MathBuilder, name: string): boolean => b.constantOf(name)?.data.length === 1;
